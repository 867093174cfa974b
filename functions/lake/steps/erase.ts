/**
 * erase: looks through the lake for persons who are to be forgotten (protocol/erasures.ts). A day that has rows of them gets its
 * next generation without these, and readers are pointed at it; a file of quarantine is written once more. What was before is
 * removed by the collector, a day later, as everything that nobody reads any more. Transform keeps out what comes later, and
 * a day that takes in what an older worker had read is looked through again.
 *
 * Each call does what is missing, killed anywhere and run again by anyone. An erasure is over once everything was looked
 * through that had been read without knowing of it.
 */
import { hash } from 'node:crypto';
import { concurrently } from '../concurrently.ts';
import { DAY_MS, HOUR_MS, startOfDay } from '../days.ts';
import type { ErasedPersons } from '../decode/erased-persons.ts';
import type { KeyedHash, Ports, StoredObject, WrittenFile } from '../ports.ts';
import { askForRaw, endAskedRaw, openAskedRaw } from '../protocol/asked-raw.ts';
import { type LiveAttempt, liveDays, type TableDay, unseenAttempts } from '../protocol/day-files.ts';
import {
  askForErasure,
  createRest,
  type ErasedCounts,
  type Erasure,
  type ErasureEnd,
  ErasureState,
  erasedPersons,
  lastRest,
  type Rest,
  type Searched,
  type SearchedDay,
  sumOf,
} from '../protocol/erasures.ts';
import { expiredDays } from '../protocol/expired.ts';
import {
  attemptOfFile,
  erasedFile,
  erasureEndKey,
  erasureOfFile,
  generationKey,
  generationOfLocation,
  rollupFolder,
  rollupKey,
  searchedKey,
  settledFolder,
  unitOfAttempt,
} from '../protocol/keys.ts';
import { Outcomes } from '../protocol/outcomes.ts';
import { quarantineFiles } from '../protocol/quarantine-files.ts';
import { heal, pointAtNewest } from '../protocol/readers.ts';
import { decideEnd, endOf, newestRebuild } from '../protocol/rebuilds.ts';
import {
  createState,
  type Generation,
  newestGeneration,
  newestGenerations,
  newestReadable,
  readableGeneration,
  readBytes,
} from '../protocol/records.ts';
import { type SettledFile, sealFiles } from '../protocol/settled-files.ts';
import type { Settings } from '../settings.ts';
import { quarantine, recipientMessages, SETTLED_TABLES } from '../tables/index.ts';
import { type RawPorts, type RawProgress, type RawSearchOptions, searchRaw } from './erase/raw.ts';
import { type ErasedFile, erasedFiles, type FileEraser, type Look } from './erase/rewrite.ts';
import { checkOutputs } from './settle/check.ts';

export type ErasePorts = Pick<Ports, 'lake' | 'catalog' | 'engine' | 'clock'>;

export interface EraseOptions {
  settings: Settings;
  /** what the lake's persons are known by */
  keyedHash: KeyedHash | undefined;
  /** what looks into files; left out, the real one */
  eraser?: FileEraser;
  /** for a schedule: once an erasure is over, and a look has found nothing left, the next one waits for most of a day */
  mayRest?: boolean;
  /** asked before each day: true ends the look, and what was looked through is noted */
  isOutOfTime?: () => boolean;
  onDay?: (done: number, all: number) => void;
}

export interface ErasureProgress {
  /** number of the newest erasure; −1: there is none */
  n: number;
  /** days that are still to be looked through */
  left: TableDay[];
  /** days with rows that were read without knowing of it, and are not settled yet */
  waiting: TableDay[];
  /** null while it is not over */
  end: ErasureEnd | null;
}

const TABLES_SEARCHED = [...SETTLED_TABLES, recipientMessages];
const READS_AT_ONCE = 32;
const DAYS_AT_ONCE = 2;
/** Generations are looked at that were made since the last look that found nothing left, by the store's clock against ours. */
const CLOCKS_DIFFER_MS = DAY_MS;
/** What comes after an erasure is over was made by who was under way, and is rare. */
const REST_MS = 20 * HOUR_MS;

/** A rebuild that was begun before has read rows of them where nobody looks: it is dropped, unless it is over. */
async function dropOlderRebuild({ lake, clock }: Pick<ErasePorts, 'lake' | 'clock'>, n: number): Promise<void> {
  const rebuild = await newestRebuild(lake);
  if (!rebuild || (rebuild.erasures ?? -1) >= n || (await endOf(lake, rebuild.n))) return;
  await decideEnd(lake, rebuild.n, { is: 'dropped', why: 'persons are to be forgotten', decided_at: clock.now() });
}

/** Asks for persons to be forgotten. */
export async function ask(
  { lake, clock }: Pick<ErasePorts, 'lake' | 'clock'>,
  hash: KeyedHash,
  addresses: readonly string[],
): Promise<Erasure> {
  const erasure = await askForErasure(lake, hash, addresses, clock.now());
  await dropOlderRebuild({ lake, clock }, erasure.n);
  return erasure;
}

/**
 * Days whose newest generation, or quarantine, was not looked through for the newest erasure. Costs a listing of all generations and
 * a read of each newest one; when the erasure is over, of those that were made since it was, or since the last look that found
 * nothing left.
 */
async function unsearchedDays(lake: ErasePorts['lake'], state: ErasureState, rest: Rest | null): Promise<TableDay[]> {
  if (state.n < 0) return [];
  // The earlier time counts: one of the clocks may be wrong, and a look may be held up for long.
  const restedAt = rest ? Math.min(rest.lookedAt, rest.notedAt) : 0;
  const since = state.end ? Math.max(state.end.ended_at, restedAt) - CLOCKS_DIFFER_MS : 0;
  const expired = await expiredDays(lake);
  const newest = (await newestGenerations(lake, TABLES_SEARCHED)).filter(
    ({ table, dt, n, modified }) =>
      modified >= since && !expired.has(table, dt) && !state.isSearched({ table, dt, state: String(n) }),
  );
  const days = await concurrently(newest, READS_AT_ONCE, async ({ table, dt, n }): Promise<TableDay[]> => {
    const generation = await readableGeneration(lake, generationKey(table, dt, n));
    // Whose rows there are in one that can't be read nobody knows.
    const isDone = generation !== null && state.knownIn(generation) >= state.n && generation.erasure !== state.n;
    return isDone ? [] : [{ table, dt }];
  });
  const outcomes = new Outcomes(lake);
  const rejected = await concurrently(await liveDays(lake, quarantine.name), READS_AT_ONCE, async (dt) => {
    if (startOfDay(dt) + DAY_MS < since || expired.has(quarantine.name, dt)) return [];
    const files = await unsearchedFiles(lake, outcomes, state, dt);
    return files.length === 0 ? [] : [{ table: quarantine.name, dt }];
  });
  return [...days.flat(), ...rejected.flat()];
}

/** Files of quarantine that were written without knowing of the erasure, and not looked through since. */
async function unsearchedFiles(
  lake: ErasePorts['lake'],
  outcomes: Outcomes,
  state: ErasureState,
  dt: string,
): Promise<StoredObject[]> {
  return concurrently(await quarantineFiles(lake, dt), READS_AT_ONCE, async (object) => {
    const { key } = object;
    if (erasureOfFile(key) >= state.n || state.isSearched({ table: quarantine.name, dt, state: key })) return [];
    const attempt = attemptOfFile(key);
    const outcome = attempt === null ? null : await outcomes.of(unitOfAttempt(attempt));
    // What lost, or is not decided yet, counts for nobody.
    return outcome?.attempt === attempt && (outcome?.erasures ?? -1) < state.n ? [object] : [];
  }).then((found) => found.flat());
}

/**
 * Looks through these days, and notes what it went through. A day that somebody settles meanwhile is looked through next time;
 * one that fails doesn't keep the others waiting.
 * @throws Error of the first day that failed, once all others are done
 */
export async function searchDays(
  ports: ErasePorts,
  options: EraseOptions,
  days: readonly TableDay[],
): Promise<ErasedCounts> {
  const { lake, clock } = ports;
  const known = await erasedPersons(lake, options.keyedHash, clock.now());
  const found: Searched = { days: [], ...sumOf([]) };
  if (known === null) return found;
  const state = await ErasureState.of(lake);
  const search = new Search(ports, options, known);
  const failures: unknown[] = [];
  let done = 0;
  await concurrently(days, DAYS_AT_ONCE, async (day) => {
    if (options.isOutOfTime?.()) return;
    try {
      found.days.push(...(await search.day(day, state)));
    } catch (error) {
      failures.push(error);
    }
    options.onDay?.(++done, days.length);
  });
  Object.assign(found, search.counts());
  if (found.days.length + found.sources.length > 0) {
    await createState(lake, searchedKey(known.n, state.end !== null, clock.nonce()), found);
  }
  if (failures.length > 0) throw failures[0];
  return found;
}

/** Says that an erasure is over, if it is. */
export async function finishErasure({ lake, clock }: Pick<ErasePorts, 'lake' | 'clock'>): Promise<ErasureProgress> {
  const lookedAt = clock.now();
  const state = await ErasureState.of(lake);
  const { n, end, found } = state;
  if (n < 0) return { n, left: [], waiting: [], end };
  // By the same marks as the end is going to have.
  const left = await unsearchedDays(lake, state, await restOf(lake, state));
  if (end) {
    if (left.length === 0) await createRest(lake, n, lookedAt);
    return { n, left, waiting: [], end };
  }
  const waiting = await unsettledDays(lake, n);
  if (left.length + waiting.length > 0) return { n, left, waiting, end };
  const made: ErasureEnd = { ...sumOf(found), days: found.flatMap(({ days }) => days), ended_at: clock.now() };
  await createState(lake, erasureEndKey(n), made);
  return { n, left, waiting, end: made };
}

/** All that is missing of the newest erasure. */
export async function erase(ports: ErasePorts, options: EraseOptions): Promise<ErasureProgress> {
  const state = await ErasureState.of(ports.lake);
  const { n, end } = state;
  if (n < 0) return { n, left: [], waiting: [], end: null };
  // Who asked may have died before.
  await dropOlderRebuild(ports, n);
  const rest = await restOf(ports.lake, state);
  if (options.mayRest && rest && ports.clock.now() - rest.notedAt < REST_MS) return { n, left: [], waiting: [], end };
  const days = await unsearchedDays(ports.lake, state, rest);
  if (days.length > 0) await searchDays(ports, options, days);
  return finishErasure(ports);
}

const restOf = async (lake: ErasePorts['lake'], { n, end }: ErasureState): Promise<Rest | null> =>
  end ? lastRest(lake, n) : null;

/** Has raw objects looked through, too: whoever erases next goes on with it until it is done. */
export async function askRaw({ lake, clock }: Pick<ErasePorts, 'lake' | 'clock'>): Promise<void> {
  await askForRaw(lake, clock);
}

/**
 * Looks through raw objects for the newest erasure, and writes those that name somebody once more, if that was asked for.
 * @returns null if it was not, or is over
 */
export async function eraseRaw(
  ports: Pick<ErasePorts, 'lake' | 'clock'> & RawPorts,
  { keyedHash, ...options }: Omit<RawSearchOptions, 'n' | 'persons'> & Pick<EraseOptions, 'keyedHash'>,
): Promise<RawProgress | null> {
  const { lake, clock } = ports;
  const asked = await openAskedRaw(lake);
  const known = asked && (await erasedPersons(lake, keyedHash));
  if (!asked || !known) return null;
  const progress = await searchRaw(ports, { ...options, ...known, until: asked.asked_at });
  if (progress.left_units + progress.waiting_units === 0) await endAskedRaw(lake, asked, known.n, clock);
  return progress;
}

/** What would go if these were to be forgotten. Reads every file that counts, and writes nothing. */
export async function previewErasure(
  { lake }: Pick<ErasePorts, 'lake'>,
  { settings, eraser, onDay }: Pick<EraseOptions, 'settings' | 'eraser' | 'onDay'>,
  persons: ErasedPersons,
): Promise<ErasedCounts> {
  const outcomes = new Outcomes(lake);
  const newest = await newestGenerations(lake, TABLES_SEARCHED);
  const days = new Map(newest.map(({ table, dt, n }) => [`${table} ${dt}`, { table, dt, n: n as number | null }]));
  for (const { name: table } of [...SETTLED_TABLES, quarantine]) {
    for (const dt of await liveDays(lake, table)) {
      if (!days.has(`${table} ${dt}`)) days.set(`${table} ${dt}`, { table, dt, n: null });
    }
  }
  const found: ErasedCounts[] = [];
  const read = (key: string): Promise<Uint8Array> => readBytes(lake, key);
  let done = 0;
  await concurrently([...days.values()], DAYS_AT_ONCE, async ({ table, dt, n }) => {
    const generation = n === null ? null : await readableGeneration(lake, generationKey(table, dt, n));
    const keys = generation?.file_list.map(({ key }) => key) ?? [];
    if (table === quarantine.name) keys.push(...(await quarantineFiles(lake, dt)).map(({ key }) => key));
    else if (table !== recipientMessages.name) {
      const unseen = await unseenAttempts(lake, outcomes, table, dt, new Set(generation?.attempt_list));
      keys.push(...unseen.flatMap(({ files }) => files.map(({ key }) => key)));
    }
    for await (const { erased } of erasedFiles(table, keys, { persons, settings, eraser, read })) {
      if (erased) found.push(countsOf(table, erased));
    }
    onDay?.(++done, days.size);
  });
  return sumOf(found);
}

/** Days of live files that were read by who did not know of the erasure: they are looked through once they are settled. */
async function unsettledDays(lake: ErasePorts['lake'], n: number): Promise<TableDay[]> {
  const outcomes = new Outcomes(lake);
  const days: TableDay[] = [];
  for (const { name: table } of SETTLED_TABLES) {
    const found = await concurrently(await liveDays(lake, table), READS_AT_ONCE, async (dt) => {
      const newest = await newestReadable(lake, table, dt);
      const unseen = await unseenAttempts(lake, outcomes, table, dt, new Set(newest?.attempt_list));
      return unseen.some((attempt: LiveAttempt) => (attempt.erasures ?? -1) < n) ? [{ table, dt }] : [];
    });
    days.push(...found.flat());
  }
  return days;
}

/** One look for all persons through some days. */
class Search {
  readonly #ports: ErasePorts;
  readonly #options: EraseOptions;
  readonly #n: number;
  readonly #persons: ErasedPersons;
  readonly #found: ErasedCounts[] = [];

  constructor(ports: ErasePorts, options: EraseOptions, { n, persons }: { n: number; persons: ErasedPersons }) {
    this.#ports = ports;
    this.#options = options;
    this.#n = n;
    this.#persons = persons;
  }

  counts(): ErasedCounts {
    return sumOf(this.#found);
  }

  /** What was looked through and stays as it is. */
  async day({ table, dt }: TableDay, state: ErasureState): Promise<SearchedDay[]> {
    const { lake } = this.#ports;
    if (table === quarantine.name) return this.#quarantined(dt, state);
    const before = await newestGeneration(lake, table, dt);
    if (!before) return [];
    // Who made it may have died before readers were pointed at it.
    if (before.rows_out > 0 || before.generation > 0) await heal(this.#ports, table, before);
    if (state.knownIn(before) >= this.#n) return [{ table, dt, state: String(before.generation) }];
    const location = this.#locationAfter(before);
    const files: WrittenFile[] = [];
    const whole: { from: string; to: string }[] = [];
    const counts: ErasedCounts[] = [];
    const named = new Map(before.file_list.map((file) => [file.key, file]));
    let i = 0;
    const read = async (key: string): Promise<Uint8Array> =>
      readSealed(lake, named.get(key) ?? { key, rows: 0, bytes: 0 });
    for await (const { key, erased } of this.#erased(table, [...named.keys()], read)) {
      const name = `${location}part-${i++}`;
      const { rows = 0, bytes = 0 } = named.get(key) ?? {};
      if (erased === null) {
        whole.push({ from: key, to: `${name}.parquet` });
        files.push({ key: `${name}.parquet`, rows, bytes });
        continue;
      }
      counts.push(countsOf(table, erased));
      for (const [p, part] of erased.parts.entries()) {
        const to = `${name}-${p}.parquet`;
        await lake.create(to, part.bytes);
        files.push({ key: to, rows: part.rows, bytes: part.bytes.length });
      }
    }
    // Nearly no day names any of them.
    if (whole.length === before.file_list.length) return [{ table, dt, state: String(before.generation) }];
    for (const { from, to } of whole) await lake.create(to, await read(from));
    if (!(await this.#publish(before, location, files, sumOf(counts)))) return [];
    this.#found.push(...counts);
    return [{ table, dt, state: String(before.generation + 1) }];
  }

  #erased(table: string, keys: readonly string[], read: Look['read']): ReturnType<typeof erasedFiles> {
    const { settings, eraser } = this.#options;
    return erasedFiles(table, keys, { persons: this.#persons, settings, eraser, read });
  }

  /** Of recipient_messages as a rollup lays it out: the catalog knows both ways. */
  #locationAfter({ table_name: table, dt, generation }: Generation): string {
    const { clock } = this.#ports;
    return table === recipientMessages.name
      ? `${rollupFolder(table, clock.nonce())}dt=${dt}/`
      : settledFolder(table, dt, `${generation + 1}-${clock.nonce()}`);
  }

  /** Makes the next generation, unless another one has come meanwhile. */
  async #publish(
    before: Generation,
    location: string,
    files: readonly WrittenFile[],
    { rows: { [before.table_name]: erased = 0 } }: ErasedCounts,
  ): Promise<boolean> {
    const { lake, engine, clock } = this.#ports;
    const { table_name: table, dt } = before;
    const generation = before.generation + 1;
    const [rowsBefore, rowsOut] = [before.rows_out - erased, files.reduce((sum, { rows }) => sum + rows, 0)];
    const output = { table, dt, location, files, rowsIn: rowsBefore, rowsOut, rowsBefore };
    await checkOutputs(engine, files.length > 0 ? [output] : []);
    if (table === recipientMessages.name) {
      const run = generationOfLocation(location);
      await createState(lake, rollupKey(run), { run, days: { [dt]: generation } });
    }
    const sealed = await sealFiles(lake, files);
    const made: Generation = {
      ...before,
      generation,
      location,
      files: sealed.length,
      rows_in: before.rows_out,
      rows_out: rowsOut,
      duplicates: 0,
      erased,
      created_at: clock.now(),
      file_list: sealed,
      erasures: this.#n,
      erasure: this.#n,
    };
    if (!(await createState(lake, generationKey(table, dt, generation), made))) {
      // It may be our own that is there: an answer got lost.
      if ((await readableGeneration(lake, generationKey(table, dt, generation)))?.location !== location) return false;
    }
    await pointAtNewest(this.#ports, table, made);
    return true;
  }

  /** Files that name somebody are written once more; the others are named. */
  async #quarantined(dt: string, state: ErasureState): Promise<SearchedDay[]> {
    const { lake } = this.#ports;
    const table = quarantine.name;
    const searched: SearchedDay[] = [];
    const files = await unsearchedFiles(lake, new Outcomes(lake), state, dt);
    const keys = files.map(({ key }) => key);
    for await (const { key, erased } of this.#erased(table, keys, (one) => readBytes(lake, one))) {
      const [part] = erased?.parts ?? [];
      if (erased && part) {
        await lake.create(erasedFile(key, this.#n), part.bytes);
        this.#found.push(countsOf(table, erased));
      } else searched.push({ table, dt, state: key });
    }
    return searched;
  }
}

/** The bytes of a generation's file. @throws Error if they aren't what they were when the generation was made */
async function readSealed(lake: Pick<Ports['lake'], 'get'>, { key, sha256 }: SettledFile): Promise<Uint8Array> {
  const bytes = await readBytes(lake, key);
  if (sha256 === undefined || hash('sha256', bytes, 'hex') === sha256) return bytes;
  throw new Error(`file is damaged, run audit with --repair: ${key}`);
}

const countsOf = (table: string, { rows, masked, sources }: ErasedFile): ErasedCounts => ({
  rows: { [table]: rows },
  masked: { [table]: masked },
  sources,
});
