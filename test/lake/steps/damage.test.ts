/** Files that are no longer what they were, and records and entries that nobody can read. */
import { readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { type AuditReport, audit } from '#lake/steps/audit.ts';
import { collect } from '#lake/steps/collect.ts';
import { repair } from '#lake/steps/repair.ts';
import { ndjson, rawKey, SENT, sesDelivery, sesOpen, sesSend } from '#test/records.ts';
import { type SmallLake, smallLake } from '#test/small-lake.ts';
import { age, keysOf } from './aged.ts';

const DT = '2026-10-05';
let whole: SmallLake;
let small: SmallLake;

beforeAll(async () => {
  whole = await smallLake();
  whole.put(rawKey(SENT, 'a'), ndjson(sesSend(), sesDelivery()));
  await whole.run();
  whole.put(rawKey(SENT + 1000, 'b'), ndjson(sesOpen()));
  await whole.run();
});
afterAll(() => whole.close());
beforeEach(async () => {
  small = await smallLake(DEFAULT_SETTINGS, whole);
});
afterEach(() => small.close());

const path = (key: string): string => join(small.lake.lakeRoot, key);
const newestFile = async (table: string): Promise<string> => {
  const [partition] = await small.lake.ports.catalog.locations(table, [DT]);
  const [file = ''] = await keysOf(small, partition?.location ?? '');
  return file;
};
const rows = async (): Promise<unknown> => [
  await small.rows("select event_id, event_type from events where message_id <> 'other' order by 1"),
  await small.rows("select message_id, opens, delivered_at from recipient_messages where message_id <> 'other'"),
];
const found = (report: AuditReport): string[] => report.drifts.map(({ kind, key }) => `${kind} ${key}`);
const repaired = (): Promise<AuditReport> => {
  const { ports, settings, views, rollupSelect: select } = small.lake;
  return repair(ports, { settings, views, select, ignorePace: true });
};

/** Other bytes of the same length, written at the same time as before. */
function flip(key: string): void {
  const bytes = readFileSync(path(key));
  bytes.fill(0xff, 8, 40);
  writeFileSync(path(key), bytes);
}
const DAMAGES: [what: string, damage: (key: string) => void, kind: string][] = [
  ['missing', (key) => rmSync(path(key)), 'settled_file_missing'],
  ['truncated', (key) => truncateSync(path(key), 100), 'settled_file_differs'],
  ['damaged without a change of its length or time', flip, 'settled_file_differs'],
];

describe('fault 75: the newest generation has a file that is', () => {
  test.each(DAMAGES)(
    '%s: nothing of its day is removed, audit names the file, repair makes the day again',
    async (_, damage, kind) => {
      const before = await rows();
      const file = await newestFile('events');
      damage(file);
      age(small, 30);
      const ofDay = await keysOf(small, 'v1/');
      const removed = await collect(small.lake.ports);
      expect(removed.filter(({ key }) => key.includes('/events/'))).toEqual([]);
      expect((await keysOf(small, 'v1/')).filter((key) => key.includes('/events/'))).toEqual(
        ofDay.filter((key) => key.includes('/events/')),
      );
      expect(found(await audit(small.lake.ports))).toEqual([`${kind} ${file}`]);

      const report = await repaired();
      expect(report).toMatchObject({ drifts: [], failures: [], repaired: [{ kind, key: file }] });
      expect(await rows()).toEqual(before);
      age(small, 30);
      await collect(small.lake.ports);
      expect(await rows()).toEqual(before);
      expect(await keysOf(small, 'v1/live/')).toEqual([]);
    },
  );

  test('damaged after the collector: nothing can make it again, which is said, and the other days go on', async () => {
    age(small, 30);
    await collect(small.lake.ports);
    const file = await newestFile('events');
    flip(file);
    const report = await repaired();
    expect(found(report)).toEqual([`settled_file_differs ${file}`]);
    expect(report.failures).toEqual([
      expect.stringMatching(/^events dt=2026-10-05 is damaged, .*: restore .* or rebuild/),
    ]);
  });

  test('a copied lake, whose files have other times, is whole', async () => {
    for (const key of await keysOf(small, 'v1/settled/')) utimesSync(path(key), 1, 1);
    expect(found(await audit(small.lake.ports))).toEqual([]);
  });
});

describe('fault 76: what a rollup made is made again when', () => {
  const run = async (): Promise<string> =>
    JSON.parse(readFileSync(path(await newestRecord()), 'utf8')).location.split('/')[3];
  const newestRecord = async (): Promise<string> =>
    (await keysOf(small, `v1/state/generations/dt=${DT}/recipient_messages/`)).at(-1) ?? '';

  test.each<[string, () => Promise<void>]>([
    ['its file is missing', async () => rmSync(path(await newestFile('recipient_messages')))],
    ['its file is truncated', async () => truncateSync(path(await newestFile('recipient_messages')), 50)],
    ["its generation's record is damaged", async () => writeFileSync(path(await newestRecord()), '{"half')],
    ['its catalog entry is damaged', async () => writeFileSync(path(`catalog/recipient_messages/dt=${DT}.json`), '')],
    ['its catalog entry is missing', async () => rmSync(path(`catalog/recipient_messages/dt=${DT}.json`))],
    ["its run's record is damaged", async () => writeFileSync(path(`v1/state/rollups/${await run()}.json`), '{')],
    ["its run's record is missing", async () => rmSync(path(`v1/state/rollups/${await run()}.json`))],
  ])('%s, and no step stops', async (_, damage) => {
    const before = await rows();
    await damage();
    age(small, 30);
    await collect(small.lake.ports);
    await audit(small.lake.ports);
    await small.settle();
    await small.rollup();
    expect(await rows()).toEqual(before);
    expect(await small.rollup()).toEqual([]);
    const report = await repaired();
    expect([found(report), report.failures]).toEqual([[], []]);
  });

  test('its bytes are other ones of the same length: repair makes the day again', async () => {
    const before = await rows();
    const file = await newestFile('recipient_messages');
    flip(file);
    expect(found(await audit(small.lake.ports))).toEqual([`settled_file_differs ${file}`]);
    expect(found(await repaired())).toEqual([]);
    expect(await rows()).toEqual(before);
  });
});

describe("fault 75: the record of a settled table's newest generation is damaged:", () => {
  const record = async (table: string): Promise<string> =>
    (await keysOf(small, `v1/state/generations/dt=${DT}/${table}/`)).at(-1) ?? '';
  const other = async (): Promise<void> => {
    // So late that nothing of its send day rests on the damaged one.
    const sentAt = SENT + 40 * 86_400_000;
    small.put(rawKey(sentAt, 'c'), ndjson(sesSend({ messageId: 'other', sentAt })));
    await small.plan();
    await small.transformAll();
  };

  test.each(['events', 'headers'])(
    '%s: repair makes the day again, and no step stops for other days',
    async (table) => {
      const before = await rows();
      const key = await record(table);
      writeFileSync(path(key), '{"half');
      await other();
      age(small, 30);
      await expect(small.settle({ ignorePace: true })).rejects.toThrow(key);
      await small.rollup();
      await collect(small.lake.ports);
      expect(await small.rows("select event_type from events where message_id = 'other'")).toEqual([
        { event_type: 'send' },
      ]);
      expect(
        await small.rows("select sent_at is null as no from recipient_messages where message_id = 'other'"),
      ).toEqual([{ no: false }]);
      expect(await rows()).toEqual(before);
      expect(found(await audit(small.lake.ports))).toContain(`damaged_record ${key}`);
      expect(await repaired()).toMatchObject({ drifts: [], failures: [] });
      expect(await rows()).toEqual(before);
      age(small, 30);
      await collect(small.lake.ports);
      expect(await rows()).toEqual(before);
      expect(found(await audit(small.lake.ports))).toEqual([]);
    },
  );

  test('after the collector its rows are nowhere else, which is said; nothing is removed', async () => {
    age(small, 30);
    await collect(small.lake.ports);
    const key = await record('events');
    writeFileSync(path(key), '{"half');
    const report = await repaired();
    expect(report.failures).toEqual([expect.stringMatching(`${key} is damaged, .*: restore it .* or rebuild`)]);
    expect(found(report)).toContain(`damaged_record ${key}`);
    expect(await rows()).toHaveLength(2);
    age(small, 30);
    expect((await collect(small.lake.ports)).filter(({ key }) => key.includes('/events/'))).toEqual([]);
  });
});

test('a day that is damaged for good holds up no other', async () => {
  // Its live files are gone: its rows are nowhere else.
  age(small, 30);
  await collect(small.lake.ports);
  flip(await newestFile('headers'));
  small.put(rawKey(SENT + 2000, 'c'), ndjson(sesSend({ messageId: 'later' })));
  await small.plan();
  await small.transformAll();
  await expect(small.settle({ ignorePace: true })).rejects.toThrow(`headers dt=${DT} is damaged`);
  expect(await small.rows("select event_type from events where message_id = 'later'")).toEqual([
    { event_type: 'send' },
  ]);
});
