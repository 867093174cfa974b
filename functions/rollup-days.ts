/**
 * Lambda, on the queue of send days: computes recipient_messages for a group of them. After the last one it makes copies anew, by a
 * message of their own, as they take a while; then the dashboard, which reads them, is read anew.
 */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import * as z from 'zod';
import { ATHENA_ROLLUP, AthenaEngine } from '#aws/athena-engine.ts';
import { workBatch } from '#aws/batch.ts';
import type { CopiesPlace, Dashboard } from '#aws/environment.ts';
import { GlueCopies } from '#aws/glue-copies.ts';
import { startIngestions } from '#aws/ingestions.ts';
import { type Invocation, observed } from '#aws/observed.ts';
import { S3Store } from '#aws/s3-store.ts';
import { sendBatches, showAgain } from '#aws/sqs-queue.ts';
import { copyViews } from '#lake/steps/copy-views.ts';
import { rollupHanded } from '#lake/steps/rebuild/preview.ts';
import { isLastOfBatch } from '#lake/steps/rollup/batches.ts';
import { rollupDays } from '#lake/steps/rollup.ts';
import { wiring } from './wiring.ts';

const following = z.strictObject({ copies: z.boolean(), dashboard: z.boolean() });
const id = z.string().regex(/^\w+$/);
const Days = z.object({
  days: z.array(z.string().regex(/^\d{4}-\d\d-\d\d$/)).min(1),
  /** of which it is, and waits with its days (rebuild/preview.ts); left out: none */
  rebuild: z.int().min(0).exactOptional(),
  batch: z
    .object({
      id,
      group: z.int(),
      groups: z.int(),
      /** left out by a release that had the dashboard alone */
      following: following.default({ copies: false, dashboard: true }),
    })
    .optional(),
});
const Ended = z.object({ ended: z.strictObject({ id, following }) });
const Message = z.union([Days, Ended]);

export const handler = (event: SQSEvent, invocation: Invocation): Promise<SQSBatchResponse> =>
  observed('rollup-days', invocation, async ({ info, problem, count }) => {
    const { ports, environment, clients, sql } = wiring();
    const rollupPorts = ports(invocation);
    const { settings, queues, endpoint } = environment;
    const { views, rollup: select } = await sql();
    return workBatch(event, {
      message: Message,
      remainingMs: () => invocation.getRemainingTimeInMillis(),
      showAgain: (record, seconds) => showAgain(clients.sqs, [queues.rollup], record, seconds),
      async work(message) {
        if ('ended' in message) return follow(message.ended);
        const { days, batch, rebuild } = message;
        const options = { ...ATHENA_ROLLUP, settings, views, select: select.sql };
        const done =
          rebuild === undefined
            ? await rollupDays(rollupPorts, options, days)
            : await rollupHanded(rollupPorts, rebuild, options, days);
        for (const { dt, rows } of done) info('rolled up', { dt, rows, ...(rebuild === undefined ? {} : { rebuild }) });
        count('RolledUpDays', done.length);
        const isWaitedFor = environment.copies !== null || environment.dashboard !== null;
        if (!batch || !isWaitedFor || !(await isLastOfBatch(rollupPorts.lake, batch))) return;
        const ended = { id: batch.id, following: batch.following };
        if (batch.following.copies) await sendBatches(clients.sqs, queues.rollup, [{ ended }]);
        else await follow(ended);
      },
      failed(error, message) {
        const days = message && 'days' in message ? message.days : [];
        problem('work goes back to the queue', error, { days });
        count('FailedDays', days.length || 1);
      },
    });

    async function follow({ id, following }: z.output<typeof Ended>['ended']): Promise<void> {
      const { copies, dashboard } = environment;
      if (copies && following.copies) await copy(copies, id);
      if (dashboard && following.dashboard) await refresh(dashboard, id);
    }

    async function copy({ database, bucket }: CopiesPlace, run: string): Promise<void> {
      const copied = await copyViews(
        {
          engine: new AthenaEngine({
            ...clients,
            database: environment.database,
            workgroup: environment.workgroup,
            bucket,
            remainingMs: () => invocation.getRemainingTimeInMillis(),
          }),
          store: new S3Store({ client: clients.s3, bucket }),
          copies: new GlueCopies({ client: clients.glue, database, bucket }),
          clock: rollupPorts.clock,
        },
        views,
        run,
      );
      for (const { view, rows } of copied) info('copied without persons', { view, rows });
    }

    /** The days are computed, whatever QuickSight says: its own schedule reads the data sets by the next morning. */
    async function refresh(read: Dashboard, ingestion: string): Promise<void> {
      const { started, refused } = await startIngestions(clients.s3.config, { ...read, ingestion, endpoint });
      info('the dashboard is read anew', { ingestion, dataSets: started });
      for (const { dataSet, error } of refused) problem('a data set is not read anew', error, { ingestion, dataSet });
    }
  });
