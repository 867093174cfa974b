import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunSummary } from '#local/run/run.ts';
import { type Folder, folder, type Ran } from '../lake.ts';

/** stdout as its one JSON document. @throws SyntaxError if there is anything else */
const document = ({ stdout }: Ran) => JSON.parse(stdout);

const COUNTS = `
  select 'events' as name, count(*) as n, count(distinct event_id) as ids from events
  union all select 'headers', count(*), count(distinct message_id) from headers
  union all select 'clicks', count(*), count(distinct event_id) from clicks
  union all select 'recipient_messages', count(*), count(distinct message_id) from recipient_messages
  order by 1`;

/** A send event as SES publishes it, for a file that comes later. */
const sendEvent = (messageId: string): string =>
  `${JSON.stringify({
    eventType: 'Send',
    mail: {
      timestamp: '2026-10-20T10:00:00.000Z',
      messageId,
      source: 'news@example.com',
      destination: ['late@example.org'],
      headersTruncated: false,
      headers: [{ name: 'Subject', value: '=cmd|calc \u001b[31m' }],
      commonHeaders: { from: ['news@example.com'], to: ['late@example.org'], subject: '=cmd|calc \u001b[31m' },
      tags: { campaign: ['late'] },
    },
    send: {},
  })}\n`;

describe('from raw objects to answers', () => {
  const here = folder();
  afterAll(() => here.remove());
  let first: RunSummary;

  beforeAll(async () => {
    const made = await here.lake('generate', '--messages', '300', '--days', '4', '--json');
    expect(made.code).toBe(0);
    expect(document(made)).toMatchObject({ messages: 300 });
    const ran = await here.lake('run', '--json');
    expect(ran.stderr).not.toContain('\u001b');
    first = document(ran);
  });

  test('run accounts for every record of every object', () => {
    const { records, accepted, duplicate, skipped, quarantined } = first;
    const sum = (parts: Record<string, number>): number => Object.values(parts).reduce((total, n) => total + n, 0);
    expect(records).toBe(accepted + duplicate + sum(skipped) + sum(quarantined));
    expect(first.objects).toBeGreaterThan(20);
    expect(first.rows.events).toBeGreaterThan(300);
    expect(first.units).toBeGreaterThan(0);
  });

  test('run again changes nothing and says so; a new object is picked up', async () => {
    const again = await here.lake('run');
    expect(again.code).toBe(0);
    expect(again.stdout).toContain(
      `Nothing new: ${first.objects.toLocaleString('en')} objects were already in the lake.`,
    );

    const before = document(await here.lake('query', COUNTS, '--json'));
    const key = here.at('.lake/raw/anywhere/else/late.json');
    mkdirSync(dirname(key), { recursive: true });
    writeFileSync(key, sendEvent('late-1'));
    expect(document(await here.lake('run', '--now', '--json'))).toMatchObject({
      objects: 1,
      records: 1,
      accepted: 1,
      rows: { events: 1, headers: 1, clicks: 0 },
    });
    const after = document(await here.lake('query', COUNTS, '--json'));
    const more = { clicks: 0, events: 1, headers: 1, recipient_messages: 1 };
    expect(after).toEqual(
      before.map(({ name, n, ids }: { name: keyof typeof more; n: number; ids: number }) => ({
        name,
        n: n + more[name],
        ids: ids + more[name],
      })),
    );
  });

  test('fault 34: a formula and an escape sequence in a subject are data in json and harmless in csv and table', async () => {
    const sql = "select subject, occurred_at from events where message_id = 'late-1'";
    const row = { subject: '=cmd|calc \u001b[31m', occurred_at: '2026-10-20T10:00:00.000Z' };
    expect(document(await here.lake('query', sql, '--json'))).toEqual([row]);
    const csv = await here.lake('query', sql, '--format', 'csv');
    expect(csv.stdout).toBe(`subject,occurred_at\r\n"'=cmd|calc \\x1b[31m",${row.occurred_at}\r\n`);
    const table = await here.lake('query', sql);
    expect(table.stdout).toContain('=cmd|calc \\x1b[31m');
    expect(table.stdout).not.toContain('\u001b');
    expect((await here.lake('query', sql, '--format', 'parquet', '--out', 'one.parquet')).code).toBe(0);
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(here.at('one.parquet')), compressors });
    expect(rows).toEqual([{ subject: row.subject, occurred_at: new Date(row.occurred_at) }]);
  });

  test('a name that is not there gets a suggestion, bad SQL gets the engine’s words, both exit with 1', async () => {
    const name = await here.lake('query', 'select * from event');
    expect(name).toMatchObject({ code: 1, stdout: '' });
    expect(name.stderr).toContain('there is no table or view event\ndid you mean events');
    const syntax = await here.lake('query', 'selec 1', '--json');
    expect(syntax.code).toBe(1);
    expect(document(syntax).error).toMatch(/syntax error/i);
    expect(syntax.stderr).not.toMatch(/^\s+at /m);
    const column = await here.lake('query', 'select subjct from events');
    expect(column.stderr).toContain('subjct');
    expect(column.code).toBe(1);
  });

  test('the steps of run say that there is nothing left to do', async () => {
    const said = await Promise.all([
      here.lake('plan'),
      here.lake('transform'),
      here.lake('settle'),
      here.lake('rollup'),
    ]);
    expect(said.map(({ code, stdout }) => `${code} ${stdout.split(/[:.]/)[0]}`)).toEqual([
      '0 Nothing new',
      '0 Nothing to do',
      '0 Nothing to settle',
      '0 Nothing to recompute',
    ]);
  });

  test('every wide view is readable at 80 columns', async () => {
    const { stdout, code } = await here.lake('query', 'select * from deliverability_daily');
    expect(code).toBe(0);
    expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(stdout).toMatch(/^complaint_rate +(\S+)$/m);
  });

  test('a quarantined record can be looked at, with its reason in words', async () => {
    writeFileSync(here.at('.lake/raw/broken.json'), `${sendEvent('late-2')}{"eventType": nonsense\u001b[2J}\n`);
    expect(document(await here.lake('run', '--json')).quarantined).toEqual({ json: 1 });
    const reasons = await here.lake('quarantine', '--json');
    expect(document(reasons).reasons).toContainEqual({
      reason: 'json',
      meaning: 'the record is not valid JSON',
      records: 1,
      objects: 1,
      replayed: 0,
    });
    const records = await here.lake('quarantine', '--reason', 'json');
    expect(records.stdout).toContain('broken.json');
    expect(records.stdout).toContain('nonsense\\x1b[2J');
  });

  test('audit finds nothing in a whole lake, and exits with 3 when raw data was rewritten', async () => {
    const whole = await here.lake('audit', '--json');
    expect(document(whole).drifts).toEqual([]);
    expect(whole.code).toBe(0);
    writeFileSync(here.at('.lake/raw/broken.json'), sendEvent('late-3'));
    const drift = await here.lake('audit');
    expect(drift.stdout).toContain('raw_changed');
    expect(drift.code).toBe(3);
  });

  test('report writes one page', async () => {
    const ran = await here.lake('report', '--out', 'out/report.html', '--json');
    expect(ran.code).toBe(0);
    const page = readFileSync(here.at('out/report.html'), 'utf8');
    expect(document(ran)).toEqual({ file: 'out/report.html', bytes: Buffer.byteLength(page) });
    expect(page).toMatch(/^<!doctype html>/i);
  });

  test('a reader that has seen enough, as head, is no failure', async () => {
    const { process: child, ended } = here.start(
      'query',
      'select a.event_id, b.event_id as other from events a cross join events b limit 200000',
      '--format',
      'csv',
    );
    child.stdout?.once('data', () => child.stdout?.destroy());
    const { code, stderr } = await ended;
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });
});

/** Starts run and interrupts it as soon as the folder is there. */
async function interrupt(here: Folder, signal: NodeJS.Signals, sign: string): Promise<Ran> {
  const { process: child, ended } = here.start('run');
  const hasEnded = ended.then(() => true);
  const moment = (): Promise<boolean> => new Promise((resolve) => setTimeout(resolve, 5, false));
  while (!existsSync(here.at(sign)) && !(await Promise.race([hasEnded, moment()])));
  child.kill(signal);
  return ended;
}

test('interrupted in the middle, run exits with 130, and the next run makes the same tables', async () => {
  const [cut, whole]: [Folder, Folder] = [folder(), folder()];
  try {
    await cut.lake('generate', '--messages', '400', '--days', '4');
    cpSync(cut.at('.lake'), whole.at('.lake'), { recursive: true });
    const expected = whole.lake('run').then(() => whole.lake('query', COUNTS, '--json'));

    const inTransform = await interrupt(cut, 'SIGINT', '.lake/lake/v1/state/tries');
    expect(inTransform.stderr).toContain('the next run completes the work');
    expect(inTransform.code).toBe(130);
    const inSettle = await interrupt(cut, 'SIGTERM', '.lake/lake/v1/state/generations');
    expect(inSettle.code).toBe(130);

    expect((await cut.lake('run')).code).toBe(0);
    expect((await cut.lake('audit')).stdout).toContain('Everything is accounted for.');
    expect(document(await cut.lake('query', COUNTS, '--json'))).toEqual(document(await expected));
  } finally {
    await Promise.all([cut.remove(), whole.remove()]);
  }
});
