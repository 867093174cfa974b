import { expect, test } from 'vitest';
import { loadSql } from '#host/sql-folder.ts';
import { DAY_MS, HOUR_MS } from '#lake/days.ts';
import type { WriteJob } from '#lake/ports.ts';
import { openViews } from '#lake/sql/without-persons.ts';
import { COPIES, type Copies, type CopyPorts, copyViews } from '#lake/steps/copy-views.ts';
import { PERSON_COLUMNS } from '#lake/tables/persons.ts';
import { MemoryStore } from '#test/ports/memory-store.ts';

const { views } = await loadSql('sql');
const copied = openViews(views).flatMap(({ view, reads }) => (reads === 'copy' ? [view.name] : []));

/** A bucket, and where readers are pointed. An engine writes one file of three rows; of `broken` it fails after it. */
function place() {
  const world = { now: Date.parse('2026-11-23T12:00:00Z'), broken: new Set<string>() };
  const store = new MemoryStore(() => world.now);
  const where = new Map<string, string>();
  const selects = new Map<string, string>();
  let names = 0;
  const copies: Copies = {
    locationOf: async (view) => where.get(view) ?? null,
    pointTo: async (view, location) => void where.set(view, location),
  };
  const ports: CopyPorts = {
    store,
    copies,
    clock: { now: () => world.now, nonce: () => `n${++names}` },
    engine: {
      async write({ table, select, location }: WriteJob) {
        const key = `${location}part`;
        await store.create(key, 'x');
        if (world.broken.has(table)) throw new Error(`${table} is too large`);
        selects.set(table, select);
        return [{ key, bytes: 1, rows: 3 }];
      },
    },
  };
  const keys = (): Promise<string[]> => Array.fromAsync(store.list(COPIES), ({ key }) => key);
  return { ports, world, where, selects, keys, run: (id: string) => copyViews(ports, views, id) };
}

test('every view that has to be copied is, without columns that may hold something of a person', async () => {
  const { run, where, selects } = place();
  expect((await run('a')).map(({ view }) => view).sort()).toEqual([...copied].sort());
  expect(copied.length).toBeGreaterThan(15);
  for (const view of copied) {
    expect(where.get(view)).toMatch(new RegExp(`^copies/${view}/a/n\\d+/$`));
    const columns = [...(selects.get(view) ?? '').matchAll(/"(\w+)"/g)].map(([, name = '']) => name);
    expect(columns.length, view).toBeGreaterThan(0);
    expect(columns.filter((name) => PERSON_COLUMNS.has(name))).toEqual([]);
  }
});

test('readers stay where they were while a view can not be copied, and a repeat makes what is left only', async () => {
  const { run, where, world } = place();
  await run('a');
  const [first = ''] = copied;
  const before = where.get(first);
  world.broken.add(first);
  await expect(run('b')).rejects.toThrow(`1 of ${copied.length} views could not be copied: ${first} is too large`);
  expect(where.get(first)).toBe(before);
  world.broken.clear();
  expect(await run('b')).toEqual([{ view: first, rows: 3 }]);
  expect(where.get(first)).toContain(`copies/${first}/b/`);
  expect(await run('b')).toEqual([]);
});

test('a copy that no reader is pointed to goes after a day, and the one before the switch stays for who still reads it', async () => {
  const { run, where, world, keys } = place();
  const [first = ''] = copied;
  const left = async (): Promise<string[]> =>
    (await keys()).flatMap((key) => new RegExp(`^copies/${first}/(\\w+)/`).exec(key)?.[1] ?? []);
  await run('a');
  world.now += 2 * DAY_MS;
  await run('b');
  expect(await left()).toEqual(['a', 'b']);
  // What a run that failed has written might be somebody's who is at work.
  world.now += HOUR_MS;
  world.broken.add(first);
  await expect(run('c')).rejects.toThrow();
  world.broken.clear();
  world.now += HOUR_MS;
  await run('d');
  expect(await left()).toEqual(['b', 'c', 'd']);
  world.now += 2 * DAY_MS;
  await run('e');
  expect(await left()).toEqual(['d', 'e']);
  expect(where.get(first)).toContain('/e/');
});
