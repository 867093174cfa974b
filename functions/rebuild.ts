/**
 * Lambda, called by a person and hourly: reads raw data again beside the lake, and switches readers on command. What there is to do it
 * hands to the workers of units, days and send days; each call goes on where they have come to.
 */
import * as z from 'zod';
import { ATHENA_ROLLUP } from '#aws/athena-engine.ts';
import { type Invocation, observed } from '#aws/observed.ts';
import { sendBatches } from '#aws/sqs-queue.ts';
import { attemptVersion } from '#host/attempt-version.ts';
import { openUnits } from '#lake/protocol/open-units.ts';
import { newestRebuild, type Rebuild } from '#lake/protocol/rebuilds.ts';
import {
  goBackNow,
  type Moved,
  moveOn,
  rebuildThatGoesOn,
  type Standing,
  type SwitchNow,
  standing,
  switchNow,
} from '#lake/steps/rebuild/hand-out.ts';
import { beginRebuild, dropRebuild } from '#lake/steps/rebuild.ts';
import { daysToRollUp, type RollupOptions } from '#lake/steps/rollup.ts';
import { wiring } from './wiring.ts';

const day = z.string().regex(/^\d{4}-\d\d-\d\d$/);

/**
 * `begin`: all days, or those from `from` to `to`; the rebuild that is under way if it is the same. What ends one names it, so that a call
 * that comes twice ends no other. `go on`: the schedule's.
 */
const RebuildEvent = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('begin'), from: day.exactOptional(), to: day.exactOptional() }),
  z.strictObject({ do: z.enum(['switch', 'back', 'drop']), rebuild: z.int().min(0) }),
  z.strictObject({ do: z.enum(['go on', 'status']) }),
]);

/** Counts and days; what was queued is told by its number. */
type Answer = Pick<Moved, 'rebuild' | 'is' | 'left' | 'unmade'> & { handed_out: number };

/** Time that is kept for the answer. */
const RESERVE_MS = 60_000;
/** Raw objects that the log names. */
const MOST_NAMED = 10;

export const handler = (event: unknown, invocation: Invocation): Promise<Answer | Standing | null> =>
  observed('rebuild', invocation, async ({ info, problem }) => {
    const asked = RebuildEvent.parse(event);
    const { ports, environment, clients, sql } = wiring();
    const { settings, queues } = environment;
    const today = { version: attemptVersion(environment.version), rawDays: environment.retention.rawDays };
    const own = ports(invocation);
    const isOutOfTime = (): boolean => invocation.getRemainingTimeInMillis() < RESERVE_MS;
    switch (asked.do) {
      case 'status':
        return standing(own.lake, today.version);
      case 'begin': {
        const { from = null, to = null } = asked;
        if (from !== null && to !== null && from > to) throw new Error(`from ${from} is after to ${to}`);
        return answer(await moveOn(own, await beginRebuild(own, { ...today, from, to }), await now()));
      }
      case 'go on': {
        const found = await rebuildThatGoesOn(own.lake, today);
        return found && answer(await moveOn(own, found, await now()));
      }
      case 'switch':
        return answer(await switchNow(own, await named(asked.rebuild), await now()));
      case 'back':
        return answer(await goBackNow(own, await named(asked.rebuild)));
      case 'drop': {
        const { n } = await named(asked.rebuild);
        const is = await dropRebuild(own, n);
        if (is === 'switched') throw new Error(`readers have been switched to rebuild ${n}: go back`);
        info('dropped', { rebuild: n });
        return { rebuild: n, is: 'dropped', left: 0, unmade: {}, handed_out: 0 };
      }
    }

    async function named(n: number): Promise<Rebuild> {
      const newest = await newestRebuild(own.lake);
      if (newest?.n !== n) throw new Error(`the newest rebuild is ${newest?.n ?? 'none'}, not ${n}`);
      return newest;
    }

    async function options(): Promise<RollupOptions> {
      const { views, rollup } = await sql();
      // Days that only other SQL has made stale are for the nightly rollup.
      return { ...ATHENA_ROLLUP, settings, views, select: rollup.sql, mostOutdated: 0 };
    }

    async function now(): Promise<SwitchNow> {
      return { today, rollup: await options(), isOutOfTime };
    }

    /** Send days that don't fit what readers see now. */
    async function rollUp(): Promise<void> {
      const groups = await daysToRollUp(own, { ...(await options()), open: await openUnits(own.lake) });
      await sendBatches(
        clients.sqs,
        queues.rollup,
        groups.map((days) => ({ days })),
      );
    }

    async function answer({ rebuild, is, left, unmade, lost, units, days, sendDays }: Moved): Promise<Answer> {
      await own.queue.send(units, 'backfill');
      await sendBatches(clients.sqs, queues.settle, days);
      await sendBatches(clients.sqs, queues.rollup, sendDays);
      if (is === 'switched' || (is === 'going back' && days.length === 0)) await rollUp();
      const handed = units.length + days.length + sendDays.length;
      info('rebuild', { rebuild, is, left, handed_out: handed, unmade: JSON.stringify(unmade) });
      if (lost.length > 0) {
        problem(
          'raw objects are not as they were read, and their days stay as they are',
          new Error(`${lost.length} objects`),
          {
            keys: lost.slice(0, MOST_NAMED),
          },
        );
      }
      return { rebuild, is, left, unmade, handed_out: handed };
    }
  });
