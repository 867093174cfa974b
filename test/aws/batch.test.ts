import { ChangeMessageVisibilityCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { delayAfter, workBatch } from '#aws/batch.ts';
import { showAgain } from '#aws/sqs-queue.ts';
import { eventOf } from '#test/engines/invoke.ts';

const message = z.object({ n: z.number() });

async function worked(bodies: readonly string[], remainingMs: () => number = () => 900_000) {
  const done: number[] = [];
  const failures: string[] = [];
  const shown: [string, number][] = [];
  const response = await workBatch(eventOf(bodies.map((Body, i) => ({ MessageId: `m${i}`, Body }))), {
    message,
    remainingMs,
    async work({ n }) {
      if (n < 0) throw new Error('negative');
      done.push(n);
    },
    failed: (error) => void failures.push(error instanceof Error ? error.message : ''),
    async showAgain({ messageId }, seconds) {
      shown.push([messageId, seconds]);
      throw new Error('the queue is away');
    },
  });
  return { done, failures, shown, back: response.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier) };
}

test('messages that fail go back to the queue, and the others do not', async () => {
  expect(await worked(['{"n":1}', '{"n":-1}', '{"n":3}'])).toEqual({
    done: [1, 3],
    failures: ['negative'],
    shown: [960, 960, 60, 960].map((seconds, i) => [['m0', 'm1', 'm1', 'm2'][i], seconds]),
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

test('fault 82: what failed is to be seen again in a minute, then later each time, whether or not the queue can be told', async () => {
  expect((await worked(['{"n":-1}'])).shown).toEqual([
    ['m0', 960],
    ['m0', 60],
  ]);
  expect([1, 2, 3, 4, 5].map(delayAfter)).toEqual([60, 240, 960, 3600, 3600]);
});

test('fault 82: the queue that a message came from is told when to show it again', async () => {
  const sent: unknown[] = [];
  const client = new SQSClient({ region: 'eu-west-1' });
  client.send = async (command: unknown): Promise<void> => {
    if (command instanceof ChangeMessageVisibilityCommand) sent.push(command.input);
  };
  const urls = ['https://sqs.example/1/app-live', 'https://sqs.example/1/app-backfill'];
  const record = { eventSourceARN: 'arn:aws:sqs:eu-west-1:1:app-backfill', receiptHandle: 'r' };
  await showAgain(client, urls, record, 240);
  expect(sent).toEqual([{ QueueUrl: urls[1], ReceiptHandle: 'r', VisibilityTimeout: 240 }]);
  await expect(
    showAgain(client, urls, { ...record, eventSourceARN: 'arn:aws:sqs:eu-west-1:1:other' }, 1),
  ).rejects.toThrow('none of our queues: other');
});
