import { expect, test } from 'vitest';
import { z } from 'zod';
import { workBatch } from '#aws/batch.ts';
import { eventOf } from '#test/engines/invoke.ts';

const message = z.object({ n: z.number() });

async function worked(bodies: readonly string[], remainingMs: () => number = () => 900_000) {
  const done: number[] = [];
  const failures: string[] = [];
  const response = await workBatch(eventOf(bodies.map((Body, i) => ({ MessageId: `m${i}`, Body }))), {
    message,
    remainingMs,
    async work({ n }) {
      if (n < 0) throw new Error('negative');
      done.push(n);
    },
    failed: (error) => void failures.push(error instanceof Error ? error.message : ''),
  });
  return { done, failures, back: response.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier) };
}

test('messages that fail go back to the queue, and the others do not', async () => {
  expect(await worked(['{"n":1}', '{"n":-1}', '{"n":3}'])).toEqual({
    done: [1, 3],
    failures: ['negative'],
    back: ['m1'],
  });
});

test('a message that is none of ours goes back, until it is among the dead letters', async () => {
  const { done, back } = await worked(['no JSON', '{"n":"1"}', '{"n":1}']);
  expect({ done, back }).toEqual({ done: [1], back: ['m0', 'm1'] });
});

test('fault 61: what there is no time to begin goes back', async () => {
  let left = 150_000;
  const remainingMs = (): number => (left -= 50_000);
  expect((await worked(['{"n":1}', '{"n":2}', '{"n":3}'], remainingMs)).back).toEqual(['m1', 'm2']);
});
