/**
 * The tries of a unit, counted in the store, so that a unit which kills its workers is found whichever worker tries it.
 *
 * `state/tries/<unit>/<k>.json` says that try k has begun, `<k>.failed.json` or `<k>.excused.json` beside it how it ended:
 * - failed: it counts. The parent saw its process die, or it met its memory or time limit with all of that to itself, or the
 *   code threw.
 * - excused: it doesn't. A port failed (denied, throttled, disk full), or the try was interrupted, or was stopped with less
 *   than its full share of memory or time.
 * A try without such a record counts once it is older than a worker may run: until then it may still be running.
 */
import { withoutPeople } from '../../decode/without-addresses.ts';
import type { Ports, Store } from '../../ports.ts';
import { parentOf } from '../../protocol/halves.ts';
import { tryEndKey, tryFolder, tryKey } from '../../protocol/keys.ts';
import { createState, type PlannedUnit, readState } from '../../protocol/records.ts';

/** The most that a Lambda function may take (AWS Lambda Developer Guide, "Lambda quotas"). */
export const TRANSFORM_TIMEOUT_MS = 15 * 60_000;

/**
 * How long a message is out of sight that no worker has begun with: six times the function's timeout, as AWS advises
 * for a queue's consumers ("Using Lambda with Amazon SQS").
 */
export const VISIBILITY_MS = 6 * TRANSFORM_TIMEOUT_MS;

/**
 * After that a try without a record of its end counts as dead. A worker that begins has its message shown again then
 * (aws/batch.ts), as a unit that takes its workers down waits for it at each try.
 */
export const SILENT_MS = TRANSFORM_TIMEOUT_MS + 60_000;

/** Tries that count before a unit is split. */
export const MOST_TRIES = 3;

/**
 * Tries that count before a part of a split unit is split in its turn, or its one object quarantined: what fails is
 * somewhere in the unit, and one try of each part shows where. An object is given up only after it failed twice by itself.
 */
const MOST_TRIES_OF_PART = { several: 1, single: 2 };

/** Levels of halves that are made at once: 2,000 objects come down to one in three rounds. */
const LEVELS = 4;
/** Planned units of so few objects are halved once: their parts are soon single anyway. */
const FEW_OBJECTS = 16;

/** How many tries a unit has, and how often it is halved when they are spent. */
export function tryLimits(unit: PlannedUnit): { tries: number; levels: number } {
  const { length } = unit.objects;
  const isPart = parentOf(unit.id) !== null;
  if (!isPart) return { tries: MOST_TRIES, levels: length <= FEW_OBJECTS ? 1 : LEVELS };
  return { tries: length > 1 ? MOST_TRIES_OF_PART.several : MOST_TRIES_OF_PART.single, levels: LEVELS };
}

export type TryEnd = 'failed' | 'excused';

interface Try {
  k: number;
  /** when the store took the mark in, epoch ms */
  begunAt: number;
  end: TryEnd | null;
}

/**
 * Marks that a try has begun.
 * @returns its number, and how many tries before it count
 */
export async function beginTry(
  { lake, clock }: Pick<Ports, 'lake' | 'clock'>,
  unit: string,
  visibilityMs: number,
): Promise<{ k: number; counted: number }> {
  const mark = { unit, started_at: clock.now(), try: clock.nonce() };
  const isOurs = async (k: number): Promise<boolean> =>
    (await readState<{ try?: string }>(lake, tryKey(unit, k)))?.try === mark.try;
  /**
   * A client that asked again after a lost answer meets its own mark, and one that was told of a failure may have made
   * it: neither may count as a try whose process died.
   */
  const isMarked = async (k: number): Promise<boolean> => {
    try {
      if (await createState(lake, tryKey(unit, k), mark)) return true;
    } catch (error) {
      if (await isOurs(k)) return true;
      throw error;
    }
    return isOurs(k);
  };
  // Nearly always the first: then there is nothing to count, and nothing to list.
  if (await isMarked(0)) return { k: 0, counted: 0 };
  let k = (await triesOf(lake, unit)).length;
  while (!(await isMarked(k))) k++;
  // Listed with our own mark, so that ages are measured by the store's clock alone: a machine whose clock is wrong by a
  // day splits nothing.
  const tries = await triesOf(lake, unit).catch(async (error: unknown) => {
    // The store let us down, not the unit; if it does so again, the try has no record of its end, and counts once it is
    // old.
    await endTry({ lake, clock }, unit, k, 'excused', String(error)).catch(() => {});
    throw error;
  });
  const now = tries.find((one) => one.k === k)?.begunAt ?? 0;
  const counted = tries.filter(
    ({ k: other, begunAt, end }) => other !== k && (end === 'failed' || (end === null && now - begunAt > visibilityMs)),
  ).length;
  return { k, counted };
}

/**
 * Records how a try ended. Called by the try itself, or by the parent of its process. A fault's message may quote what it stumbled
 * upon, and no erasure looks into these records: so no address gets in, hashed or not.
 */
export const endTry = (
  { lake, clock }: Pick<Ports, 'lake' | 'clock'>,
  unit: string,
  k: number,
  end: TryEnd,
  why: string,
): Promise<boolean> =>
  createState(lake, tryEndKey(unit, k, end), {
    unit,
    end,
    why: withoutPeople(why).slice(0, MOST_WHY),
    ended_at: clock.now(),
  });

const MOST_WHY = 500;

/** Why the newest failed try of a unit failed; null if no failed try has recorded it. */
export async function whyFailed(lake: Pick<Store, 'list' | 'get'>, unit: string): Promise<string | null> {
  const failed = (await triesOf(lake, unit)).filter(({ end }) => end === 'failed').at(-1);
  if (!failed) return null;
  const record = await readState<{ why: string }>(lake, tryEndKey(unit, failed.k, 'failed'));
  return record?.why ?? null;
}

/**
 * In order of their numbers. If two ends were recorded, `excused` counts: splitting a unit in error costs more than
 * another try.
 */
async function triesOf(lake: Pick<Store, 'list'>, unit: string): Promise<Try[]> {
  const tries = new Map<number, Try>();
  const ends: { k: number; end: TryEnd }[] = [];
  const folder = tryFolder(unit);
  for await (const { key, modified } of lake.list(folder)) {
    const [, number, end] = /^(\d+)(?:\.(failed|excused))?\.json$/.exec(key.slice(folder.length)) ?? [];
    if (number === undefined) continue;
    const k = Number(number);
    if (end === 'failed' || end === 'excused') ends.push({ k, end });
    else tries.set(k, { k, begunAt: modified, end: null });
  }
  for (const { k, end } of ends) {
    const one = tries.get(k);
    if (one && one.end !== 'excused') one.end = end;
  }
  return [...tries.values()].sort((a, b) => a.k - b.k);
}
