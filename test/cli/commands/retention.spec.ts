/** A laptop's lake with a retention: what `run` and `audit` say, and that nothing of a person is left whose days have expired. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS } from '#lake/days.ts';
import { ndjson, sesClick, sesDelivery, sesSend } from '#test/records.ts';
import { folder } from '../lake.ts';

const here = folder();
afterAll(() => here.remove());
const lakeFolder = here.at('.lake/lake');
const days = { events: 40, headers: 40, clicks: 40, recipient_messages: 40, quarantine: 40 };

function mail(messageId: string, to: string, ago: number): void {
  const parts = { messageId, sentAt: Date.now() - ago * DAY_MS, to: [to] };
  const records = ndjson(sesSend(parts), sesDelivery(parts), sesClick({ ...parts, at: parts.sentAt + 1000 }));
  writeFileSync(here.at(`raw/${messageId}.json`), records);
}

/** As if all that lies in the lake had been written so much earlier, and the collector had come then. */
function age(hours: number): void {
  const at = Date.now() - hours * HOUR_MS;
  for (const entry of readdirSync(lakeFolder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) utimesSync(join(entry.parentPath, entry.name), at / 1000, at / 1000);
  }
  writeFileSync(join(lakeFolder, 'last-collect.json'), JSON.stringify({ at }));
}

/** Files of the lake that hold a text. Tables are written with neither compression nor dictionaries that could hide it. */
const filesWith = (text: string): string[] =>
  readdirSync(lakeFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).includes(text));

const run = (...args: string[]) => here.lake('run', '--raw', 'raw', '--json', ...args);

beforeAll(async () => {
  mkdirSync(here.at('raw'));
  mkdirSync(lakeFolder, { recursive: true });
  writeFileSync(join(lakeFolder, 'settings.json'), JSON.stringify({ parquet: 'compatible' }));
  for (let ago = 45; ago < 80; ago++) mail(`old${ago}`, 'bygone@example.org', ago);
  mail('new', 'present@example.org', 3);
  expect((await run()).code).toBe(0);
  expect(filesWith('bygone@example.org').length).toBeGreaterThan(100);
}, 120_000);

test('a retention that is too short is refused with the reason, before anything is read', async () => {
  writeFileSync(join(lakeFolder, 'settings.json'), JSON.stringify({ retention: { days: { ...days, events: 9 } } }));
  const { code, stderr } = await run();
  expect(code).toBe(2);
  expect(stderr).toMatch(/settings.json[\s\S]*retention.days.events: 9 days are too few, it is needed for 40/);
});

test('more than a month waits for a word; then days are seen no more, and audit says so', async () => {
  writeFileSync(join(lakeFolder, 'settings.json'), JSON.stringify({ parquet: 'compatible', retention: { days } }));
  age(30);
  const waiting = await run();
  expect(waiting.stderr).toMatch(/35 days of events, up to [\d-]+, are older than settings.json keeps them/);
  expect(waiting.stderr).toContain('run --expire');
  expect(JSON.parse(waiting.stdout)).toMatchObject({ expired_days: 0 });
  expect((await here.lake('audit')).stdout).toMatch(/unexpired_day \(4\)[\s\S]*events 3\d days up to/);

  const { stdout, stderr } = await here.lake('run', '--expire');
  expect(stderr).not.toContain('older than settings.json');
  expect(stdout).toContain('140 days of tables have expired: their files go a day later');
  const asked = await here.lake('query', 'select distinct message_id from events', '--format', 'csv');
  expect(asked.stdout.trim().split(/\r?\n/)).toEqual(['message_id', 'new']);
  const audited = await here.lake('audit');
  expect(audited.code).toBe(0);
  expect(audited.stdout).toMatch(/^35 days expired, .*events up to [\d-]+/m);
}, 120_000);

test('a day later no byte of the lake holds the person, plain or encoded', async () => {
  expect(filesWith('bygone@example.org').length).toBeGreaterThan(100);
  rmSync(here.at('raw'), { recursive: true });
  mkdirSync(here.at('raw'));
  mail('new', 'present@example.org', 3);
  age(25);
  const { stdout } = await run();
  expect(JSON.parse(stdout).removed_files).toBeGreaterThan(100);
  expect(existsSync(join(lakeFolder, 'v1/live'))).toBe(false);
  const encoded = Buffer.from('bygone@example.org').toString('base64').slice(0, 20);
  for (const text of ['bygone', 'BYGONE', 'bygone%40example.org', encoded]) expect(filesWith(text), text).toEqual([]);
  expect(filesWith('present@example.org').length).toBeGreaterThan(2);
}, 120_000);
