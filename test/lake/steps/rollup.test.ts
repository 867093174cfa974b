import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS } from '#lake/days.ts';
import { attributionDays, daysToRollUp, rollup, rollupDays } from '#lake/steps/rollup.ts';
import {
  ndjson,
  rawKey,
  SENT,
  sesBounce,
  sesClick,
  sesComplaint,
  sesDelivery,
  sesOpen,
  sesSend,
} from '#test/records.ts';
import { NOW, type SmallLake, smallLake } from '#test/small-lake.ts';
import { keysOf } from './aged.ts';

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
  /** What happens to mail of 20 days ago, a day before now; and what the mail's row says of it. */
  const late = { sentAt: NOW - 20 * DAY_MS, at: NOW - DAY_MS };
  test.each([
    ['an open', sesOpen(late), 'opens', 1],
    ['a click', sesClick(late), 'clicks', 1],
    ['a bounce', sesBounce(late), 'bounced_at', late.at],
    ['a complaint', sesComplaint(late), 'complained_at', late.at],
  ] as const)(
    'fault 54b: %s of mail of 20 days ago lands in its own day, rewrites no old day, and is in the mail’s row by the next rollup of all days',
    async (_, event, column, value) => {
      const { sentAt } = late;
      small.put(rawKey(sentAt, 'a'), ndjson(sesSend({ sentAt }), sesDelivery({ sentAt })));
      await small.run();
      const files = await keysOf(small, 'v1/');
      const partitions = await partitionsOf(['events', 'headers', 'clicks']);
      small.put(rawKey(late.at, 'b'), ndjson(event));
      await small.plan();
      await small.transformAll();
      await small.settle();

      const made = (await keysOf(small, 'v1/')).filter(
        (key) => !files.includes(key) && /^v1\/(live|settled)\//.test(key),
      );
      expect(made.filter((key) => !key.includes('/dt=2026-11-22/'))).toEqual([]);
      expect(made.some((key) => key.startsWith('v1/settled/events/'))).toBe(true);
      expect(made.some((key) => key.includes('/headers/'))).toBe(false);
      expect((await partitionsOf(['events', 'headers', 'clicks'])).filter(({ dt }) => dt !== '2026-11-22')).toEqual(
        partitions,
      );
      expect(partitions.map(({ table, dt }) => `${table} ${dt}`)).toEqual(['events 2026-11-03', 'headers 2026-11-03']);

      expect(await rollupIn('hourly')).toEqual([]);
      expect(await rollupIn('all')).toEqual([{ dt: '2026-11-03', rows: 1 }]);
      expect(await small.rows(`select dt, ${column} as value from recipient_messages`)).toEqual([
        { dt: '2026-11-03', value },
      ]);
    },
  );

  const partitionsOf = async (tables: readonly string[]) => {
    const found = await Promise.all(tables.map((table) => small.lake.ports.catalog.locations(table)));
    return found.flatMap((partitions, i) => partitions.map((partition) => ({ table: tables[i], ...partition })));
  };

  test('recomputes only send days whose inputs changed, also by a late settle of an old day', async () => {
    small.put(
      rawKey(SENT, 'a'),
      ndjson(sesSend(), sesDelivery(), sesSend({ messageId: 'm2', sentAt: SENT + 3 * DAY_MS })),
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
    const days = [0, 2, 3, 20].map((back) => NOW - back * DAY_MS - HOUR_MS);
    small.put(rawKey(SENT, 'a'), ndjson(...days.map((sentAt, i) => sesSend({ messageId: `m${i}`, sentAt }))));
    await small.plan();
    await small.transformAll();
    expect((await rollupIn('hourly')).map(({ dt }) => dt)).toEqual(['2026-11-21', '2026-11-23']);
    expect((await rollupIn('all')).map(({ dt }) => dt)).toEqual(['2026-11-03', '2026-11-20']);
  });

  test('hands out groups of neighbouring days, the newest first; a worker does those that are stale still, and no others', async () => {
    const { ports, settings, views, rollupSelect: select } = small.lake;
    const options = { settings, views, select };
    // further apart than one run reaches, and neighbours
    const days = [0, 1, 40, 80].map((back) => SENT - back * DAY_MS);
    small.put(rawKey(SENT, 'a'), ndjson(...days.map((sentAt, i) => sesSend({ messageId: `m${i}`, sentAt }))));
    await small.plan();
    await small.transformAll();
    const groups = await daysToRollUp(ports, options);
    expect(groups).toEqual([['2026-10-04', '2026-10-05'], ['2026-08-26'], ['2026-07-17']]);
    expect(await daysToRollUp(ports, { ...options, rowsAtOnce: 1 })).toEqual(
      groups.flatMap((group) => group.toReversed().map((day) => [day])),
    );
    expect(await keysOf(small, 'v1/state/generations/')).toEqual([]);
    expect(await rollupDays(ports, options, groups[1] ?? [])).toEqual([{ dt: '2026-08-26', rows: 1 }]);
    expect(await rollupDays(ports, options, groups[1] ?? [])).toEqual([]);
    expect(await rollupDays(ports, options, ['2026-10-05', '2026-08-26', '2001-01-01'])).toEqual([
      { dt: '2026-10-05', rows: 1 },
    ]);
    expect((await small.rollup()).map(({ dt }) => dt)).toEqual(['2026-07-17', '2026-10-04']);
  });

  test('takes the attribution window from the seed', () => {
    expect(attributionDays(small.lake.views)).toBe(30);
    expect(() => attributionDays([])).toThrow('seeds/settings.csv: no setting attribution_days');
  });
});
