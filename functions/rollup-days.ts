/** Lambda, on the queue of send days: computes recipient_messages for a group of them. */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import * as z from 'zod';
import { ATHENA_ROLLUP } from '#aws/athena-engine.ts';
import { workBatch } from '#aws/batch.ts';
import { type Invocation, observed } from '#aws/observed.ts';
import { showAgain } from '#aws/sqs-queue.ts';
import { rollupDays } from '#lake/steps/rollup.ts';
import { wiring } from './wiring.ts';

const Message = z.object({ days: z.array(z.string().regex(/^\d{4}-\d\d-\d\d$/)).min(1) });

export const handler = (event: SQSEvent, invocation: Invocation): Promise<SQSBatchResponse> =>
  observed('rollup-days', invocation, async ({ info, problem, count }) => {
    const { ports, environment, clients, sql } = wiring();
    const rollupPorts = ports(invocation);
    const { settings, queues } = environment;
    const { views, rollup: select } = await sql();
    return workBatch(event, {
      message: Message,
      remainingMs: () => invocation.getRemainingTimeInMillis(),
      showAgain: (record, seconds) => showAgain(clients.sqs, [queues.rollup], record, seconds),
      async work({ days }) {
        const done = await rollupDays(rollupPorts, { ...ATHENA_ROLLUP, settings, views, select: select.sql }, days);
        for (const { dt, rows } of done) info('rolled up', { dt, rows });
        count('RolledUpDays', done.length);
      },
      failed(error, message) {
        problem('send days go back to the queue', error, { days: message?.days ?? [] });
        count('FailedDays', message?.days.length ?? 1);
      },
    });
  });
