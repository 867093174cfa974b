/** What each process does: the real steps of the core, called as their handlers call them. */
import type { Ports, UnitMessage } from '#lake/ports.ts';
import { MissingObject } from '#lake/ports.ts';
import { openUnits, recentlyOpenUnits } from '#lake/protocol/open-units.ts';
import type { Reach } from '#lake/protocol/raw-prefixes.ts';
import { NO_PARTITIONS, RebuildStore } from '#lake/protocol/rebuild-store.ts';
import { newestRebuild, type Rebuild, rebuildPorts } from '#lake/protocol/rebuilds.ts';
import type { Retention } from '#lake/retention.ts';
import type { Settings } from '#lake/settings.ts';
import type { View } from '#lake/sql/views/view.ts';
import { type AuditReport, audit } from '#lake/steps/audit.ts';
import type { CollectRules } from '#lake/steps/collect/rules.ts';
import { collect } from '#lake/steps/collect.ts';
import { ask, askRaw, erase, eraseRaw } from '#lake/steps/erase.ts';
import { expire } from '#lake/steps/expire.ts';
import { type PlanOptions, planReach, requeue } from '#lake/steps/plan.ts';
import {
  type DayMessage,
  goBackNow,
  type Moved,
  makeHanded,
  moveOn,
  type SwitchNow,
  switchNow,
} from '#lake/steps/rebuild/hand-out.ts';
import { rollupHanded, rollupSwitched } from '#lake/steps/rebuild/preview.ts';
import { goBack, switchToRebuild, takeBack } from '#lake/steps/rebuild/switch.ts';
import { beginRebuild, dropRebuild, makeDays, planRebuild } from '#lake/steps/rebuild.ts';
import { repair } from '#lake/steps/repair.ts';
import { planReplay } from '#lake/steps/replay.ts';
import { daysToRollUp, type RollupOptions, rollup, rollupDays } from '#lake/steps/rollup.ts';
import { settle } from '#lake/steps/settle.ts';
import { HASH, LINES, ROWS } from './forgotten.ts';
import type { SimulatedPorts } from './process.ts';

/** Days after sending in which events still count for a mail. */
export const ATTRIBUTION_DAYS = 30;
const SETTINGS_VIEW: View = {
  name: 'seed_settings',
  folder: 'seeds',
  doc: 'One row per setting.',
  clock: 'none',
  grain: ['name'],
  columns: [],
  sql: '',
  dependsOn: [],
  rows: [{ name: 'attribution_days', value: String(ATTRIBUTION_DAYS) }],
};
/** The engine goes by the job's structure, and by the constants that rollup puts in. */
const ROLLUP_SELECT = 'select * from events cross join rollup_run cross join rollup_shown';

export interface StepContext {
  ports: SimulatedPorts;
  settings: Settings;
  retention: Retention;
  /** of the code that runs it */
  version: string;
  /** events that a rollup's query takes in: days with more are computed in parts */
  rowsAtOnce: number;
  /** first and last day that are rebuilt; null: all there are */
  rebuildDays: Pick<Rebuild, 'from' | 'to'>;
}

/** So small that the few plans and objects of a schedule are summarised, in several segments, and looked at in parts. */
const SMALL_LOOKS: PlanOptions = {
  limits: { plans: 2, objects: 6, segment: 2 },
  lookObjects: { tick: 2, hourly: 4, daily: 8 },
};

export async function runPlan({ ports, settings }: StepContext, reach: Reach | 'all'): Promise<void> {
  await planReach(ports, settings, reach, SMALL_LOOKS);
}

export async function runRequeue({ ports, settings }: StepContext): Promise<void> {
  await requeue(ports, settings);
}

export async function runReplay({ ports, settings, version }: StepContext): Promise<void> {
  const { messages } = await planReplay(ports, { settings, version });
  if (messages.length > 0) await ports.queue.send(messages, 'backfill');
}

export async function runSettle({ ports, settings }: StepContext, isHurried = false): Promise<void> {
  const open = await recentlyOpenUnits(ports.lake, ports.clock.now());
  await settle(ports, { settings, open, ...(isHurried ? { ignorePace: true, includeUnfinished: true } : {}) });
}

const rollupOptions = ({ settings, rowsAtOnce }: StepContext): RollupOptions => ({
  settings,
  views: [SETTINGS_VIEW],
  select: ROLLUP_SELECT,
  rowsAtOnce,
  queriesAtOnce: 2,
});

export async function runRollup(context: StepContext): Promise<void> {
  await rollup(context.ports, { ...rollupOptions(context), open: await openUnits(context.ports.lake) });
}

/** Finds what a rollup has to do, and hands it out in groups of send days. */
export async function runRollupHandout(context: StepContext): Promise<string[][]> {
  return daysToRollUp(context.ports, { ...rollupOptions(context), open: await openUnits(context.ports.lake) });
}

/** A worker that has been given a group of send days, maybe long ago. */
export async function runRollupDays(context: StepContext, days: readonly string[]): Promise<void> {
  await rollupDays(context.ports, rollupOptions(context), days);
}

/** Does what it can of a rebuild: plans, reads, makes days, and computes the send days as they are going to be. */
export async function runRebuild(
  context: StepContext,
  read: (ports: Ports, message: UnitMessage) => Promise<void>,
): Promise<void> {
  const { ports, version, rebuildDays } = context;
  const rebuild = await beginRebuild(ports, { version, ...rebuildDays });
  const own = { ...ports, lake: new RebuildStore(ports.lake, rebuild.n), catalog: NO_PARTITIONS };
  for (let rounds = 0; rounds < MOST_ROUNDS; rounds++) {
    const open = await planRebuild(ports, rebuild);
    for (const unit of open) await read(own, unit);
    if (open.length === 0) break;
  }
  await makeDays(ports, rebuild);
  await rollupSwitched(ports, rebuild, rollupOptions(context));
}

/** A unit that is split is read in so many rounds. */
const MOST_ROUNDS = 6;

/** Work of a rebuild for a worker. */
export type RebuildWork = UnitMessage | DayMessage | Moved['sendDays'][number];

const workOf = ({ units, days, sendDays }: Moved): RebuildWork[] => [...units, ...days, ...sendDays];

/** The same as a function in the cloud has it: looks how far a rebuild is, and hands out what comes next. */
export async function runRebuildHandout(context: StepContext): Promise<RebuildWork[]> {
  const { ports, version, rebuildDays } = context;
  const rebuild = await beginRebuild(ports, { version, ...rebuildDays });
  return workOf(await moveOn(ports, rebuild, switchOf(context)));
}

/** A worker that has been given a unit, a day or send days of a rebuild, maybe long ago. */
export async function runRebuildWork(
  context: StepContext,
  work: RebuildWork,
  read: (ports: Ports, message: UnitMessage) => Promise<void>,
): Promise<void> {
  const { ports, version } = context;
  if ('unit' in work) {
    const own = await rebuildPorts(ports, work.rebuild ?? 0, version);
    if (own) await read(own, work);
  } else if ('days' in work) await rollupHanded(ports, work.rebuild, rollupOptions(context), work.days);
  else if ('work' in work) await makeHanded(ports, work.rebuild, work.work);
  else await takeBack(ports, work.back, work);
}

const switchOf = (context: StepContext): SwitchNow => ({
  today: context,
  rollup: rollupOptions(context),
  isOutOfTime: () => false,
});

/**
 * What a person does with the newest rebuild, on a laptop or in the cloud; it may be too early or too late for it.
 * @returns what workers have to do for it
 */
export async function runRebuildEnd(
  context: StepContext,
  how: 'switch' | 'back' | 'drop',
  isHandedOut = false,
): Promise<RebuildWork[]> {
  const { ports, version } = context;
  const rebuild = await newestRebuild(ports.lake);
  if (!rebuild) return [];
  if (how === 'drop') await dropRebuild(ports, rebuild.n);
  else if (how === 'back' && isHandedOut) return workOf(await goBackNow(ports, rebuild));
  else if (how === 'back') await goBack(ports, rebuild);
  else if (isHandedOut) return workOf(await switchNow(ports, rebuild, switchOf(context)));
  else await switchToRebuild(ports, rebuild, { version });
  return [];
}

/** Somebody asks to be forgotten. */
export async function runAsk({ ports }: StepContext, address: string): Promise<void> {
  await ask(ports, HASH, [address]);
}

/** Looks through the lake for who is to be forgotten. */
export async function runErase({ ports, settings }: StepContext): Promise<void> {
  await erase(ports, { settings, keyedHash: HASH, eraser: ROWS, mayRest: true });
  await eraseRaw(ports, { settings, keyedHash: HASH, eraser: LINES, editor: ports.editor });
}

/** Somebody wants raw objects looked through, too. */
export async function runAskRaw({ ports }: StepContext): Promise<void> {
  await askRaw(ports);
}

/** The daily audit: looks, does the missing steps, collects. */
export async function runRepair(
  { ports, settings, retention }: StepContext,
  collectRules?: CollectRules,
): Promise<AuditReport> {
  return repair(ports, {
    settings,
    retention,
    reach: 'all',
    views: [SETTINGS_VIEW],
    select: ROLLUP_SELECT,
    ...(collectRules ? { collectRules } : {}),
  });
}

/** The collector, and what has expired before it. */
export async function runCollect({ ports, retention }: StepContext, rules?: CollectRules): Promise<void> {
  await expire(ports, { retention });
  await collect(ports, rules);
}

/** An audit that only looks. */
export async function runAudit({ ports, settings, retention }: StepContext): Promise<AuditReport> {
  return audit(ports, { settings, retention, reach: 'all' });
}

/** Someone's query: asks where a day lies, lists it, and reads its files one by one. */
export async function runReader(
  { ports }: StepContext,
  table: string,
  dt: string,
  gone: (key: string) => void,
): Promise<void> {
  const [partition] = await ports.catalog.locations(table, [dt]);
  if (!partition) return;
  const keys: string[] = [];
  for await (const { key } of ports.lake.list(partition.location)) keys.push(key);
  for (const key of keys) {
    try {
      await ports.lake.get(key);
    } catch (error) {
      if (error instanceof MissingObject) gone(key);
      throw error;
    }
  }
}
