import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS } from '#lake/days.ts';
import { ndjson, rawKey, SENT, sesBounce, sesDelivery, sesOpen, sesSend } from '#test/records.ts';
import { type SmallLake, smallLake } from '#test/small-lake.ts';

let small: SmallLake;

beforeEach(async () => {
  small = await smallLake();
});
afterEach(() => small.close());

const count = async (sql: string): Promise<unknown> => Object.values((await small.rows(sql))[0] ?? {})[0];

describe('a record that arrives more than once', () => {
  test('fault 35: twice in an object, and in two objects of a unit, is one row and two duplicates', async () => {
    small.put(rawKey(SENT, 'a'), ndjson(sesDelivery(), sesDelivery()));
    small.put(rawKey(SENT + 1000, 'b'), ndjson(sesDelivery()));
    const [outcome] = await small.run();
    expect(outcome).toMatchObject({ records: 3, accepted: 1, duplicate: 2, skipped: 0, quarantined: 0, event_rows: 1 });
    expect(await count('select count(*) from events')).toBe(1);
  });

  test('fault 36: in two units it is two rows before settling and one after', async () => {
    small.put(rawKey(SENT, 'a'), ndjson(sesSend(), sesDelivery()));
    await small.plan();
    await small.transformAll();
    small.put(rawKey(SENT + 1000, 'b'), ndjson(sesDelivery()));
    await small.plan();
    const [outcome] = await small.transformAll();
    expect(outcome).toMatchObject({ accepted: 1, duplicate: 0 });
    expect(await count("select count(*) from events where event_type = 'delivered'")).toBe(2);
    expect(await count('select sum(delivered) from deliverability_daily')).toBe(null);

    await small.settle();
    await small.rollup();
    expect(await count("select count(*) from events where event_type = 'delivered'")).toBe(1);
    expect(await count("select sum(duplicates) from generations where table_name = 'events'")).toBe(1);
    expect(await count('select sum(delivered) from deliverability_daily')).toBe(1);
  });

  test('fault 37: 40 days later, from another bucket, under a name without a time, it keeps its id and its day', async () => {
    small.put(rawKey(SENT, 'a'), ndjson(sesDelivery()));
    await small.run();
    const before = await small.rows('select event_id, dt from events');
    small.put('replayed/export', ndjson(sesDelivery()), SENT + 40 * DAY_MS);
    small.put('replayed/midnight', ndjson(sesDelivery()), Date.parse('2026-11-15T00:00:00Z'));
    await small.run();
    expect(await small.rows('select event_id, dt from events')).toEqual(before);
    expect(before).toHaveLength(1);
  });

  test('fault 38: two real opens in one second from two addresses are two rows', async () => {
    const at = SENT + 5000;
    small.put(rawKey(SENT, 'a'), ndjson(sesOpen({ at, ip: '192.0.2.1' }), sesOpen({ at, ip: '192.0.2.2' })));
    const [outcome] = await small.run();
    expect(outcome).toMatchObject({ accepted: 2, duplicate: 0, event_rows: 2 });
    expect(await count('select count(distinct event_id) from events')).toBe(2);
  });

  test('event publishing wins over the legacy notification of the same bounce, whichever comes first', async () => {
    small.put(rawKey(SENT, 'a'), ndjson(sesBounce({ notification: true }), sesBounce()));
    small.put(rawKey(SENT + DAY_MS, 'b'), ndjson(sesBounce({ notification: true })));
    await small.run();
    expect(await small.rows('select feed, source_ordinal from events')).toEqual([
      { feed: 'event_publishing', source_ordinal: 1 },
    ]);
  });
});
