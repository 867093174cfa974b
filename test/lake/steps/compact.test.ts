import { expect, test } from 'vitest';
import { RegisteringStore } from '#aws/registering-store.ts';
import { DAY_MS, utcDate } from '#lake/days.ts';
import { compactedRoot, generationKey, outcomeFolder, outcomeKey } from '#lake/protocol/keys.ts';
import { createState, readBytes } from '#lake/protocol/records.ts';
import { compact } from '#lake/steps/compact.ts';
import { units } from '#lake/tables/index.ts';
import { ManualClock } from '#test/ports/manual-clock.ts';
import { MemoryCatalog } from '#test/ports/memory-catalog.ts';
import { MemoryStore } from '#test/ports/memory-store.ts';

const NOW = Date.parse('2026-11-23T07:05:00Z');

function lakeOfRecords() {
  const clock = new ManualClock(NOW);
  const catalog = new MemoryCatalog();
  const memory = new MemoryStore(() => clock.now());
  const lake = new RegisteringStore(memory, catalog);
  const decide = async (dt: string, i: number): Promise<void> => {
    const unit = `${dt}-0123456789ab-${i}-0`;
    await createState(lake, outcomeKey(unit), { unit, records: i, files: [{ key: 'x' }], problems: [] });
  };
  /** What a query of the table finds of a day: the rows of every file of its partition. */
  const rows = async (table: string, dt: string): Promise<Record<string, unknown>[]> => {
    const [partition] = await catalog.locations(table, [dt]);
    const found: Record<string, unknown>[] = [];
    for await (const { key } of lake.list(partition?.location ?? 'nowhere/')) {
      const text = new TextDecoder().decode(await readBytes(lake, key));
      for (const line of text.trimEnd().split('\n')) found.push(JSON.parse(line));
    }
    return found;
  };
  return { clock, catalog, memory, lake, decide, rows, ports: { lake, catalog, clock } };
}

test('readers find the records of a past day in one file, and those of the last days as they are', async () => {
  const { lake, catalog, decide, rows, ports } = lakeOfRecords();
  const [past, recent] = [utcDate(NOW - 3 * DAY_MS), utcDate(NOW - 2 * DAY_MS)];
  for (let i = 0; i < 20; i++) for (const dt of [past, recent]) await decide(dt, i);
  const before = await rows('units', past);
  expect(await compact(ports)).toEqual([{ table: 'units', dt: past, records: 20 }]);
  const after = await rows('units', past);
  expect(after.map(({ unit, records }) => [unit, records]).sort()).toEqual(
    before.map(({ unit, records }) => [unit, records]).sort(),
  );
  // Nothing but the table's columns, each of them.
  for (const row of after) expect(Object.keys(row)).toEqual(Object.keys(units.columns));
  const [partition] = await catalog.locations('units', [past]);
  expect(await Array.fromAsync(lake.list(partition?.location ?? ''))).toHaveLength(1);
  expect(await catalog.locations('units', [recent])).toEqual([{ dt: recent, location: outcomeFolder(recent) }]);
  expect(await compact(ports)).toEqual([]);
});

test('a record that comes later is seen after the next day, or within a month of a day long past', async () => {
  const { clock, decide, rows, ports } = lakeOfRecords();
  const [young, old] = [utcDate(NOW - 4 * DAY_MS), utcDate(NOW - 400 * DAY_MS)];
  for (const dt of [young, old]) for (let i = 0; i < 3; i++) await decide(dt, i);
  for (let day = 0; day < 30; day++) {
    await compact(ports);
    clock.advance(DAY_MS);
  }
  expect([(await rows('units', young)).length, (await rows('units', old)).length]).toEqual([3, 3]);
  const late = utcDate(clock.now() - 5 * DAY_MS);
  for (let i = 0; i < 3; i++) await decide(late, i);
  await compact(ports);
  for (const dt of [late, old]) await decide(dt, 3);
  clock.advance(DAY_MS);
  await compact(ports);
  expect(await rows('units', late)).toHaveLength(4);
  for (let day = 0; day < 30; day++) {
    clock.advance(DAY_MS);
    await compact(ports);
  }
  expect(await rows('units', old)).toHaveLength(4);
});

test('a send day is gathered when its mail is old, with the generations of every table', async () => {
  const { lake, rows, ports } = lakeOfRecords();
  const [old, young] = [utcDate(NOW - 40 * DAY_MS), utcDate(NOW - 20 * DAY_MS)];
  for (const dt of [old, young]) {
    for (const table of ['events', 'recipient_messages']) {
      for (let n = 0; n < 5; n++)
        await createState(lake, generationKey(table, dt, n), { table_name: table, dt, generation: n });
    }
  }
  expect(await compact(ports)).toEqual([{ table: 'generations', dt: old, records: 10 }]);
  const seen = (await rows('generations', old)).map(({ table_name, generation }) => `${table_name} ${generation}`);
  expect(new Set(seen).size).toBe(10);
});

test('one that dies before it has switched, or two side by side, leave readers with every record', async () => {
  const { memory, catalog, decide, rows, ports } = lakeOfRecords();
  const dt = utcDate(NOW - 3 * DAY_MS);
  for (let i = 0; i < 5; i++) await decide(dt, i);
  const dying = { ...ports, catalog: Object.assign(new MemoryCatalog(), catalog) };
  dying.catalog.locations = (table, dts) => catalog.locations(table, dts);
  dying.catalog.switchPartition = async () => {
    throw new Error('killed');
  };
  await expect(compact(dying)).rejects.toThrow('killed');
  expect(await rows('units', dt)).toHaveLength(5);
  await Promise.all([compact(ports), compact(ports)]);
  expect(await rows('units', dt)).toHaveLength(5);
  expect((await Array.fromAsync(memory.list(compactedRoot))).length).toBeGreaterThan(1);
});
