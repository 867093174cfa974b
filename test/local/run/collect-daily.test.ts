import { expect, test } from 'vitest';
import { DAY_MS } from '#lake/days.ts';
import { collectDaily } from '#local/run/collect-daily.ts';
import { ndjson, sesDelivery, sesSend } from '#test/records.ts';
import { smallLake } from '#test/small-lake.ts';

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
    expect(await collectDaily(small.lake)).toEqual([]);
    small.clock.now += DAY_MS / 2;
    expect(await collectDaily(small.lake)).toEqual([]);
    small.clock.now = Date.now() + 2 * DAY_MS;
    const removed = await collectDaily(small.lake);
    expect(new Set(removed.map(({ why }) => why))).toEqual(new Set(['superseded', 'settled']));
    expect(await settled()).toBe(1);
    expect(await small.rows('select count(*) as n from events')).toEqual([{ n: 4 }]);
    expect(await collectDaily(small.lake)).toEqual([]);
  } finally {
    await small.close();
  }
});
