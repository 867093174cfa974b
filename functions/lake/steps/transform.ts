/**
 * transform: one unit of raw objects → live Parquet files, partitions, one outcome. The same unit gives the same bytes,
 * so it may be run by anyone, any number of times. A unit that fails three times is split, down to one object, which is
 * quarantined unread.
 */
import { MissingObject, type Ports, type Queue, type UnitMessage } from '../ports.ts';
import { keepContents } from '../protocol/contents.ts';
import { erasedPersons } from '../protocol/erasures.ts';
import { halvesOf, newestOf, parentOf, unitOfPlan } from '../protocol/halves.ts';
import { outcomeKey, poisonVersion, splitKey } from '../protocol/keys.ts';
import { queueUnits } from '../protocol/lanes.ts';
import { meaningOf } from '../protocol/meaning.ts';
import { readPlanOf } from '../protocol/plan-of-unit.ts';
import { createState, type Outcome, type Plan, type PlannedUnit, readOutcome } from '../protocol/records.ts';
import { RewrittenObjects } from '../protocol/rewritten-objects.ts';
import { ensurePartitions, writeAttempt } from './transform/attempt.ts';
import { PortFailures } from './transform/blame.ts';
import { Stopped } from './transform/guard.ts';
import { type ReadOptions, type ReadUnit, readPoison, readUnit } from './transform/read-unit.ts';
import { Tally } from './transform/tally.ts';
import { beginTry, endTry, SILENT_MS, type TryEnd, tryLimits, whyFailed } from './transform/tries.ts';

/** `queue` gets the halves of a unit that was split; without one the caller reads them from the outcome. */
export type TransformPorts = Pick<Ports, 'raw' | 'lake' | 'catalog' | 'clock'> & { queue?: Queue | undefined };

export interface TransformOptions extends ReadOptions {
  /** what an attempt's bytes depend on, as lower-case hex (host/attempt-version.ts) */
  version: string;
  /** what turns raw bytes into files; left out, the real one */
  read?: ReadUnit;
  /** after how long a try without a record of its end counts as dead, ms; left out, SILENT_MS */
  visibilityMs?: number;
  /** called with the number of the try that begins, so that the parent of this process can record how it ended */
  onTry?: (k: number) => void;
  /** called when a try has thrown, after the store has the record of how it ended */
  onTryEnd?: (end: TryEnd) => void;
}

/**
 * Transforms a unit unless it has an outcome, and returns the outcome, also if another worker made it.
 * @throws DeniedObject and other failures of the environment, Stopped by its guard, or a fault of the code: the unit
 * stays open and is tried again; how the try ended is in the store
 */
export async function transform(
  ports: TransformPorts,
  message: UnitMessage,
  options: TransformOptions,
): Promise<Outcome> {
  const { lake } = ports;
  const decided = await readOutcome(lake, message.unit);
  if (decided) return announced(ports, decided, options);

  const plan = await readPlanOf(lake, message.plan, message.unit);
  const unit = unitOfPlan(plan, message.unit);
  if (!unit) throw new Error(`unit is not in its plan: ${message.unit} (${message.plan})`);
  const parent = parentOf(unit.id);
  // No step sends such a message; but an object that is read by a half and by the whole would be in two units.
  if (parent && (await readOutcome(lake, parent))?.status !== 'split') {
    throw new Error(`unit is half of one that was not split: ${unit.id}`);
  }

  const { k, counted } = await beginTry(ports, unit.id, options.visibilityMs ?? SILENT_MS);
  options.onTry?.(k);
  const portFailures = new PortFailures();
  const watched = portFailures.watch(ports);
  const limits = tryLimits(unit);
  const isSpent = counted >= limits.tries;
  const halves = isSpent ? halvesOf(unit) : null;
  let outcome: Outcome;
  try {
    const ours = halves
      ? await split(watched, message.plan, plan, unit, halves)
      : await readAndWrite(watched, message.plan, plan, unit, options, isSpent);
    outcome = await decide(watched, ours);
    if (halves && outcome.split) await splitParts(watched, message.plan, plan, halves, limits.levels - 1);
  } catch (error) {
    const end = await recordEnd(ports, unit.id, k, error, portFailures);
    if (end) options.onTryEnd?.(end);
    throw error;
  }
  return announced(ports, outcome, options);
}

async function readAndWrite(
  ports: TransformPorts,
  planKey: string,
  plan: Plan,
  unit: PlannedUnit,
  options: TransformOptions,
  isPoison: boolean,
): Promise<Outcome> {
  const { lake, clock } = ports;
  const startedAt = clock.now();
  const erased = await erasedPersons(lake, options.keyedHash);
  const rewritten = new RewrittenObjects(ports);
  const reading: ReadOptions = {
    ...options,
    isRewritten: (object, now, digest) => rewritten.isFrom(object, now, digest),
    ...(erased ? { erased: erased.persons } : {}),
  };
  const { content, files, attempt } = isPoison
    ? await writeAttempt(ports, unit, poisonVersion(options.version), readPoison, reading)
    : await writeAttempt(ports, unit, options.version, options.read ?? readUnit, reading);
  await ensurePartitions(ports, files);
  await keepContents(lake, attempt, content.contents);
  const why = isPoison ? ((await whyFailed(lake, unit.id)) ?? 'its process ended without a word') : null;

  const rows = (table: string): number =>
    files.reduce((sum, file) => (file.table === table ? sum + file.rows : sum), 0);
  return {
    unit: unit.id,
    attempt,
    plan: planKey,
    kind: plan.kind ?? 'first',
    raw_prefix: plan.prefix,
    status: 'done',
    objects: unit.objects.length,
    bytes: unit.objects.reduce((sum, { size }) => sum + size, 0),
    missing_objects: content.problems.filter(({ problem }) => problem === 'source_missing').length,
    changed_objects: content.problems.filter(({ problem }) => problem === 'raw_changed').length,
    ...content.counts,
    event_rows: rows('events'),
    header_rows: rows('headers'),
    click_rows: rows('clicks'),
    newest_delivered_at: content.newestDeliveredAt,
    started_at: startedAt,
    finished_at: clock.now(),
    files,
    problems: content.problems,
    meaning: meaningOf(options.settings, unit.objects[0]?.key),
    ...(erased ? { erasures: erased.n, erased_objects: content.erasedObjects } : {}),
    ...(why === null ? {} : { poison: unit.objects.map(({ key }) => ({ key, why })) }),
  };
}

/** All counts are 0: the halves count for themselves. */
async function split(
  { lake, clock }: TransformPorts,
  planKey: string,
  plan: Plan,
  unit: PlannedUnit,
  [a, b]: [PlannedUnit, PlannedUnit],
): Promise<Outcome> {
  await createState(lake, splitKey(unit.id), { unit: unit.id });
  const now = clock.now();
  return {
    unit: unit.id,
    attempt: '',
    plan: planKey,
    kind: plan.kind ?? 'first',
    raw_prefix: plan.prefix,
    status: 'split',
    split: [a.id, b.id],
    objects: 0,
    bytes: 0,
    missing_objects: 0,
    changed_objects: 0,
    ...new Tally().counts(),
    event_rows: 0,
    header_rows: 0,
    click_rows: 0,
    newest_delivered_at: null,
    started_at: now,
    finished_at: now,
    files: [],
    problems: [],
  };
}

/**
 * Splits halves at once, untried, so that what fails is soon by itself. One that somebody has decided meanwhile stays
 * so.
 */
async function splitParts(
  ports: TransformPorts,
  planKey: string,
  plan: Plan,
  units: readonly PlannedUnit[],
  levels: number,
): Promise<void> {
  if (levels === 0) return;
  for (const unit of units) {
    const halves = halvesOf(unit);
    if (!halves) continue;
    const { split: made } = await decide(ports, await split(ports, planKey, plan, unit, halves));
    if (made) await splitParts(ports, planKey, plan, halves, levels - 1);
  }
}

/** Creates the outcome, or takes the one that another worker created first. */
async function decide({ lake }: TransformPorts, outcome: Outcome): Promise<Outcome> {
  if (await createState(lake, outcomeKey(outcome.unit), outcome)) return outcome;
  const theirs = await readOutcome(lake, outcome.unit);
  if (!theirs) throw new MissingObject(outcomeKey(outcome.unit));
  return theirs;
}

/**
 * Queues the parts of a split that are to be read; also when the split is met again, because who made it may have died
 * before this.
 */
async function announced(
  { lake, queue, clock }: TransformPorts,
  outcome: Outcome,
  { settings }: TransformOptions,
): Promise<Outcome> {
  if (!queue || !outcome.split) return outcome;
  const plan = await readPlanOf(lake, outcome.plan, outcome.unit);
  const parts = (await openParts(lake, outcome)).flatMap((id) => {
    const unit = unitOfPlan(plan, id);
    if (!unit) return [];
    return [
      {
        unit: id,
        plan: outcome.plan,
        rawPrefix: plan.prefix,
        newestModified: newestOf(unit),
        kind: outcome.kind,
      },
    ];
  });
  await queueUnits({ queue, clock }, settings, parts);
  return outcome;
}

/** Halves at any depth that have no outcome. */
async function openParts(lake: TransformPorts['lake'], { split: halves }: Pick<Outcome, 'split'>): Promise<string[]> {
  const open: string[] = [];
  for (const id of halves ?? []) {
    const outcome = await readOutcome(lake, id);
    if (!outcome) open.push(id);
    else if (outcome.split) open.push(...(await openParts(lake, outcome)));
  }
  return open;
}

/** Records how the try ended. If that fails, too, nothing is recorded, and the try counts once it is old. */
async function recordEnd(
  ports: TransformPorts,
  unit: string,
  k: number,
  error: unknown,
  portFailures: PortFailures,
): Promise<TryEnd | null> {
  const counts = error instanceof Stopped ? error.counts : !portFailures.isPortFailure(error);
  const end = counts ? 'failed' : 'excused';
  try {
    await endTry(ports, unit, k, end, String(error));
    return end;
  } catch {
    return null; // the error that is on its way says more
  }
}
