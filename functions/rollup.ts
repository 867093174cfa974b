/** Lambda, hourly and daily: finds the send days whose input changed, and queues them in groups. */
import * as z from 'zod';
import { ATHENA_ROLLUP } from '#aws/athena-engine.ts';
import { type Invocation, observed } from '#aws/observed.ts';
import { sendBatches } from '#aws/sqs-queue.ts';
import { openUnits, recentlyOpenUnits } from '#lake/protocol/open-units.ts';
import type { Following } from '#lake/steps/rollup/batches.ts';
import { daysToRollUp } from '#lake/steps/rollup.ts';
import { wiring } from './wiring.ts';

/** Send days that are computed again at once because SQL, a seed or a setting has changed: two years take twelve days. */
const MOST_OUTDATED = 64;

/**
 * `hourly`: the last three send days; `all`: every one that is stale; or one day that a person names. For a day that is up
 * to date the workers do nothing.
 */
const RollupEvent = z.union([
  z.strictObject({ reach: z.enum(['hourly', 'all']) }),
  z.strictObject({ day: z.string().regex(/^\d{4}-\d\d-\d\d$/) }),
]);

export const handler = (event: unknown, invocation: Invocation): Promise<void> =>
  observed('rollup', invocation, async ({ info, count }) => {
    const asked = RollupEvent.parse(event);
    const { ports, environment, clients, sql } = wiring();
    const { settings, queues, dashboard, copies } = environment;
    const groups = 'day' in asked ? [[asked.day]] : await stale(asked.reach);
    // The last worker of a batch does what is to follow.
    const isOfAll = !('reach' in asked) || asked.reach === 'all';
    const following: Following = {
      copies: copies !== null && (isOfAll || copies.isMadeHourly),
      dashboard: dashboard !== null && (isOfAll || dashboard.isRefreshedHourly),
    };
    const batch = following.copies || following.dashboard ? ports(invocation).clock.nonce() : null;
    // Views look at the time, too, so once a day copies are made also if no send day is.
    const isAlone = following.copies && groups.length === 0 && isOfAll;
    // The newest first; a queue keeps their order roughly.
    await sendBatches(clients.sqs, queues.rollup, [
      ...groups.map((days, group) => ({
        days,
        ...(batch ? { batch: { id: batch, group, groups: groups.length, following } } : {}),
      })),
      ...(batch && isAlone ? [{ ended: { id: batch, following } }] : []),
    ]);
    const days = groups.flat().length;
    info('handed out', { ...asked, groups: groups.length, days });
    count('RollupDays', days);

    async function stale(reach: 'hourly' | 'all'): Promise<string[][]> {
      const rollupPorts = ports(invocation);
      const { views, rollup: select } = await sql();
      return daysToRollUp(rollupPorts, {
        ...ATHENA_ROLLUP,
        settings,
        views,
        select: select.sql,
        reach,
        mostOutdated: MOST_OUTDATED,
        open: await (reach === 'all'
          ? openUnits(rollupPorts.lake)
          : recentlyOpenUnits(rollupPorts.lake, rollupPorts.clock.now())),
      });
    }
  });
