/** Lambda, on the queue of send days: computes recipient_messages for a group of them; after the last one the dashboard is read anew. */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import * as z from 'zod';
import { ATHENA_ROLLUP } from '#aws/athena-engine.ts';
import { workBatch } from '#aws/batch.ts';
import type { Dashboard } from '#aws/environment.ts';
import { startIngestions } from '#aws/ingestions.ts';
import { type Invocation, observed } from '#aws/observed.ts';
import { showAgain } from '#aws/sqs-queue.ts';
import { rollupHanded } from '#lake/steps/rebuild/preview.ts';
import { isLastOfBatch } from '#lake/steps/rollup/batches.ts';
import { rollupDays } from '#lake/steps/rollup.ts';
import { wiring } from './wiring.ts';

const Message = z.object({
  days: z.array(z.string().regex(/^\d{4}-\d\d-\d\d$/)).min(1),
  /** of which it is, and waits with its days (rebuild/preview.ts); left out: none */
  rebuild: z.int().min(0).exactOptional(),
  batch: z.object({ id: z.string().regex(/^\w+$/), group: z.int(), groups: z.int() }).optional(),
});

export const handler = (event: SQSEvent, invocation: Invocation): Promise<SQSBatchResponse> =>
  observed('rollup-days', invocation, async ({ info, problem, count }) => {
    const { ports, environment, clients, sql } = wiring();
    const rollupPorts = ports(invocation);
    const { settings, queues, dashboard, endpoint } = environment;
    const { views, rollup: select } = await sql();
    return workBatch(event, {
      message: Message,
      remainingMs: () => invocation.getRemainingTimeInMillis(),
      showAgain: (record, seconds) => showAgain(clients.sqs, [queues.rollup], record, seconds),
      async work({ days, batch, rebuild }) {
        const options = { ...ATHENA_ROLLUP, settings, views, select: select.sql };
        const done =
          rebuild === undefined
            ? await rollupDays(rollupPorts, options, days)
            : await rollupHanded(rollupPorts, rebuild, options, days);
        for (const { dt, rows } of done) info('rolled up', { dt, rows, ...(rebuild === undefined ? {} : { rebuild }) });
        count('RolledUpDays', done.length);
        if (dashboard && batch && (await isLastOfBatch(rollupPorts.lake, batch))) await refresh(dashboard, batch.id);
      },
      failed(error, message) {
        problem('send days go back to the queue', error, { days: message?.days ?? [] });
        count('FailedDays', message?.days.length ?? 1);
      },
    });

    /** The days are computed, whatever QuickSight says: its own schedule reads the data sets by the next morning. */
    async function refresh(read: Dashboard, ingestion: string): Promise<void> {
      const { started, refused } = await startIngestions(clients.s3.config, { ...read, ingestion, endpoint });
      info('the dashboard is read anew', { ingestion, dataSets: started });
      for (const { dataSet, error } of refused) problem('a data set is not read anew', error, { ingestion, dataSet });
    }
  });
