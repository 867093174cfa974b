/** An agent at the lake: the protocol's own client starts the command and uses every tool. */
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLI, folder } from '../lake.ts';

const here = folder();
const clients: Client[] = [];
let usual: Client;
let trusted: Client;

async function connect(...flags: string[]): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' });
  const args = [CLI, 'mcp', '--lake', here.at('.lake/lake'), ...flags];
  await client.connect(new StdioClientTransport({ command: process.execPath, args, stderr: 'inherit' }));
  clients.push(client);
  return client;
}

beforeAll(async () => {
  const made = await here.lake('generate', '--messages', '700', '--days', '30', '--dirty');
  expect(made.code, made.stderr).toBe(0);
  const ran = await here.lake('run');
  expect(ran.code, ran.stderr).toBe(0);
  usual = await connect();
  trusted = await connect('--persons');
});
afterAll(async () => {
  for (const client of clients) await client.close();
  await here.remove();
});

/** ms; the client's own minute is not enough on a machine at work. */
const PATIENCE = 600_000;

async function call(client: Client, name: string, args: Record<string, unknown> = {}) {
  const { content, isError = false } = await client.callTool({ name, arguments: args }, { timeout: PATIENCE });
  const [part] = content;
  if (part?.type !== 'text') throw new Error(`${name} answered with no text`);
  return { isError, text: part.text, document: JSON.parse(part.text) };
}

const namesOf = (document: { topics: { views: { name: string }[] }[]; tables: { name: string }[] }): string[] =>
  [...document.topics.flatMap(({ views }) => views), ...document.tables].map(({ name }) => name);

test('it says what it is for, and all its tools only read', async () => {
  expect(usual.getServerVersion()).toMatchObject({ name: 'maillake' });
  expect(usual.getInstructions()).toContain('list_views');
  const { tools } = await usual.listTools();
  expect(tools.map(({ name }) => name).sort()).toEqual([
    'describe',
    'explain_bounce',
    'incidents',
    'list_views',
    'query',
    'status',
  ]);
  expect(tools.every(({ annotations }) => annotations?.readOnlyHint)).toBe(true);
});

describe('without persons', () => {
  let open: string[];
  let closed: string[];
  beforeAll(async () => {
    const { document } = await call(usual, 'list_views');
    open = namesOf(document);
    closed = document.closed;
  });

  test('what has a row a person or mail is closed, in whatever way it is named', async () => {
    expect(closed).toEqual(
      expect.arrayContaining([
        'events',
        'headers',
        'clicks',
        'quarantine',
        'recipient_messages',
        'email_events',
        'message_outcomes',
        'message_timeline',
        'recipient_engagement',
        'suppression_candidates',
      ]),
    );
    for (const sql of [
      'select * from events',
      'select * from EVENTS',
      'select * from "events"',
      'select * from (select recipient from email_events) as x',
      'with a as (select * from recipient_messages) select * from a',
      'select (select min(recipient_key) from recipient_messages)',
      'select 1 where exists (select 1 from headers)',
      'select * from awsdatacatalog.maillake.events',
      'summarize events',
      'describe events',
      'select * from deliverability_daily union all select * from message_timeline',
      "select * from query('select * from events')",
      "select * from query_table('events')",
    ]) {
      const { isError, text } = await call(usual, 'query', { sql });
      expect(isError, `${sql}: ${text}`).toBe(true);
      expect(text, sql).not.toContain('@');
    }
    expect((await call(usual, 'describe', { name: 'events' })).text).not.toContain('"columns"');
  });

  test('what is open can be described and queried, and no answer holds an address of a recipient', async () => {
    expect(open.length).toBeGreaterThan(20);
    const { document } = await call(trusted, 'query', {
      sql: 'select distinct recipient_key from events where recipient_key is not null',
      max_rows: 1000,
    });
    const addresses: string[] = document.rows.flat();
    expect(addresses.length).toBeGreaterThan(100);
    for (const name of open) {
      expect((await call(usual, 'describe', { name })).document, name).toMatchObject({ name });
      const { isError, text } = await call(usual, 'query', { sql: `select * from ${name}`, max_rows: 1000 });
      expect(isError, `${name}: ${text}`).toBe(false);
      expect(
        addresses.filter((address) => text.toLowerCase().includes(address)),
        name,
      ).toEqual([]);
    }
  });
});

test('with persons all is open', async () => {
  const { document } = await call(trusted, 'list_views');
  expect(document.closed).toBeUndefined();
  expect(namesOf(document)).toContain('message_timeline');
  const { document: found } = await call(trusted, 'query', { sql: 'select recipient_key from events limit 1' });
  expect(found.columns).toEqual(['recipient_key varchar']);
});

test('an answer has as many rows as were asked for, and as many bytes as a model reads at once', async () => {
  const { document } = await call(usual, 'query', { sql: 'select * from deliverability_facts', max_rows: 3 });
  expect(document.rows).toHaveLength(3);
  expect(document.cut).toContain('3 rows');
  const { text } = await call(usual, 'query', {
    sql: "select array_join(repeat('x', 60000), '') from unnest(sequence(1, 50))",
  });
  expect(text.length).toBeLessThan(110_000);
  expect(JSON.parse(text).cut).toContain('1 row');
});

test('it never writes, and a wrong statement is told and ends nothing', async () => {
  for (const sql of ["copy (select 1) to 'a.csv'", 'drop view deliverability_daily', 'select 1; select 2', 'selct 1']) {
    expect((await call(usual, 'query', { sql })).isError, sql).toBe(true);
  }
  expect((await call(usual, 'query', { sql: 'select 1 as one' })).document).toMatchObject({ rows: [[1]] });
});

test('status, incidents and bounces are told with their numbers, as the report tells them', async () => {
  const { document: status } = await call(usual, 'status');
  const { document: sum } = await call(usual, 'query', { sql: 'select sum(sent) as sent from deliverability_facts' });
  expect(status.headline.counts.sent).toBe(sum.rows[0][0]);
  expect(status.accounts[0]).toMatchObject({ bounces: { status: expect.any(String) } });
  const { document: incidents } = await call(usual, 'incidents');
  expect(incidents.incidents[0].words).toMatchObject({ when: expect.stringMatching(/^(On|From) /) });
  const { document: codes } = await call(usual, 'query', {
    sql: 'select enhanced_status, sum(bounces) as n from bounce_diagnostics where enhanced_status is not null group by 1 order by n desc limit 1',
  });
  const [[code, bounces]] = codes.rows;
  const { document: explained } = await call(usual, 'explain_bounce', { status: code });
  expect(explained.meaning).toMatch(/\.$/);
  const here: { bounces: number }[] = explained.here;
  expect(here.reduce((all, one) => all + one.bounces, 0)).toBe(bounces);
});
