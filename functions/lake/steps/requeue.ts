import type { Ports } from '../ports.ts';
import { LANES } from '../ports.ts';
import type { Settings } from '../settings.ts';
import { HOUR_MS, utcDate } from './day.ts';
import { laneOf } from './lane.ts';
import { requeueKey } from './layout.ts';
import { markDecidedDays, type OpenUnit, surveyPlans } from './open-units.ts';
import { createState } from './state.ts';

export interface Requeued {
  /** units queued again */
  queued: number;
  /** every unit without outcome, queued again or not: their number and age are metrics */
  open: OpenUnit[];
}

/**
 * Queues again each unit, halves included, that was planned an hour ago or earlier and has no outcome: messages are hints
 * and get lost, plans are the truth. To be called at each tick of the planner; null if it was done in this hour.
 *
 * At most once an hour: one create-only mark for each hour of the clock, made before anything is sent. That is one call a
 * tick, where a mark for each unit would be a call for each open unit, and it saves the look at the plans at the other
 * ticks. The price: if whoever made the mark dies before it has sent all, the rest waits for the next hour.
 */
export async function requeue(
  { lake, queue, clock }: Pick<Ports, 'lake' | 'queue' | 'clock'>,
  settings: Settings,
): Promise<Requeued | null> {
  const now = clock.now();
  const hour = requeueKey(utcDate(now), new Date(now).getUTCHours());
  if (!(await createState(lake, hour, { started_at: now }))) return null;
  const survey = await surveyPlans(lake);
  const due = survey.open.filter(({ plannedAt }) => now - plannedAt >= HOUR_MS);
  for (const lane of LANES) {
    const units = due.filter((unit) => laneOf(unit, settings, now) === lane);
    if (units.length > 0)
      await queue.send(
        units.map(({ unit, plan }) => ({ unit, plan })),
        lane,
      );
  }
  await markDecidedDays(lake, survey);
  return { queued: due.length, open: survey.open };
}
