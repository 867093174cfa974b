/** The command line at a stage: each command as a process, beside the same command on a laptop's lake of the same files. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { openStage } from '#aws/stage-lake.ts';
import { generate } from '#generate/index.ts';
import { loadSql } from '#host/sql-folder.ts';
import { type AuditReport, audit } from '#lake/steps/audit.ts';
import { previewRebuild, type RebuildDifference } from '#lake/steps/rebuild/preview.ts';
import { beginRebuild, makeDays } from '#lake/steps/rebuild.ts';
import { CLI, folder, type Ran } from '#test/cli/lake.ts';
import { reread } from '#test/reread.ts';
import { configOf } from '../../stacks/config.ts';
import { analystStatements } from '../../stacks/spec/analyst.ts';
import { placesOf } from '../../stacks/spec/places.ts';
import { ACCOUNT } from '../stacks/graph.ts';
import { openAccount } from './account.ts';
import { type BothLakes, bothLakes } from './both-lakes.ts';
import { rawFiles } from './cloud-lake.ts';
import { call, refuseJson } from './faults.ts';
import type { ForwardedRequest } from './gateway.ts';
import { covers, rightsFor, rightText } from './policy.ts';
import { REGION } from './trino.ts';

const STAGE = `t${randomBytes(4).toString('hex')}`;
const places = placesOf(
  { app: 'maillake', stage: STAGE },
  { account: ACCOUNT, region: REGION, partition: 'aws' },
  configOf({ app: 'maillake', region: REGION }, STAGE),
);
const { lakeBucket: bucket, database, analystWorkgroup } = places.names;
const raw = mkdtempSync(join(tmpdir(), 'stage-'));
let both: BothLakes;
let here: ReturnType<typeof folder>;
let audited: AuditReport;
let difference: RebuildDifference;

/** A rebuild with another tag, that is made and not switched to. */
async function rebuilt({ ports, settings, views, rollupSelect: select }: BothLakes['local']['lake']) {
  const rebuild = await beginRebuild(ports, { version: 'def456', from: null, to: null });
  await reread(ports, rebuild, { ...settings, tags: settings.tags.map(([, column]) => ['campaign', column]) });
  await makeDays(ports, rebuild);
  return previewRebuild(ports, rebuild, { settings, views, select });
}

beforeAll(async () => {
  await generate({ out: raw, messages: 120, days: 3, seed: 5, dirty: true, dates: 4, end: '2025-03-10' });
  const addresses = { moto: inject('moto'), trino: inject('trino'), results: inject('results') };
  both = await bothLakes(
    (await loadSql(join(process.cwd(), 'sql'))).views,
    async (local) => {
      for (const { key, bytes } of await rawFiles(raw)) local.put(key, bytes, Date.parse('2025-03-20T00:00:00Z'));
      await local.run();
      audited = await audit(local.lake.ports, { settings: local.lake.settings });
      difference = await rebuilt(local.lake);
    },
    () => openAccount(addresses, { database, bucket }),
  );
  both.account.gateway.workgroups.add(analystWorkgroup);
  here = folder({ AWS_ENDPOINT_URL: both.account.gateway.address, COLUMNS: '100' });
});
afterAll(async () => {
  await both?.close();
  await here?.remove();
  rmSync(raw, { recursive: true });
});

/** What each command has asked AWS for so far. */
const asked = new Map<string, ForwardedRequest[]>();
async function atStage(...args: string[]): Promise<Ran> {
  const { passed } = both.account.gateway;
  const before = passed.length;
  const ran = await here.lake(...args, '--stage', STAGE);
  const [command = ''] = args;
  asked.set(command, [...(asked.get(command) ?? []), ...passed.slice(before)]);
  return ran;
}
const onLaptop = (...args: string[]): Promise<Ran> => here.lake(...args, '--lake', both.local.lake.lakeRoot);
/** What a hint says of where the lake is. */
const anywhere = (text: string): string => text.replace(/--(stage|lake) \S+/g, '--WHERE');

describe('a command says at a stage what it says on a laptop', () => {
  test.each([
    [['query', 'select * from deliverability_daily']],
    [['query', 'select * from email_events order by event_id', '--json']],
    [
      [
        'query',
        'select send_date, sent / 3e0 as third, cast(sent as decimal(9, 2)) as d from deliverability_daily order by 1, 2',
        '--format',
        'csv',
      ],
    ],
    [['watch', '--as-of', '2025-03-10T12:00']],
    [['quarantine']],
    [['quarantine', '--reason', 'json']],
  ])('%j', async (command) => {
    const [stage, laptop] = await Promise.all([atStage(...command), onLaptop(...command)]);
    expect(laptop.stdout).not.toBe('');
    expect(anywhere(stage.stdout), stage.stderr).toBe(anywhere(laptop.stdout));
    expect(stage.stderr).toMatch(/^Athena: \d+ quer(y|ies) read [\d.]+ \w?B, about \$0\.\d{5}$/m);
  });

  test('message and person', async () => {
    const [mail] = await both.local.rows(
      "select message_id, recipient_key from events where event_type = 'open' and recipient_key is not null order by event_id limit 1",
    );
    const [id, address] = [String(mail?.message_id), String(mail?.recipient_key)];
    for (const command of [
      ['message', id],
      ['person', address.toUpperCase()],
    ]) {
      const [stage, laptop] = await Promise.all([atStage(...command), onLaptop(...command)]);
      expect(laptop.stdout).toContain('Opened');
      expect(stage.stdout, stage.stderr).toBe(laptop.stdout);
    }
    const { stdout } = await atStage('message', id, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ athena: { queries: 1, dollars: 0.00005 } });
  });

  test('views and describe, of what the stage has', async () => {
    for (const command of [['views'], ['describe', 'deliverability_daily']]) {
      const [stage, laptop] = await Promise.all([atStage(...command), here.lake(...command)]);
      expect(stage.stdout, stage.stderr).toBe(laptop.stdout);
    }
  });

  test('files, by their addresses', async () => {
    const [stage, laptop] = await Promise.all([atStage('files', 'events'), onLaptop('files', 'events')]);
    expect(stage.stdout).toBe(laptop.stdout.replaceAll(`${both.local.lake.lakeRoot}/`, `s3://${bucket}/`));
  });

  test('the report, byte by byte but for estimates of how long mail took, with its price', async () => {
    const [stage, laptop] = await Promise.all([
      atStage('report', '--out', 'stage.html', '--by', 'tenant', '--json'),
      onLaptop('report', '--out', 'laptop.html', '--by', 'tenant'),
    ]);
    expect(laptop.code, laptop.stderr).toBe(0);
    const html = readFileSync(here.at('stage.html'), 'utf8');
    const exact = (page: string) =>
      page.split('<section aria-labelledby=').filter((part) => !part.startsWith('"latency'));
    expect(exact(html), stage.stderr).toEqual(exact(readFileSync(here.at('laptop.html'), 'utf8')));
    expect(exact(html).length).toBeGreaterThan(5);
    const { bytes, athena } = JSON.parse(stage.stdout);
    expect(bytes).toBe(Buffer.byteLength(html));
    expect(athena.dollars).toBeCloseTo(athena.queries * 0.00005);
    expect(stage.stderr).toMatch(new RegExp(`^Athena: ${athena.queries} queries read .*\n$`));
  });

  test("audit: the latest report of the stage's own", async () => {
    const { code, stdout, stderr } = await atStage('audit', '--json');
    expect(JSON.parse(stdout), stderr).toEqual(audited);
    expect(code).toBe(audited.drifts.length > 0 ? 3 : 0);
    expect((await atStage('audit')).stderr).toContain('audited on 2026-11-23 12:00 UTC');
  });
});

test('rebuild says how far that of the stage has come, and what readers would see differently', async () => {
  const { stdout, stderr } = await atStage('rebuild', '--json');
  const { days, columns, daily, rejected, athena, ...stands } = JSON.parse(stdout);
  expect({ days, columns, daily, rejected }, stderr).toEqual(difference);
  expect(columns.length).toBeGreaterThan(2);
  expect(stands).toMatchObject({ rebuild: 0, from: null, is: 'under way', units_left: 0 });
  expect(athena.queries).toBeGreaterThan(4);
  const text = await atStage('rebuild');
  expect(text.stdout).toMatch(/^Rebuild 0 of all days, under way: (\d+) of \1 units? read again\n {2}events /);
  expect(text.stdout).toContain('Values that change\n');
  const hint = new RegExp(
    `^error: --switch: .*\nhave it do so: aws .*maillake-${STAGE}-rebuild .*'{"do":"switch","rebuild":0}'`,
  );
  expect(await atStage('rebuild', '--switch')).toMatchObject({ code: 2, stderr: expect.stringMatching(hint) });
  const begin = /^error: --from: .*\nhave it do so: aws .*'{"do":"begin","from":"2026-01-01"}'/;
  expect(await here.lake('rebuild', '--from', '2026-01-01', '--stage', STAGE)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(begin),
  });
});

describe('what cannot be is said, with what to do', () => {
  afterEach(() => {
    both.account.gateway.inject();
    both.account.gateway.limits.clear();
  });
  const said = (hint: RegExp, code: number) => ({ code, stderr: expect.stringMatching(hint), stdout: '' });

  test.each([
    [
      'another stage',
      ['--stage', 'elsewhere'],
      /^error: there is no database maillake_elsewhere in us-east-1\ncheck --stage/,
      2,
    ],
    [
      'another workgroup',
      ['--stage', STAGE, '--workgroup', 'none'],
      /^error: there is no workgroup none in us-east-1/m,
      2,
    ],
    ['no stage', ['--region', REGION], /^error: which stage\?\nname it: --stage production/, 2],
    ['half of the names', ['--database', database], /^error: which stage\?/, 2],
    [
      'a stage and a folder',
      ['--stage', STAGE, '--lake', 'x'],
      /^error: option '--stage <name>' cannot be used with/,
      2,
    ],
  ])('%s', async (_, where, words, code) => {
    expect(await here.lake('query', 'select 1', ...where)).toMatchObject(said(words, code));
  });

  test('no credentials', async () => {
    const none = {
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      AWS_EC2_METADATA_DISABLED: 'true',
      HOME: here.path,
    };
    const elsewhere = folder({ ...none, AWS_ENDPOINT_URL: both.account.gateway.address });
    const words = /^error: AWS takes no credentials of yours: .*\nsign in again \(aws sso login\), or set AWS_PROFILE/;
    expect(await elsewhere.lake('query', 'select 1', '--stage', STAGE)).toMatchObject(said(words, 1));
    await elsewhere.remove();
  });

  test.each(['GetTables', 'StartQueryExecution'])('no right to %s', async (operation) => {
    both.account.gateway.inject(refuseJson(call(operation), 400, 'AccessDeniedException'));
    const words = /^error: these credentials may not do that: injected\nthey need what .* `analystPolicy` allows/;
    expect(await atStage('query', 'select 1')).toMatchObject(said(words, 1));
  });

  test('a query over the limit of the workgroup, which is billed', async () => {
    both.account.gateway.limits.set(analystWorkgroup, 1);
    const words = /^Athena: 1 query read .*\nerror: Athena stopped the query: .*\nfilter on a day .* queryGigabytes/;
    expect(await atStage('query', 'select count(distinct recipient) from events')).toMatchObject(said(words, 1));
  });

  test.each([
    [
      'select * from deliverability_dayly',
      /^error: there is no table or view deliverability_dayly\ndid you mean deliverability_daily/,
    ],
    ['select dellivered from deliverability_daily', /^error: COLUMN_NOT_FOUND: line 1:8: .*\nthe columns of a table/],
    ['selct 1', /^error: the lake is only read by queries/],
    ['insert into events select * from events', /^error: the lake is only read by queries/],
    ['explain analyze delete from events', /^error: the lake is only read by queries/],
    ['select 1; drop table events', /^error: one statement at a time/],
  ])('%s', async (sql, words) => {
    expect(await atStage('query', sql)).toMatchObject(said(words, 1));
  });

  test('an interruption, which also stops the query', async () => {
    const { gateway } = both.account;
    const before = gateway.passed.length;
    const asked = (operation: string): boolean =>
      gateway.passed.slice(before).some((one) => one.operation === operation);
    gateway.inject({ isDue: call('StartQueryExecution'), fate: 'hangs' });
    const { process: running, ended } = here.start('query', 'select 1', '--stage', STAGE);
    while (!asked('GetQueryExecution')) await setTimeout(20);
    running.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 130, stderr: expect.stringContaining('interrupted') });
    expect(asked('StopQueryExecution')).toBe(true);
  });

  test('more than all queries together may read', async () => {
    const { address: endpoint } = both.account.gateway;
    const at = { database, workgroup: analystWorkgroup, region: REGION, endpoint, sqlFolder: 'sql' };
    const lake = await openStage({ ...at, mostBytes: 1 });
    expect((await lake.engine.query('select count(*) from events')).rows).toHaveLength(1);
    await expect(lake.engine.query('select 1')).rejects.toThrow('with it more would have been read than was allowed');
    expect(lake.spent()).toMatchObject({ queries: 1 });
    await lake.close();
  });

  test('a lake that is closed, which stops its queries', async () => {
    const { gateway } = both.account;
    const sqlFolder = 'sql';
    const at = { database, workgroup: analystWorkgroup, region: REGION, endpoint: gateway.address, sqlFolder };
    const lake = await openStage(at);
    gateway.inject({ isDue: call('StartQueryExecution'), fate: 'hangs' });
    const before = gateway.passed.length;
    const hanging = expect(lake.engine.query('select 1')).rejects.toThrow('its caller has given up');
    while (!gateway.passed.slice(before).some(({ operation }) => operation === 'GetQueryExecution'))
      await setTimeout(20);
    await lake.close();
    await hanging;
    expect(gateway.passed.slice(before).map(({ operation }) => operation)).toContain('StopQueryExecution');
  });

  test('a format and steps that a stage does not have', async () => {
    expect(await atStage('query', 'select 1', '--format', 'parquet', '--out', 'x.parquet')).toMatchObject(
      said(/^error: a stage gives no parquet\ntake --format arrow/, 2),
    );
    expect(await atStage('audit', '--repair')).toMatchObject(
      said(
        new RegExp(`^error: --repair: a stage audits and mends itself\nhave it do so: aws .*maillake-${STAGE}-audit `),
        2,
      ),
    );
    expect(await atStage('quarantine', '--replay')).toMatchObject(said(/^error: --replay: a stage reads/, 2));
  });
});

describe('an agent at a stage', () => {
  let client: Client;
  beforeAll(async () => {
    client = new Client({ name: 'test', version: '1' });
    const args = [CLI, 'mcp', '--stage', STAGE, '--most-gigabytes', '1'];
    const env = { ...process.env, AWS_ENDPOINT_URL: both.account.gateway.address };
    const variables = Object.fromEntries(Object.entries(env).flatMap(([key, value]) => (value ? [[key, value]] : [])));
    await client.connect(
      new StdioClientTransport({ command: process.execPath, args, env: variables, stderr: 'inherit' }),
    );
  });
  afterAll(() => client?.close());
  const ask = async (name: string, args: Record<string, unknown> = {}) => {
    const { content, isError = false } = await client.callTool({ name, arguments: args }, { timeout: 600_000 });
    const [part] = content;
    if (part?.type !== 'text') throw new Error(`${name} answered with no text`);
    return { isError, text: part.text, document: JSON.parse(part.text) };
  };

  test('without persons what has a row a person or mail is closed, in whatever way it is named', async () => {
    for (const sql of [
      'select * from events',
      'select * from "EVENTS"',
      'select * from U&"\\0065vents"',
      'select * from deliverability_daily, events',
      'table events',
      'with a as (select * from recipient_messages) select * from a',
      'with events as (select 1) select * from events',
      'select (select min(recipient_key) from recipient_messages)',
      'select 1 where exists (select 1 from/**/headers)',
      `select * from ${database}.events`,
      `select * from awsdatacatalog."${database}".events`,
      'select * from events_live',
      'select * from "clicks_settled"',
      'select count(*) from deliverability_daily union all select count(*) from message_timeline',
      'describe events',
      "select * from table(query(query => 'select 1'))",
      'select 1 --\r from events\n; insert into events values (1)',
    ]) {
      const { isError, text } = await ask('query', { sql });
      expect(isError, `${sql}: ${text}`).toBe(true);
      expect(text, sql).not.toContain('@');
    }
  });

  test('what is open answers as on a laptop, and what was asked and what it cost is told', async () => {
    const sql = 'select send_date, sum(sent) as clicks from deliverability_daily group by 1 order by 1';
    const { document } = await ask('query', { sql });
    const { rows } = await both.local.lake.engine.query(sql);
    expect(document).toMatchObject({ columns: ['send_date date', 'clicks bigint'], rows });
    expect(document.athena).toMatchObject({ queries: expect.any(Number), dollars: expect.any(Number) });
    expect((await ask('query', { sql: `with x as (${sql}) select count(*) from x` })).document.rows).toEqual([
      [rows.length],
    ]);
  });

  test('the other tools answer, too', async () => {
    const { document: status } = await ask('status');
    const [sums] = await both.local.rows('select sum(sent) as sent from deliverability_facts');
    expect(status.headline.counts.sent).toBe(sums?.sent);
    expect((await ask('incidents')).isError).toBe(false);
    expect((await ask('explain_bounce', { status: '5.1.1' })).document.meaning).toMatch(/\.$/);
    expect((await ask('list_views')).document.closed).toContain('events');
  });
});

test('all this takes the rights of an analyst, and quarantine and rebuild take more', () => {
  const { quarantine = [], rebuild = [], ...others } = Object.fromEntries(asked);
  expect(Object.keys(others).sort()).toEqual([
    'audit',
    'describe',
    'files',
    'message',
    'person',
    'query',
    'report',
    'views',
    'watch',
  ]);
  for (const [command, passed] of Object.entries(others))
    expect([command, forbidden(passed)]).toEqual([command, new Set()]);
  expect([...forbidden(rebuild)].join('\n')).toMatch(/^s3:ListBucket .* v1\/state\/rebuilds\/$/m);
  expect([...forbidden(quarantine)].join('\n')).toMatch(/^s3:ListBucket .* v1\/state\/replays\/$/m);
});

/** Rights that requests needed and an analyst does not have. */
function forbidden(passed: readonly ForwardedRequest[]): Set<string> {
  const whose = { account: ACCOUNT, region: REGION, workgroup: analystWorkgroup };
  const grants = analystStatements(places)
    .filter(({ effect }) => effect === undefined)
    .flatMap(({ actions, resources, conditions }) =>
      'everything' in resources
        ? []
        : resources.flatMap((resource) => actions.map((action) => ({ action, resource, conditions }))),
    );
  return new Set(
    passed.flatMap((passing) => {
      const prefix = new URLSearchParams(passing.path.split('?')[1]).get('prefix') ?? '';
      return rightsFor(passing, whose).flatMap((need) => {
        const isGranted = grants.some(({ conditions, ...grant }) => {
          const prefixes = conditions?.StringLike?.['s3:prefix'];
          const isThere =
            prefixes === undefined || [prefixes].flat().some((one) => prefix.startsWith(one.slice(0, -1)));
          return covers(grant, need) && (need.action !== 's3:ListBucket' || isThere);
        });
        return isGranted ? [] : [`${rightText(need)} ${prefix}`];
      });
    }),
  );
}
