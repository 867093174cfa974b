import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isLastOfBatch } from '#lake/steps/rollup/batches.ts';
import { MemoryStore } from '#test/ports/memory-store.ts';

test('the worker of a batch that is done last knows so, whatever the order, and none before it does', async () => {
  const lake = new MemoryStore();
  const done = [];
  for (const group of [2, 0, 1]) done.push(await isLastOfBatch(lake, { id: 'a', group, groups: 3 }));
  expect(done).toEqual([false, false, true]);
  // A message that comes again, and one of another batch.
  expect(await isLastOfBatch(lake, { id: 'a', group: 0, groups: 3 })).toBe(true);
  expect(await isLastOfBatch(lake, { id: 'b', group: 0, groups: 2 })).toBe(false);
});

test('of workers that are done at once at least one is the last, and each that says so finds all others done', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 12 }), fc.scheduler(), async (groups, scheduler) => {
      const store = new MemoryStore();
      // Each call to the store takes effect at a time of the scheduler's choice.
      const lake = {
        create: scheduler.scheduleFunction(store.create.bind(store)),
        async *list(prefix: string) {
          await scheduler.schedule(Promise.resolve());
          yield* store.list(prefix);
        },
      };
      const marks: number[] = [];
      const said = Promise.all(
        Array.from({ length: groups }, async (_, group) => {
          const isLast = await isLastOfBatch(lake, { id: 'a', group, groups });
          if (isLast) marks.push((await Array.fromAsync(store.list(''))).length);
          return isLast;
        }),
      );
      await scheduler.waitFor(said);
      expect(await said).toContain(true);
      expect(marks.every((n) => n === groups)).toBe(true);
    }),
    { numRuns: 200 },
  );
});
