import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS } from '#lake/days.ts';
import type { Catalog } from '#lake/ports.ts';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { transform } from '#lake/steps/transform.ts';
import { ndjson, rawKey, SENT, sesClick, sesDelivery, sesOpen, sesSend } from '#test/records.ts';
import { type SmallLake, smallLake } from '#test/small-lake.ts';

let small: SmallLake;

beforeEach(async () => {
  small = await smallLake();
});
afterEach(() => small.close());

const digest = (key: string): string =>
  createHash('sha256')
    .update(readFileSync(join(small.lake.lakeRoot, key)))
    .digest('hex');

describe('transform', () => {
  test('the same unit gives the same bytes, and its outcome is decided once', async () => {
    small.put(rawKey(SENT, 'a'), ndjson(sesSend(), sesDelivery(), sesOpen(), sesClick()));
    const [unit] = await small.plan();
    if (!unit) throw new Error('nothing was planned');
    const [first] = await small.transformAll();
    const other = await smallLake();
    other.clock.now += 12_345;
    other.put(rawKey(SENT, 'a'), ndjson(sesSend(), sesDelivery(), sesOpen(), sesClick()));
    await other.plan();
    const [second] = await other.transformAll();
    expect(first?.files.map(({ key }) => key)).toEqual(second?.files.map(({ key }) => key));
    expect(first?.files).toHaveLength(3);
    for (const { key } of first?.files ?? []) {
      const twin = createHash('sha256')
        .update(readFileSync(join(other.lake.lakeRoot, key)))
        .digest('hex');
      expect(digest(key)).toBe(twin);
    }
    await other.close();

    const again = await transform(small.lake.ports, unit, { settings: DEFAULT_SETTINGS, version: 'fff' });
    expect(again).toEqual(first);
  });

  test('a damaged object takes only itself away', async () => {
    const bad = gzipSync(ndjson(sesSend({ messageId: 'lost' })));
    bad.writeUInt32LE(1, bad.length - 8);
    small.put('a.gz', gzipSync(ndjson(sesSend())));
    small.put('b.gz', bad);
    small.put('c.gz', gzipSync(ndjson(sesDelivery())));
    const [outcome] = await small.run();
    expect(outcome).toMatchObject({ records: 3, accepted: 2, quarantined: 1, quarantined_by_reason: { gzip_crc: 1 } });
    expect(await small.rows('select message_id from events order by event_type')).toEqual([
      { message_id: 'm1' },
      { message_id: 'm1' },
    ]);
    expect(await small.rows('select source_key, source_ordinal, reason, byte_offset from quarantine')).toEqual([
      { source_key: 'b.gz', source_ordinal: 0, reason: 'gzip_crc', byte_offset: null },
    ]);
  });

  test('files met under our name with other content start the transform over under a name of its own', async () => {
    small.put('a', ndjson(sesSend()));
    const [unit] = await small.plan();
    if (!unit) throw new Error('nothing was planned');
    await small.lake.ports.lake.create(`v1/live/events/dt=2026-10-05/${unit.unit}.abc123.parquet`, 'other');
    const [outcome] = await small.transformAll();
    expect(outcome?.attempt).toBe(`${unit.unit}.abc123.1`);
    expect(new Set(outcome?.files.map(({ key }) => key.endsWith('.abc123.1.parquet')))).toEqual(new Set([true]));
  });

  test('fault 33: 500 dates in one unit are 500 partitions, and each day has its row', async () => {
    const days = Array.from({ length: 500 }, (_, i) => SENT - i * DAY_MS);
    small.put('a', ndjson(...days.map((at, i) => sesDelivery({ messageId: `m${i}`, sentAt: at - 1000, at }))));
    const asked: number[] = [];
    const { catalog } = small.lake.ports;
    const counting: Catalog = {
      ensurePartitions(table, partitions) {
        asked.push(partitions.length);
        return catalog.ensurePartitions(table, partitions);
      },
      switchPartition: (table, partition) => catalog.switchPartition(table, partition),
      dropPartitions: (table, dts) => catalog.dropPartitions(table, dts),
      locations: (table, dts) => catalog.locations(table, dts),
    };
    small.lake.ports.catalog = counting;
    await small.plan();
    const [outcome] = await small.transformAll();
    expect(outcome?.event_rows).toBe(500);
    expect(asked).toEqual([500]);
    expect(await catalog.locations('events')).toHaveLength(500);
    expect(await small.rows('select count(*) as n, count(distinct dt) as days from events')).toEqual([
      { n: 500, days: 500 },
    ]);
  });
});

describe('a run', () => {
  test('twice changes nothing; new raw files are picked up', async () => {
    small.put(rawKey(SENT, 'a'), ndjson(sesSend(), sesDelivery(), sesOpen()));
    await small.run();
    const before = await small.rows('select * from recipient_messages');
    const keys = (await Array.fromAsync(small.lake.ports.lake.list(''))).map(({ key }) => key);
    expect(await small.run()).toEqual([]);
    expect((await Array.fromAsync(small.lake.ports.lake.list(''))).map(({ key }) => key)).toEqual(keys);
    expect(before).toHaveLength(1);

    small.put(rawKey(SENT + 1000, 'b'), ndjson(sesClick()));
    await small.run();
    expect(await small.rows('select opens, clicks, human_clicks from recipient_messages')).toEqual([
      { opens: 1, clicks: 1, human_clicks: 1 },
    ]);
  });
});
