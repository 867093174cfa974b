/** A look at the mail, at days or hours, and what of it is told: the step behind the function and the command `watch`. */
import { HOUR_MS, utcDate } from '#lake/days.ts';
import type { Ports } from '#lake/ports.ts';
import { askAbout, type ReportLake } from '../scope.ts';
import { loadThresholds } from '../thresholds.ts';
import { type Baseline, baselineOf, computeBaseline, loadRecent } from './counts.ts';
import { lookAtDays } from './daily.ts';
import { explained } from './explain.ts';
import type { Look } from './finding.ts';
import { lookAtHours } from './hourly.ts';

/** `daily`: send days, when a rollup has ended; `hourly`: the hours just past. */
export type Reach = 'daily' | 'hourly';

/**
 * @param now epoch ms
 * @param store where the baseline of a day is kept; left out: it is computed anew
 */
export async function lookAt(
  reach: Reach,
  lake: ReportLake,
  { now, store }: { now: number; store?: Pick<Ports['lake'], 'get' | 'create'> },
): Promise<Look> {
  if (reach === 'daily') return lookAtDays(lake, await loadThresholds(askAbout(lake, {})), now);
  const end = Math.floor(now / HOUR_MS) * HOUR_MS;
  const day = utcDate(end - 1);
  const baseline: Baseline = await (store ? baselineOf(lake, store, day) : computeBaseline(lake, day));
  const look = lookAtHours(baseline, await loadRecent(lake, end), end);
  const findings = [];
  for (const finding of look.findings) findings.push(await explained(lake, finding));
  return { ...look, findings };
}
