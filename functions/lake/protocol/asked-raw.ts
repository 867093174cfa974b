/** Whether raw objects are to be looked through for erased persons, too, and how far that has come. */
import { concurrently } from '../concurrently.ts';
import type { Clock, Store } from '../ports.ts';
import { askedRawEndKey, askedRawKey, askedRawRoot, searchedRawFolder, unitOfSearchedRaw } from './keys.ts';
import { createState, readState } from './records.ts';

interface AskedRaw {
  k: number;
  asked_at: number;
}

/** A raw object that was written once more. */
export interface RewrittenObject {
  key: string;
  before: { etag: string; size: number };
  after: { etag: string; size: number };
}

/** A raw object that names somebody and stays as it is, with why in words. */
export interface LeftObject {
  key: string;
  why: string;
}

/** `state/erasures/<n>/raw/<unit>.json`: the raw objects of a unit were looked through. */
export interface SearchedRaw {
  unit: string;
  /** looked into, and bytes of these as stored; those that have gone count for nothing */
  objects: number;
  bytes: number;
  rewritten: RewrittenObject[];
  left: LeftObject[];
  /** of those rewritten, how many the store keeps an older version of */
  older_versions: number;
}

async function newestAsked(lake: Pick<Store, 'list' | 'get'>): Promise<(AskedRaw & { isOver: boolean }) | null> {
  for await (const { key } of lake.list(askedRawRoot, { shallow: true })) {
    const asked = await readState<AskedRaw>(lake, key);
    return asked && { ...asked, isOver: (await readState(lake, askedRawEndKey(asked.k))) !== null };
  }
  return null;
}

/** Asks for it; of what is under way already, too, so that what was planned since is not left out. */
export async function askForRaw(
  lake: Pick<Store, 'list' | 'get' | 'create'>,
  clock: Pick<Clock, 'now'>,
): Promise<void> {
  for (;;) {
    const newest = await newestAsked(lake);
    const asked: AskedRaw = { k: (newest?.k ?? -1) + 1, asked_at: clock.now() };
    if (await createState(lake, askedRawKey(asked.k), asked)) return;
  }
}

/** What was asked for and is not over; null if there is no such. One listing. */
export async function openAskedRaw(lake: Pick<Store, 'list' | 'get'>): Promise<AskedRaw | null> {
  const newest = await newestAsked(lake);
  return newest && !newest.isOver ? newest : null;
}

export const endAskedRaw = (
  lake: Pick<Store, 'create'>,
  { k }: AskedRaw,
  n: number,
  clock: Pick<Clock, 'now'>,
): Promise<boolean> => createState(lake, askedRawEndKey(k), { k, erasure: n, ended_at: clock.now() });

/** Units that were looked through for an erasure; not those of which something was missing that may be put back. One listing. */
export async function searchedUnits(lake: Pick<Store, 'list'>, n: number): Promise<Set<string>> {
  const units = new Set<string>();
  for await (const { key } of lake.list(searchedRawFolder(n))) {
    const { unit, isWhole } = unitOfSearchedRaw(key);
    if (isWhole) units.add(unit);
  }
  return units;
}

export type SearchedRawSum = Omit<SearchedRaw, 'unit'>;

/** All that was looked through for an erasure so far. A read for each unit. */
export async function searchedRaw(lake: Pick<Store, 'list' | 'get'>, n: number): Promise<SearchedRawSum> {
  const keys: string[] = [];
  for await (const { key } of lake.list(searchedRawFolder(n))) keys.push(key);
  const found = await concurrently(keys, READS_AT_ONCE, (key) => readState<SearchedRaw>(lake, key));
  const whole = new Set(keys.map(unitOfSearchedRaw).flatMap(({ unit, isWhole }) => (isWhole ? [unit] : [])));
  return sumOfRaw(
    found.flatMap((one, i) => {
      const { unit, isWhole } = unitOfSearchedRaw(keys[i] ?? '');
      // Looked through again since: what was written the first time stays written.
      return one === null ? [] : isWhole || !whole.has(unit) ? [one] : [{ ...NOTHING, rewritten: one.rewritten }];
    }),
  );
}

const NOTHING: SearchedRawSum = { objects: 0, bytes: 0, rewritten: [], left: [], older_versions: 0 };
const READS_AT_ONCE = 16;

export function sumOfRaw(found: readonly SearchedRawSum[]): SearchedRawSum {
  const sum = (pick: (one: SearchedRawSum) => number): number => found.reduce((total, one) => total + pick(one), 0);
  const byKey = <T extends { key: string }>(all: T[]): T[] => all.sort((a, b) => (a.key < b.key ? -1 : 1));
  return {
    objects: sum(({ objects }) => objects),
    bytes: sum(({ bytes }) => bytes),
    rewritten: byKey([
      ...new Map(
        found.flatMap(({ rewritten }) => rewritten).map((one) => [`${one.key} ${one.after.etag}`, one]),
      ).values(),
    ]),
    left: byKey(found.flatMap(({ left }) => left)),
    older_versions: sum(({ older_versions }) => older_versions),
  };
}
