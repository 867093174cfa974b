import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { attributionDays, rollup } from '#lake/steps/rollup.ts';
import { ndjson, rawKey, SENT, sesBounce, sesDelivery, sesOpen, sesSend } from '#test/records.ts';
import { NOW, type SmallLake, smallLake } from '#test/small-lake.ts';
import { keysOf } from './aged.ts';

const DAY = 86_400_000;
let small: SmallLake;

beforeEach(async () => {
  small = await smallLake();
});
afterEach(() => small.close());

const rollupIn = (reach: 'hourly' | 'all') => {
  const { ports, settings, views, rollupSelect: select } = small.lake;
  return rollup(ports, { settings, views, select, reach });
};

describe('rollup', () => {
  test('fault 54b: an open of mail of 20 days ago lands in today, rewrites no old day, and is in the next rollup', async () => {
    const sentAt = NOW - 20 * DAY;
    small.put(rawKey(sentAt, 'a'), ndjson(sesSend({ sentAt }), sesDelivery({ sentAt })));
    await small.run();
    const old = await keysOf(small, 'v1/settled/events/');
    const openedAt = NOW - DAY;
    small.put(rawKey(openedAt, 'b'), ndjson(sesOpen({ sentAt, at: openedAt })));
    await small.plan();
    await small.transformAll();
    const settled = await small.settle();
    expect(settled.map(({ table, dt }) => [table, dt])).toEqual([['events', '2026-11-22']]);
    expect(await keysOf(small, 'v1/settled/events/')).toEqual(expect.arrayContaining(old));
    expect(await small.rollup()).toEqual([{ dt: '2026-11-03', rows: 1 }]);
    expect(await small.rows('select opens, cast(dt as varchar) as dt from recipient_messages')).toEqual([
      { opens: 1, dt: '2026-11-03' },
    ]);
  });

  test('recomputes only send days whose inputs changed, also by a late settle of an old day', async () => {
    small.put(
      rawKey(SENT, 'a'),
      ndjson(sesSend(), sesDelivery(), sesSend({ messageId: 'm2', sentAt: SENT + 3 * DAY })),
    );
    await small.run();
    expect(await small.rollup()).toEqual([]);
    small.put(rawKey(SENT, 'late'), ndjson(sesBounce()));
    await small.plan();
    await small.transformAll();
    await small.settle();
    expect((await small.rollup()).map(({ dt }) => dt)).toEqual(['2026-10-05']);
    expect(await small.rollup()).toEqual([]);
  });

  test('hourly it looks at the last three send days, and otherwise at all', async () => {
    const days = [0, 2, 3, 20].map((back) => NOW - back * DAY - 3_600_000);
    small.put(rawKey(SENT, 'a'), ndjson(...days.map((sentAt, i) => sesSend({ messageId: `m${i}`, sentAt }))));
    await small.plan();
    await small.transformAll();
    expect((await rollupIn('hourly')).map(({ dt }) => dt)).toEqual(['2026-11-21', '2026-11-23']);
    expect((await rollupIn('all')).map(({ dt }) => dt)).toEqual(['2026-11-03', '2026-11-20']);
  });

  test('takes the attribution window from the seed', () => {
    expect(attributionDays(small.lake.views)).toBe(30);
    expect(() => attributionDays([])).toThrow('seeds/settings.csv: no setting attribution_days');
  });
});
