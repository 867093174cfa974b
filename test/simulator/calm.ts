/** Undisturbed schedules: every step in turn, hour after hour, until there is nothing left to do. */
import { HOUR_MS } from '#lake/days.ts';
import {
  runAskRaw,
  runAudit,
  runCollect,
  runErase,
  runPlan,
  runRebuildEnd,
  runRepair,
  runReplay,
  runRequeue,
  runRollupDays,
  runRollupHandout,
  runSettle,
} from './steps.ts';
import { Violation } from './violation.ts';
import type { World } from './world.ts';

/** What a person does whom the audit tells of a switch that was cut off. */
async function finishSwitch(world: World): Promise<void> {
  if (world.invariants.rebuilds.unfinishedSwitch() === null) return;
  await world.throughRebuild();
  await world.through('switch', async (context) => void (await runRebuildEnd(context, 'switch')));
}

/** Rounds after which a lake that still changes is said to never come to rest. */
const MOST_ROUNDS = 40;
/** Between rounds, long enough for everything that waits for a day. */
const ROUND_MS = 25 * HOUR_MS;

/**
 * Lets the schedules run until a whole round changes nothing. Faults are over, the clocks are right. `isAudited`: audits
 * repair and collect on the way, and in the end one finds nothing; without them the other steps must do.
 */
export async function calm(world: World, isAudited = true): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS && world.violations.length === 0; round++) {
    world.now += ROUND_MS;
    const before = world.invariants.changes + world.partitions.changes;
    await world.through('plan', (context) => runPlan(context, 'all'));
    await world.through('requeue', runRequeue);
    await world.through('replay', runReplay);
    while (await world.workThrough());
    await world.through('settle', runSettle);
    if (round === 0 && world.isRawSearched) await world.through('ask raw', runAskRaw);
    await world.through('erase', runErase);
    let groups: string[][] = [];
    await world.through('rollup', async (context) => {
      groups = await runRollupHandout(context);
    });
    for (const days of groups) await world.through('rollup', (context) => runRollupDays(context, days));
    await finishSwitch(world);
    // Nobody else points readers at what a switch has made that was cut off, once another rebuild was begun.
    if (world.retention.days || world.invariants.rebuilds.hasAny)
      await world.through('collect', (context) => runCollect(context, world.collectRules));
    const after = world.invariants.changes + world.partitions.changes;
    if (before !== after || round === 0 || world.invariants.openUnits().length > 0) {
      if (!isAudited) continue;
      await world.through('audit', async (context) => void (await runRepair(context, world.collectRules)));
      continue;
    }
    if (!isAudited) return;
    await world.through('audit', async (context) => {
      const { drifts } = await runAudit(context);
      const unexplained = drifts.filter(({ kind, key }) => !world.explains(kind, key));
      for (const { kind, key, detail } of unexplained) world.violate(new Violation(`audit finds ${kind}`, key, detail));
      const told = new Set(drifts.flatMap(({ kind, key }) => (kind === 'raw_changed' ? [key] : [])));
      for (const key of world.changedByOthers()) {
        if (!told.has(key)) world.violate(new Violation('an audit does not tell of a change', key));
      }
    });
    const [left] = world.invariants.rebuilds.left();
    if (left !== undefined) world.violate(new Violation('what a rebuild has read stays after it is over', left));
    return;
  }
  if (world.violations.length > 0) return;
  world.violate(new Violation('the lake never comes to rest', `${MOST_ROUNDS} rounds`));
}
