/** Lambda, on the queue of days: settles one day of one table, makes it for a rebuild, or gives it back to readers as it was. */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import * as z from 'zod';
import { workBatch } from '#aws/batch.ts';
import { type Invocation, observed } from '#aws/observed.ts';
import { showAgain } from '#aws/sqs-queue.ts';
import type { TableDay } from '#lake/protocol/day-files.ts';
import { makeHanded } from '#lake/steps/rebuild/hand-out.ts';
import { takeBack } from '#lake/steps/rebuild/switch.ts';
import { UnplannedHours } from '#lake/steps/settle/watermark.ts';
import { settleDay } from '#lake/steps/settle.ts';
import { SETTLED_TABLES } from '#lake/tables/index.ts';
import { wiring } from './wiring.ts';

const day = {
  table: z.enum(SETTLED_TABLES.map(({ name }) => name)),
  dt: z.string().regex(/^\d{4}-\d\d-\d\d$/),
};
const number = z.int().min(0);
/** `DayMessage`, of a rebuild; without its number a day that is to be settled */
const Message = z.union([
  z.strictObject({ ...day, rebuild: number, work: z.string().min(1) }),
  z.strictObject({ ...day, back: number }),
  z.strictObject(day),
]);

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
        if ('work' in day) return makeForRebuild(day);
        if ('back' in day) return giveBack(day);
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

    async function makeForRebuild({
      table,
      dt,
      rebuild,
      work,
    }: TableDay & { rebuild: number; work: string }): Promise<void> {
      const made = await makeHanded(dayPorts, rebuild, work);
      if (!made) return info('nothing to make', { table, dt, rebuild });
      if ('why' in made) return problem('day of a rebuild is not made', new Error(made.why), { table, dt, rebuild });
      info('made for a rebuild', { table, dt, rebuild, generation: made.generation, rows: made.rows_out });
      count('RebuiltDays', 1);
    }

    async function giveBack({ table, dt, back }: TableDay & { back: number }): Promise<void> {
      if (!(await takeBack(dayPorts, back, { table, dt })))
        throw new Error('its former rows are gone, or it has just changed');
      info('given back as it was', { table, dt, rebuild: back });
      count('RebuiltDays', 1);
    }
  });
