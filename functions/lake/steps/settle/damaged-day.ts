/**
 * What the next generation of a damaged day is made from: that from which the damaged one was made. It still exists while nothing of
 * a day is removed before its newest generation was found whole; where the damage came later, raw data has to be read again.
 */
import type { Ports } from '../../ports.ts';
import { type LiveAttempt, type TableDay, unseenAttempts } from '../../protocol/day-files.ts';
import { generationKey, rebuiltDayKey } from '../../protocol/keys.ts';
import type { Outcomes } from '../../protocol/outcomes.ts';
import { rebuildNumbers } from '../../protocol/rebuilds.ts';
import { type Generation, readableGeneration, readState } from '../../protocol/records.ts';
import { faultsOf, isWhole } from '../../protocol/settled-files.ts';
import { survey } from '../rebuild/survey.ts';

type Lake = Ports['lake'];

/** What a generation is made from. */
export interface DayInputs {
  /** whose files go in; null: none */
  base: Generation | null;
  unseen: LiveAttempt[];
}

/**
 * Of a day whose newest generation's files are damaged: the newest older one that is whole, or none, and the live files beyond it.
 * @throws Error if something of it is nowhere else
 */
export async function inputsOfDamagedDay(lake: Lake, before: Generation, outcomes: Outcomes): Promise<DayInputs> {
  const { table_name: table, dt } = before;
  const base = await newestWhole(lake, before);
  const { unseen, lost } = await attemptsBeyond(lake, before, base, outcomes);
  if (lost.length > 0) {
    throw new Error(
      `${table} dt=${dt} is damaged, and ${lost.length} of its ${before.attempts} attempts are nowhere else (${lost[0]}): restore ${before.location} from the bucket's older version, or rebuild the day from raw data`,
    );
  }
  return { base, unseen };
}

/**
 * The same of a day whose newest generation's record can't be read, so that nobody knows what it was made of: every attempt that
 * an outcome names with rows of the day. Costs a read of each plan and outcome.
 * @throws Error if some are nowhere else, or a rebuild has read the day again, whose rows others must not take the place of
 */
export async function inputsOfUnreadableDay(
  lake: Lake,
  { table, dt }: TableDay,
  after: number,
  outcomes: Outcomes,
): Promise<DayInputs> {
  const key = generationKey(table, dt, after);
  const base = await newestWhole(lake, { table_name: table, dt, generation: after });
  const { attempts } = await survey({ lake }, { from: dt, to: dt });
  const named = { table_name: table, dt, attempt_list: [...(attempts.get(table)?.get(dt) ?? [])] };
  const { unseen, lost } = await attemptsBeyond(lake, named, base, outcomes);
  if (lost.length > 0 || (await isRebuilt(lake, { table, dt }, after))) {
    throw new Error(
      `${key} is damaged, and the rows that it was of are not all elsewhere: restore it from the bucket's older version, or rebuild the day from raw data`,
    );
  }
  return { base, unseen };
}

async function isRebuilt(lake: Lake, { table, dt }: TableDay, after: number): Promise<boolean> {
  for (const n of await rebuildNumbers(lake)) {
    for (let g = 0; g <= after; g++) if (await readState(lake, rebuiltDayKey(n, table, dt, g))) return true;
  }
  return false;
}

/** What a generation made on top of `base` has to take in so as to have all attempts of `before`, and which of these are gone. */
export async function attemptsBeyond(
  lake: Lake,
  before: Pick<Generation, 'table_name' | 'dt' | 'attempt_list' | 'rebuilt'>,
  base: Generation | null,
  outcomes: Outcomes,
): Promise<{ unseen: LiveAttempt[]; lost: string[] }> {
  const seen = new Set(base?.attempt_list);
  const unseen = await unseenAttempts(lake, outcomes, before.table_name, before.dt, seen);
  const there = new Set([...seen, ...unseen.map(({ attempt }) => attempt)]);
  // The first reading of what a rebuild has read again is not what the day had.
  for (const attempt of base || !before.rebuilt ? [] : before.rebuilt.instead_of) there.delete(attempt);
  return { unseen, lost: before.attempt_list.filter((attempt) => !there.has(attempt)) };
}

/** Of a rebuild's rows those of the same rebuild only: the first readings were other rows. */
export const isSameReading = (a: Pick<Generation, 'rebuilt'>, b: Generation | null): boolean =>
  a.rebuilt?.rebuild === b?.rebuilt?.rebuild;

async function newestWhole(
  lake: Lake,
  newest: Pick<Generation, 'table_name' | 'dt' | 'generation' | 'rebuilt'>,
): Promise<Generation | null> {
  const { table_name, dt, generation } = newest;
  for (let n = generation - 1; n >= 0; n--) {
    const older = await readableGeneration(lake, generationKey(table_name, dt, n));
    if (older && isSameReading(newest, older) && isWhole(await faultsOf(lake, older, 'content'))) return older;
  }
  return null;
}
