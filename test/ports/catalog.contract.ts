/** Tests that every adapter of the catalog port must pass. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Catalog, Partition } from '#lake/ports.ts';

export interface CatalogUnderTest {
  catalog: Catalog;
  close?(): Promise<void>;
}

const live = (dt: string): Partition => ({ dt, location: `v1/live/events/dt=${dt}/` });
const settled = (dt: string, n: number): Partition => ({ dt, location: `v1/settled/events/dt=${dt}/${n}-abc/` });

/** What every `Catalog` does. `open` makes one without partitions. */
export function catalogContract(open: () => Promise<CatalogUnderTest>): void {
  let under: CatalogUnderTest;
  let catalog: Catalog;
  beforeEach(async () => {
    under = await open();
    catalog = under.catalog;
  });
  afterEach(() => under.close?.());

  test('a new catalog has no partitions', async () => {
    expect(await catalog.locations('events')).toEqual([]);
    expect(await catalog.locations('events', ['2024-01-01'])).toEqual([]);
  });

  test('locations come in order of day, of the days that are asked for', async () => {
    const days = ['2024-02-01', '1970-01-01', '2024-01-31'];
    await catalog.ensurePartitions('events', days.map(live));
    expect(await catalog.locations('events')).toEqual(days.toSorted().map(live));
    expect(await catalog.locations('events', ['2024-02-01', '2030-01-01', '1970-01-01'])).toEqual([
      live('1970-01-01'),
      live('2024-02-01'),
    ]);
    expect(await catalog.locations('events', [])).toEqual([]);
  });

  test('fault 58: ensuring leaves a partition where it is, and adds those that are missing', async () => {
    await catalog.switchPartition('events', settled('2024-01-01', 3));
    await catalog.ensurePartitions('events', [live('2024-01-01'), live('2024-01-02')]);
    await catalog.ensurePartitions('events', [live('2024-01-02')]);
    expect(await catalog.locations('events')).toEqual([settled('2024-01-01', 3), live('2024-01-02')]);
  });

  test('switching moves one partition of one table', async () => {
    await catalog.ensurePartitions('events', [live('2024-01-01'), live('2024-01-02')]);
    await catalog.ensurePartitions('clicks', [live('2024-01-01')]);
    await catalog.switchPartition('events', settled('2024-01-01', 0));
    await catalog.switchPartition('events', settled('2024-01-01', 1));
    expect(await catalog.locations('events')).toEqual([settled('2024-01-01', 1), live('2024-01-02')]);
    expect(await catalog.locations('clicks')).toEqual([live('2024-01-01')]);
  });

  test('dropped days are gone, and no others; they may be dropped again, and come back', async () => {
    const days = Array.from({ length: 60 }, (_, i) => new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10));
    await catalog.ensurePartitions('events', days.map(live));
    await catalog.ensurePartitions('clicks', [live('2024-01-01')]);
    await catalog.dropPartitions('events', days.slice(0, 55));
    await catalog.dropPartitions('events', ['2024-01-01', '2023-01-01', ...days.slice(50, 57)]);
    await catalog.dropPartitions('events', []);
    expect(await catalog.locations('events')).toEqual(days.slice(57).map(live));
    expect(await catalog.locations('clicks')).toEqual([live('2024-01-01')]);
    await catalog.ensurePartitions('events', [live('2024-01-01')]);
    await catalog.switchPartition('events', settled('2024-01-02', 0));
    expect(await catalog.locations('events', ['2024-01-01', '2024-01-02'])).toEqual([
      live('2024-01-01'),
      settled('2024-01-02', 0),
    ]);
  });

  test.each([101, 250])('fault 59: %i partitions are all registered', async (count) => {
    const days = Array.from({ length: count }, (_, i) => new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10));
    await catalog.ensurePartitions('events', days.map(live));
    expect(await catalog.locations('events')).toEqual(days.map(live));
  });

  test('a reader during switches sees the old location or the new one, never neither', async () => {
    const dt = '2024-01-01';
    await catalog.ensurePartitions('events', [live(dt)]);
    const allowed = new Set([live(dt), ...Array.from({ length: 50 }, (_, n) => settled(dt, n))].map((p) => p.location));
    let isDone = false;
    const switching = (async () => {
      for (let n = 0; n < 50; n++) await catalog.switchPartition('events', settled(dt, n));
    })().finally(() => {
      isDone = true;
    });
    do {
      const [partition, ...others] = await catalog.locations('events', [dt]);
      expect(others).toEqual([]);
      expect(allowed).toContain(partition?.location);
    } while (!isDone);
    await switching;
    expect(await catalog.locations('events')).toEqual([settled(dt, 49)]);
  });

  test('of many that ensure one partition at once, one location stays', async () => {
    const dt = '2024-01-01';
    await Promise.all(Array.from({ length: 20 }, (_, n) => catalog.ensurePartitions('events', [settled(dt, n)])));
    const [first] = await catalog.locations('events');
    await catalog.ensurePartitions('events', [live(dt)]);
    expect(await catalog.locations('events')).toEqual([first]);
  });

  test('fault 58: a table that is not in the catalog is a clear error', async () => {
    const message = 'catalog has no such table: evnts';
    await expect(catalog.locations('evnts')).rejects.toThrow(message);
    await expect(catalog.ensurePartitions('evnts', [live('2024-01-01')])).rejects.toThrow(message);
    await expect(catalog.switchPartition('evnts', live('2024-01-01'))).rejects.toThrow(message);
    await expect(catalog.dropPartitions('evnts', ['2024-01-01'])).rejects.toThrow(message);
  });

  test('a day or a location that no reader could use is refused, and nothing of the call is done', async () => {
    const bad = [
      { dt: '../x', location: 'a/' },
      { dt: '2024-1-1', location: 'a/' },
      { dt: '2024-01-01', location: 'a' },
    ];
    for (const partition of bad) {
      await expect(catalog.ensurePartitions('events', [live('2024-01-05'), partition])).rejects.toThrow('partition');
      await expect(catalog.switchPartition('events', partition)).rejects.toThrow('partition');
    }
    expect(await catalog.locations('events')).toEqual([]);
  });
}
