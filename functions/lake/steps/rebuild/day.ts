/**
 * Makes a day of a table from what a rebuild has read: a generation that waits beside those of the lake, in a location that
 * no reader sees, until it is switched to. It takes the place of all rows that the day has now.
 */
import type { Input, Ports } from '../../ports.ts';
import type { LiveAttempt, TableDay } from '../../protocol/day-files.ts';
import { ErasureState } from '../../protocol/erasures.ts';
import { keyInRebuild, rebuiltDayKey, rebuiltName, settledFolder } from '../../protocol/keys.ts';
import { unionOf } from '../../protocol/published.ts';
import { createState, type Generation, type LiveFile } from '../../protocol/records.ts';
import { sealFiles } from '../../protocol/settled-files.ts';
import { checkOutput } from '../settle/check.ts';
import { settleRecipe, settleSelect } from '../settle/select.ts';
import { dayInputs, distinct } from '../settle.ts';

/** Attempts that one query takes in: each is named in the statement. */
const MOST_ATTEMPTS = 1000;

export type DayPorts = Pick<Ports, 'lake' | 'engine' | 'clock'>;

/** A rebuild's attempt, and its files of one day of a table. */
export interface RebuiltAttempt {
  attempt: string;
  /** by what settings it was decoded (meaning.ts); null if its outcome doesn't say */
  meaning: string | null;
  /** number of the erasure that was known to who read it; left out: there was none */
  erasures?: number | undefined;
  files: readonly LiveFile[];
}

/** What a day is to be made of, as far as a rebuild knows it once all is read. */
export interface DayWork extends TableDay {
  /** number of the generation that it is going to be */
  generation: number;
  /** attempts of the lake that the rebuild's stand for */
  insteadOf: readonly string[];
  /** attempts of the lake that have rows of the day, too: all of them must still be live */
  beside: readonly string[];
  read: readonly RebuiltAttempt[];
}

/**
 * Makes the day; null if somebody else did meanwhile.
 * @param live attempts that the rebuild knows nothing of, whose rows are taken as they are
 * @param sendDays those that the day's rows belong to as it is
 */
export async function makeDay(
  ports: DayPorts,
  n: number,
  { table, dt, generation, insteadOf, read: attempts }: DayWork,
  live: readonly LiveAttempt[],
  sendDays: readonly string[],
): Promise<Generation | null> {
  const { lake, clock } = ports;
  let made: Generation = {
    table_name: table,
    dt,
    generation,
    location: settledFolder(table, dt, `${generation}-${clock.nonce()}`),
    files: 0,
    attempts: insteadOf.length + live.length,
    rows_in: 0,
    rows_out: 0,
    duplicates: 0,
    created_at: clock.now(),
    erased: 0,
    file_list: [],
    attempt_list: [...insteadOf, ...live.map(({ attempt }) => attempt)],
    send_days: distinct(sendDays),
    published: unionOf(live.map(({ published }) => published)),
    recipe: settleRecipe(table),
    meanings: distinct(live.flatMap(({ meaning }) => meaning ?? [])),
    ...(await ErasureState.of(lake)).knownInAll(null, [...attempts, ...live]),
    rebuilt: { rebuild: n, attempts: [], instead_of: [...insteadOf] },
  };
  let unread = live;
  for (let from = 0; from < attempts.length || unread.length > 0; from += MOST_ATTEMPTS) {
    made = await addAttempts(ports, n, made, attempts.slice(from, from + MOST_ATTEMPTS), unread);
    unread = [];
  }
  return (await createState(lake, rebuiltDayKey(n, table, dt, generation), made)) ? made : null;
}

async function addAttempts(
  { lake, engine, clock }: DayPorts,
  n: number,
  before: Generation,
  attempts: readonly RebuiltAttempt[],
  live: readonly LiveAttempt[],
): Promise<Generation> {
  const { table_name: table, dt, generation } = before;
  const files = attempts.flatMap((attempt) => attempt.files);
  const named = attempts.map(({ attempt }) => attempt);
  const read: Input = {
    table,
    stage: 'settled',
    dt,
    generation: rebuiltName(n),
    attempts: named,
    keys: files.map(({ key }) => keyInRebuild(n, key)),
  };
  const inputs = [...dayInputs(table, dt, before, live), ...(attempts.length > 0 ? [read] : [])];
  const location = settledFolder(table, dt, `${generation}-${clock.nonce()}`);
  const written = await engine.write({
    select: settleSelect(table, inputs),
    table,
    inputs,
    location,
    partitioned: false,
  });
  const rows = [...files, ...live].reduce((sum, file) => sum + file.rows, 0);
  const rowsOut = written.reduce((sum, file) => sum + file.rows, 0);
  const rowsIn = before.rows_out + rows;
  await checkOutput(engine, { table, dt, location, files: written, rowsIn, rowsOut, rowsBefore: before.rows_out });
  const sealed = await sealFiles(lake, written);
  return {
    ...before,
    location,
    files: sealed.length,
    rows_in: before.rows_in + rows,
    rows_out: rowsOut,
    duplicates: before.rows_in + rows - rowsOut,
    created_at: clock.now(),
    file_list: sealed,
    send_days: distinct([...before.send_days, ...files.flatMap(({ send_days }) => send_days)]),
    published: unionOf([before.published ?? [], ...files.map(({ published = [] }) => published)]),
    meanings: distinct([...(before.meanings ?? []), ...attempts.flatMap(({ meaning }) => meaning ?? [])]),
    rebuilt: {
      rebuild: n,
      attempts: [...(before.rebuilt?.attempts ?? []), ...named],
      instead_of: before.rebuilt?.instead_of ?? [],
    },
  };
}
