/**
 * Lambda, scheduled: seals new raw objects into units and queues them; queues units again that have had no outcome for
 * an hour.
 */
import * as z from 'zod';
import { type Invocation, observed } from '#aws/observed.ts';
import { laneOf, queueUnits } from '#lake/protocol/lanes.ts';
import { openUnits } from '#lake/protocol/open-units.ts';
import { mountOf } from '#lake/protocol/raw-sources.ts';
import { planReach, requeue } from '#lake/steps/plan.ts';
import { wiring } from './wiring.ts';

/**
 * `tick`, `hourly` and `daily` go back as far as their names say; `all` goes through everything there is. A person may name one
 * unit: it is queued again, unless it has its outcome.
 */
const PlanEvent = z.union([
  z.object({ reach: z.enum(['tick', 'hourly', 'daily', 'all']) }),
  z.object({ unit: z.string().min(1) }),
]);

export const handler = (event: unknown, invocation: Invocation): Promise<void> =>
  observed('plan', invocation, async ({ info, problem, count }) => {
    const asked = PlanEvent.parse(event);
    const { ports, environment } = wiring();
    const { settings } = environment;
    const planPorts = ports(invocation);
    if ('unit' in asked) {
      const open = (await openUnits(planPorts.lake)).filter(({ unit }) => unit === asked.unit);
      await queueUnits(planPorts, settings, open);
      info(open.length > 0 ? 'queued again' : 'unit is not open: nothing to do', { unit: asked.unit });
      return;
    }
    const { reach } = asked;
    const { units, objects, bytes, changed, isWhole, objectsOf } = await planReach(planPorts, settings, reach, {
      remainingMs: () => invocation.getRemainingTimeInMillis(),
    });
    // What is left is for the next look, which goes on where this one stopped.
    info('planned', { reach, units: units.length, objects, bytes, is_whole: isWhole });
    count('PlannedUnits', units.length);
    count('PlannedObjects', objectsOf.get('') ?? 0);
    for (const { name } of settings.otherSources) count('PlannedObjects', objectsOf.get(mountOf(name)) ?? 0, name);
    count('ChangedObjects', changed.length);
    if (changed.length > 0) {
      problem('raw objects were rewritten after they were planned', new Error(`${changed.length} objects`), {
        keys: changed.slice(0, 10),
      });
    }
    const again = await requeue(planPorts, settings);
    if (!again) return;
    const now = planPorts.clock.now();
    // Units of a backfill wait for each other, and are to: the alarm backfill-stands looks at those.
    const live = again.open.filter((unit) => laneOf(unit, settings, now) === 'live');
    const oldest = live.reduce((least, { plannedAt }) => Math.min(least, plannedAt), now);
    info('queued again', { queued: again.queued, open: again.open.length });
    count('OpenUnits', again.open.length);
    count('OldestOpenUnitSeconds', Math.round((now - oldest) / 1000));
  });
