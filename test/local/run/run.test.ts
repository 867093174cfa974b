/** What the steps of a laptop's run show of how far they are. */
import { expect, test } from 'vitest';
import type { Progress } from '#host/progress.ts';
import { planAll } from '#local/run/run.ts';
import { smallLake } from '#test/small-lake.ts';

test('planning counts the raw objects that it has listed, planned before or not, and knows no total', async () => {
  const small = await smallLake();
  try {
    const told: unknown[] = [];
    const progress: Progress = {
      start: (...step) => void told.push(step),
      advance: (by) => void told.push(by),
      done: () => void told.push('done'),
    };
    for (const key of ['a', 'b']) small.put(key, '{}');
    await small.plan();
    small.put('c', '{}');
    expect(await planAll(small.lake, progress)).toMatchObject({ objects: 1, known: 2 });
    expect(told).toEqual([['plan', null, 'objects'], 1, 1, 1, 'done']);
  } finally {
    await small.close();
  }
});
