import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { silentProgress } from '#host/progress.ts';
import { DAY_MS, utcDate } from '#lake/days.ts';
import { collectDaily, retentionOf } from '#local/run/collect-daily.ts';
import { runAll } from '#local/run/run.ts';
import { readRetention } from '#local/settings-file.ts';
import { ndjson, sesDelivery, sesSend } from '#test/records.ts';
import { type SmallLake, smallLake } from '#test/small-lake.ts';

test('superseded files go a day after they were superseded, without anybody asking, and once a day is enough', async () => {
  const small = await smallLake();
  const settled = async (): Promise<number> => {
    let files = 0;
    for await (const _ of small.lake.ports.lake.list('v1/settled/events/')) files++;
    return files;
  };
  try {
    for (const name of ['a', 'b']) {
      small.put(`${name}.json`, ndjson(sesSend({ messageId: name }), sesDelivery({ messageId: name })));
      await small.run();
    }
    expect(await settled()).toBe(2);
    // The new lake has been looked at, and nothing is old enough.
    expect((await collectDaily(small.lake)).removed).toEqual([]);
    small.clock.now += DAY_MS / 2;
    expect((await collectDaily(small.lake)).removed).toEqual([]);
    small.clock.now = Date.now() + 2 * DAY_MS;
    const { removed } = await collectDaily(small.lake);
    expect(new Set(removed.map(({ why }) => why))).toEqual(new Set(['superseded', 'settled']));
    expect(await settled()).toBe(1);
    expect(await small.rows('select count(*) as n from events')).toEqual([{ n: 4 }]);
    expect((await collectDaily(small.lake)).removed).toEqual([]);
  } finally {
    await small.close();
  }
});

describe('what settings.json says of retention', () => {
  const saying = async (retention: unknown, work: (small: SmallLake) => Promise<void>): Promise<void> => {
    const small = await smallLake();
    writeFileSync(join(small.lake.lakeRoot, 'settings.json'), JSON.stringify({ retention }));
    small.lake.retention = await readRetention(small.lake.lakeRoot);
    try {
      await work(small);
    } finally {
      await small.close();
    }
  };
  const days = (kept: number | null): object => ({
    days: { events: kept, headers: kept, clicks: kept, recipient_messages: null },
  });

  test('is applied once a day, and its files go a day later', () =>
    saying(days(40), async (small) => {
      const now = Date.now();
      const sent = [60, 50, 3].map((ago) => ({ messageId: `m${ago}`, sentAt: now - ago * DAY_MS }));
      for (const parts of sent) small.put(`${parts.messageId}.json`, ndjson(sesSend(parts), sesDelivery(parts)));
      small.clock.now = now;
      await small.run();
      await collectDaily(small.lake);
      const lives = await small.rows('select message_id, delivered_at from recipient_messages order by 1');
      small.clock.now = now + DAY_MS + 1;
      expect((await collectDaily(small.lake)).hidden).toEqual(
        ['events', 'headers'].map((table) => ({ table, days: 2, last: utcDate(now - 50 * DAY_MS) })),
      );
      expect(await small.rows('select message_id from events group by 1')).toEqual([{ message_id: 'm3' }]);
      small.clock.now += DAY_MS + 60_000;
      const { removed } = await collectDaily(small.lake);
      expect(new Set(removed.filter(({ why }) => why === 'expired').map(({ key }) => key.split('/')[2]))).toEqual(
        new Set(['events', 'headers']),
      );
      expect(await small.rows('select message_id, delivered_at from recipient_messages order by 1')).toEqual(lives);
    }));

  test('waits for a word where it takes more than a month at once', () =>
    saying(days(40), async (small) => {
      small.put('a.json', ndjson(sesSend(), sesDelivery()));
      await small.run();
      await collectDaily(small.lake);
      const { catalog, clock } = small.lake.ports;
      const old = Array.from({ length: 32 }, (_, i) => utcDate(clock.now() - (80 + i) * DAY_MS));
      await catalog.ensurePartitions(
        'clicks',
        old.map((dt) => ({ dt, location: `v1/live/clicks/dt=${dt}/` })),
      );
      small.clock.now += 2 * DAY_MS;
      expect((await collectDaily(small.lake)).held.map(({ table, days }) => `${table} ${days}`)).toEqual(['clicks 32']);
      expect((await collectDaily(small.lake, true)).held).toEqual([]);
      expect(await catalog.locations('clicks')).toEqual([]);
    }));

  test('is refused where other steps need more, before anything is done', () =>
    saying({ days: { events: 39, headers: 30, clicks: 30, recipient_messages: 39 } }, async (small) => {
      expect(() => retentionOf(small.lake)).toThrow(
        /settings.json\nretention.days.events: 39 days are too few, it is needed for 40: .*attribution|the 30 days after/s,
      );
      await expect(runAll(small.lake, { progress: silentProgress })).rejects.toThrow(
        'days.recipient_messages: 39 days',
      );
    }));
});
