/** Lists the live files of a day that may be read: those that an outcome names. */

import { concurrently } from '../concurrently.ts';
import type { Store, StoredObject } from '../ports.ts';
import { attemptOfFile, generationFolder, liveFolder, liveRoot, numberOf, unitOfAttempt } from './keys.ts';
import { leafOutcomes, type Outcomes } from './outcomes.ts';
import { type SeenScope, unionOf } from './published.ts';
import { type Generation, readableGeneration } from './records.ts';

/** A day of a table that settle may work on. */
export interface TableDay {
  table: string;
  dt: string;
}

export interface LiveAttempt {
  attempt: string;
  files: { key: string; rows: number; bytes: number }[];
  rows: number;
  send_days: string[];
  /** by what settings it was decoded (meaning.ts); null if its outcome doesn't say */
  meaning: string | null;
  published: readonly SeenScope[];
  /** number of the erasure that was known to who read it; left out: there was none */
  erasures?: number | undefined;
  /** when its first file was written, epoch ms */
  writtenAt: number;
}

const READS_AT_ONCE = 16;

/** Days that have live files of a table, in order. */
export async function liveDays(store: Pick<Store, 'prefixes'>, table: string): Promise<string[]> {
  const days: string[] = [];
  const root = liveRoot(table);
  for await (const folder of store.prefixes(root)) {
    const match = /^dt=(\d{4}-\d\d-\d\d)\/$/.exec(folder.slice(root.length));
    if (match?.[1]) days.push(match[1]);
  }
  return days;
}

/**
 * Attempts of a day whose unit's outcome names them and that aren't in `seen`, in order of attempt, up to `most` and a few
 * more. Files of a unit without an outcome, or of another attempt than the one that won, are read by nobody.
 */
export async function unseenAttempts(
  store: Pick<Store, 'list'>,
  outcomes: Outcomes,
  table: string,
  dt: string,
  seen: ReadonlySet<string>,
  most = Number.POSITIVE_INFINITY,
): Promise<LiveAttempt[]> {
  const candidates = new Map<string, number>();
  for await (const { key, modified } of store.list(liveFolder(table, dt))) {
    const attempt = attemptOfFile(key);
    if (!attempt || seen.has(attempt)) continue;
    candidates.set(attempt, Math.min(modified, candidates.get(attempt) ?? modified));
  }
  const unseen: LiveAttempt[] = [];
  const sorted = [...candidates].sort(([a], [b]) => (a < b ? -1 : 1));
  for (let at = 0; at < sorted.length && unseen.length < most; at += READS_AT_ONCE) {
    const found = await concurrently(
      sorted.slice(at, at + READS_AT_ONCE),
      READS_AT_ONCE,
      async ([attempt, writtenAt]): Promise<LiveAttempt[]> => {
        const outcome = await outcomes.of(unitOfAttempt(attempt));
        if (outcome?.attempt !== attempt) return [];
        const files = outcome.files.filter((file) => file.table === table && file.dt === dt);
        if (files.length === 0) return [];
        return [
          {
            attempt,
            files: files.map(({ key, rows, bytes }) => ({ key, rows, bytes })),
            rows: files.reduce((sum, { rows }) => sum + rows, 0),
            send_days: files.flatMap(({ send_days }) => send_days),
            meaning: outcome.meaning ?? null,
            published: unionOf(files.map(({ published = [] }) => published)),
            erasures: outcome.erasures,
            writtenAt,
          },
        ];
      },
    );
    unseen.push(...found.flat());
  }
  return unseen;
}

/**
 * When files of a day were written, epoch ms, that no outcome names, although their unit or all its halves have
 * outcomes.
 */
export async function lostFiles(
  store: Pick<Store, 'list'>,
  outcomes: Outcomes,
  table: string,
  dt: string,
): Promise<number[]> {
  const lost: number[] = [];
  for await (const { key, modified } of store.list(liveFolder(table, dt))) {
    const attempt = attemptOfFile(key);
    const leaves = attempt && (await leafOutcomes(outcomes, unitOfAttempt(attempt)));
    if (leaves && !leaves.some(({ files }) => files.some((file) => file.key === key))) lost.push(modified);
  }
  return lost;
}

/** One day of one table as it lies in the store. */

export interface DataDay {
  table: string;
  dt: string;
  /** when the store took each generation in, by number, epoch ms */
  generations: ReadonlyMap<number, number>;
  /** null if the day was never settled, or the record can't be read */
  newest: Generation | null;
  /** the newest generation's record, if it can't be read */
  damagedRecord: string | null;
  /** files of the live folder */
  live: readonly StoredObject[];
}

/** Two listings and, if the day was ever settled, one read. */
export async function dataDay(lake: Pick<Store, 'list' | 'get'>, table: string, dt: string): Promise<DataDay> {
  const keys = new Map<number, StoredObject>();
  for await (const object of lake.list(generationFolder(table, dt), { shallow: true })) {
    const n = numberOf(object.key);
    if (n !== null) keys.set(n, object);
  }
  const key = keys.get(Math.max(...keys.keys()))?.key;
  const newest = key === undefined ? null : await readableGeneration(lake, key);
  return {
    table,
    dt,
    generations: new Map([...keys].map(([n, { modified }]) => [n, modified])),
    newest,
    damagedRecord: key === undefined || newest ? null : key,
    live: await Array.fromAsync(lake.list(liveFolder(table, dt))),
  };
}
