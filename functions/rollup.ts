/** Lambda, hourly and daily: recomputes recipient_messages for the send days whose input changed. */
import * as z from 'zod';
import { type Invocation, observed } from '#aws/observed.ts';
import { openUnits } from '#lake/protocol/open-units.ts';
import { rollup } from '#lake/steps/rollup.ts';
import { wiring } from './wiring.ts';

/** Send days that are computed again at once because SQL, a seed or a setting has changed: two years take twelve days. */
const MOST_OUTDATED = 64;

/** Queries of Athena at once; each writes a month of send days. */
const RUNS_AT_ONCE = 4;
/** With less time left no query is begun: the days that are left are stale still at the next call. */
const LEAST_MS = 4 * 60_000;

/** `hourly`: the last three send days; `all`: every one that is stale. */
const RollupEvent = z.object({ reach: z.enum(['hourly', 'all']) });

export const handler = (event: unknown, invocation: Invocation): Promise<void> =>
  observed('rollup', invocation, async ({ info, count }) => {
    const { reach } = RollupEvent.parse(event);
    const { ports, environment, sql } = wiring();
    const rollupPorts = ports(invocation);
    const { views, rollup: select } = await sql();
    const days = await rollup(rollupPorts, {
      settings: environment.settings,
      views,
      select: select.sql,
      reach,
      mostOutdated: MOST_OUTDATED,
      runsAtOnce: RUNS_AT_ONCE,
      mayGoOn: () => invocation.getRemainingTimeInMillis() > LEAST_MS,
      open: await openUnits(rollupPorts.lake),
    });
    info('rolled up', { reach, days: days.length, rows: days.reduce((sum, { rows }) => sum + rows, 0) });
    count('RolledUpDays', days.length);
  });
