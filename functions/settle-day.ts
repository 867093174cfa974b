/** Lambda, on the queue of days: settles one day of one table. */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import * as z from 'zod';
import { workBatch } from '#aws/batch.ts';
import { type Invocation, observed } from '#aws/observed.ts';
import { showAgain } from '#aws/sqs-queue.ts';
import { UnplannedHours } from '#lake/steps/settle/watermark.ts';
import { settleDay } from '#lake/steps/settle.ts';
import { SETTLED_TABLES } from '#lake/tables/index.ts';
import { wiring } from './wiring.ts';

const Message = z.object({
  table: z.enum(SETTLED_TABLES.map(({ name }) => name)),
  dt: z.string().regex(/^\d{4}-\d\d-\d\d$/),
});

export const handler = (event: SQSEvent, invocation: Invocation): Promise<SQSBatchResponse> =>
  observed('settle-day', invocation, async ({ info, problem, count }) => {
    const { ports, environment, clients } = wiring();
    const dayPorts = ports(invocation);
    const unplanned = new UnplannedHours(dayPorts, environment.settings);
    return workBatch(event, {
      message: Message,
      remainingMs: () => invocation.getRemainingTimeInMillis(),
      showAgain: (record, seconds) => showAgain(clients.sqs, [environment.queues.settle], record, seconds),
      async work(day) {
        for (const { table, dt, generation, rows, duplicates } of await settleDay(dayPorts, day, { unplanned })) {
          info('settled', { table, dt, generation, rows, duplicates });
          count('SettledDays', 1);
          count('SettledRows', rows);
          count('DuplicateRows', duplicates);
        }
      },
      failed(error, day) {
        problem('day goes back to the queue', error, { table: day?.table ?? 'unknown', dt: day?.dt ?? 'unknown' });
        count('FailedDays', 1);
      },
    });
  });
