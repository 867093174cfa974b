/**
 * Erasures: who is to be forgotten, and how far the lake has been looked through for them. Of a person there is nothing but the
 * keyed hash of the address, and until when their mail was sent. Each record has all persons there were, so that one read
 * tells them.
 *
 * A generation says up to which erasure its rows were looked through, as an outcome says which one was known to who read its
 * unit. What was looked through and held nobody is noted beside the erasure: the day stays as it is.
 */
import { concurrently } from '../concurrently.ts';
import { HOUR_MS } from '../days.ts';
import { ErasedPersons, type ErasedUntil } from '../decode/erased-persons.ts';
import type { KeyedHash, Store } from '../ports.ts';
import {
  erasureEndKey,
  erasureKey,
  erasuresRoot,
  lookedAtOfRest,
  restKey,
  restsFolder,
  searchedFolder,
} from './keys.ts';
import { createState, type Generation, readState } from './records.ts';

/** `state/erasures/<n>.json`: create-only. */
export interface Erasure {
  n: number;
  created_at: number;
  /** of the key that the hashes were made with */
  fingerprint: string;
  /** persons that it adds */
  added: number;
  /** all persons so far */
  persons: ErasedUntil;
}

/** A day that was looked through. */
export interface SearchedDay {
  table: string;
  dt: string;
  /** the generation that held nobody; of quarantine, which has none, the file */
  state: string;
}

/** `state/erasures/<n>/searched/<nonce>.json`: what one look went through. Keys and counts, and nothing of persons. */
export interface Searched extends ErasedCounts {
  days: SearchedDay[];
}

export interface ErasedCounts {
  /** rows that were left out, by table */
  rows: Record<string, number>;
  /** rows that lost what named a person, by table */
  masked: Record<string, number>;
  /** raw objects that these rows came from */
  sources: string[];
}

/** `state/erasures/<n>/end.json`: everything was looked through. */
export interface ErasureEnd extends Searched {
  ended_at: number;
}

/** The last look at everything, once an erasure was over, that found nothing left. */
export interface Rest {
  /** when the look began by its own clock, to the second, and when it was noted by the store's, epoch ms */
  lookedAt: number;
  notedAt: number;
}

/** Null if there was none. One listing. */
export async function lastRest(lake: Pick<Store, 'list'>, n: number): Promise<Rest | null> {
  for await (const { key, modified } of lake.list(restsFolder(n))) {
    return { lookedAt: lookedAtOfRest(key), notedAt: modified };
  }
  return null;
}

export const createRest = (lake: Pick<Store, 'create'>, n: number, lookedAt: number): Promise<boolean> =>
  createState(lake, restKey(n, lookedAt), { looked_at: lookedAt });

/** Who has the key must do this. The environment's fault, not that of any unit. */
export class NoErasureKey extends Error {
  override name = 'NoErasureKey';
}

/** The one that was asked for last; null if nobody was ever to be forgotten. One listing. */
export async function newestErasure(lake: Pick<Store, 'list' | 'get'>): Promise<Erasure | null> {
  for await (const { key } of lake.list(erasuresRoot, { shallow: true })) return readState<Erasure>(lake, key);
  return null;
}

/** Whoever asks for the same within this time had no answer. */
const ASKED_AGAIN_MS = HOUR_MS;

/**
 * Adds persons by their hashes. Those that are known for over an hour are asked for once more: what was sent to them since goes, too.
 * @returns the erasure that they are part of
 */
export async function askForErasure(
  lake: Pick<Store, 'list' | 'get' | 'create'>,
  hash: KeyedHash,
  addresses: readonly string[],
  now: number,
): Promise<Erasure> {
  for (;;) {
    const before = await newestErasure(lake);
    checkKey(before, hash);
    const hashes = addresses.map((address) => hash.hex(address.trim().toLowerCase()));
    if (before && hashes.every((one) => (before.persons[one] ?? 0) > now - ASKED_AGAIN_MS)) return before;
    const added = Object.fromEntries(hashes.map((one) => [one, now]));
    const erasure: Erasure = {
      n: (before?.n ?? -1) + 1,
      created_at: now,
      fingerprint: hash.fingerprint,
      added: Object.keys(added).length,
      persons: { ...before?.persons, ...added },
    };
    if (await createState(lake, erasureKey(erasure.n), erasure)) return erasure;
  }
}

/**
 * Persons to be kept out of whatever is written, with the number of their erasure; null if there are none.
 * @param now of who looks through rows that don't say when the lake got them
 * @throws NoErasureKey if there are some, and nothing is there to know them by
 */
export async function erasedPersons(
  lake: Pick<Store, 'list' | 'get'>,
  hash: KeyedHash | undefined,
  now?: number,
): Promise<{ n: number; persons: ErasedPersons } | null> {
  const erasure = await newestErasure(lake);
  if (erasure === null) return null;
  checkKey(erasure, hash);
  return { n: erasure.n, persons: new ErasedPersons(hash, erasure.persons, now) };
}

function checkKey(erasure: Erasure | null, hash: KeyedHash | undefined): asserts hash is KeyedHash {
  if (hash === undefined) throw new NoErasureKey('persons are to be forgotten, and there is no key to know them by');
  if (erasure !== null && erasure.fingerprint !== hash.fingerprint) {
    throw new NoErasureKey(
      `persons were asked to be forgotten under another key: it has the fingerprint ${erasure.fingerprint}, this one ${hash.fingerprint}`,
    );
  }
}

/** What several looks went through, together. */
export const sumOf = (found: readonly ErasedCounts[]): ErasedCounts => {
  const rows: Record<string, number> = {};
  const masked: Record<string, number> = {};
  for (const one of found) {
    for (const [table, n] of Object.entries(one.rows)) rows[table] = (rows[table] ?? 0) + n;
    for (const [table, n] of Object.entries(one.masked)) masked[table] = (masked[table] ?? 0) + n;
  }
  return { rows, masked, sources: [...new Set(found.flatMap(({ sources }) => sources))].sort() };
};

/** How far the lake has been looked through for the newest erasure. */
export class ErasureState {
  /** number of the newest erasure; −1: there is none */
  readonly n: number;
  /** when it was asked for, epoch ms */
  readonly askedAt: number;
  readonly end: ErasureEnd | null;
  readonly found: readonly Searched[];
  readonly #searched: ReadonlySet<string>;

  private constructor(newest: Erasure | null, end: ErasureEnd | null, found: readonly Searched[]) {
    this.n = newest?.n ?? -1;
    this.askedAt = newest?.created_at ?? 0;
    this.end = end;
    this.found = found;
    this.#searched = new Set([...found, ...(end ? [end] : [])].flatMap(({ days }) => days.map(nameOf)));
  }

  /** One listing where nobody was ever to be forgotten. */
  static async of(lake: Pick<Store, 'list' | 'get'>): Promise<ErasureState> {
    const newest = await newestErasure(lake);
    if (newest === null) return new ErasureState(null, null, []);
    const end = await readState<ErasureEnd>(lake, erasureEndKey(newest.n));
    const keys: string[] = [];
    for await (const { key } of lake.list(searchedFolder(newest.n, end !== null))) keys.push(key);
    const found = await concurrently(keys, READS_AT_ONCE, (key) => readState<Searched>(lake, key));
    return new ErasureState(
      newest,
      end,
      found.filter((one) => one !== null),
    );
  }

  /** Somebody is to be forgotten, and not everything was looked through. */
  get isOpen(): boolean {
    return this.n >= 0 && this.end === null;
  }

  /** What was found so far, also since everything was looked through. */
  get counts(): ErasedCounts {
    return sumOf([...this.found, ...(this.end ? [this.end] : [])]);
  }

  isSearched(day: SearchedDay): boolean {
    return this.#searched.has(nameOf(day));
  }

  /** Up to which erasure the rows of a generation were looked through; −1: up to none. */
  knownIn(generation: Pick<Generation, 'table_name' | 'dt' | 'generation' | 'erasures'> | null): number {
    if (generation === null) return this.n;
    const { table_name: table, dt, erasures = -1 } = generation;
    return this.isSearched({ table, dt, state: String(generation.generation) }) ? this.n : erasures;
  }

  /** The same of what is made of a generation and of attempts; left out of a record where nobody was ever to be forgotten. */
  knownInAll(
    base: Parameters<ErasureState['knownIn']>[0],
    attempts: readonly { erasures?: number | undefined }[],
  ): { erasures?: number } {
    if (this.n < 0) return {};
    return { erasures: Math.min(this.knownIn(base), ...attempts.map(({ erasures = -1 }) => erasures)) };
  }
}

const READS_AT_ONCE = 16;

const nameOf = ({ table, dt, state }: SearchedDay): string => `${table} ${dt} ${state}`;
