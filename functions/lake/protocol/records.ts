/** The protocol's own records: plans, outcomes, generations; how they are written and read. */
import { MissingObject, type Store, type StoredObject } from '../ports.ts';
import type { ByteRange } from '../read/range.ts';
import type { GenerationRow, UnitRow } from '../tables/protocol.ts';
import {
  generationFolder,
  generationKey,
  generationOfKey,
  generationsRoot,
  numberOf,
  outcomeKey,
  outcomesRoot,
  planFolder,
  plansRoot,
  replaysRoot,
} from './keys.ts';
import type { SeenScope } from './published.ts';
import type { SettledFile } from './settled-files.ts';

export interface PlannedObject {
  key: string;
  etag: string;
  /** bytes as stored */
  size: number;
  /** last-modified, epoch ms */
  modified: number;
  /** what a replay reads of it, in order of offset; left out: all of it */
  ranges?: ByteRange[];
  /** of a replay: it was read before, and only the same bytes may be read again */
  isReread?: true;
  /** of what was read before (contents.ts), where etags don't tell */
  sha256?: string;
}

export interface PlannedUnit {
  id: string;
  objects: PlannedObject[];
}

/**
 * `state/plans/<raw prefix>/<n>.json`: create-only, so each object is in exactly one unit; and `state/replays/<n>.json`,
 * whose units read quarantined records again.
 */
export interface Plan {
  /** empty for a replay, which reads from many */
  prefix: string;
  /** left out: `first` */
  kind?: 'first' | 'replay';
  units: PlannedUnit[];
}

/** A plan of a rebuild: units that were read before, with their objects as they were read then. */
export interface RebuildPlan extends Plan {
  /** attempts of replays that had read records of these units by then: their rows are replaced, too, and no later one's */
  replays: string[];
}

export interface LiveFile {
  table: string;
  dt: string;
  key: string;
  rows: number;
  bytes: number;
  /** of its content, hex; older files have none */
  sha256?: string;
  /** of events: the days on which the mail of its rows was sent; tells rollup which send days a file changes */
  send_days: string[];
  /** of events: the event types that its rows show to be published; older files have none */
  published?: SeenScope[];
}

export interface ObjectProblem {
  key: string;
  problem: 'source_missing' | 'raw_changed';
  /** of a changed object: what was read instead of what was planned; left out: it was not read */
  etag?: string;
}

/** `state/units/dt=<plan day>/<unit>.json`: what became of a unit, decided once. Its flat part is a row of `units`. */
export interface Outcome extends UnitRow {
  plan: string;
  files: LiveFile[];
  problems: ObjectProblem[];
  /** ids of the halves, if the status is `split`; then all counts are 0, because the halves count for themselves */
  split?: [string, string];
  /** by what settings its records were decoded (meaning.ts) */
  meaning?: string;
  /** number of the newest erasure that was known: no row of these persons is in its files; left out: there was none */
  erasures?: number;
  /** raw objects that hold something of erased persons */
  erased_objects?: string[];
  /** objects quarantined unread, because their unit of one object failed three times; and why it failed last */
  poison?: { key: string; why: string }[];
}

/** One day of an input that a rollup read. */
export interface RollupInput {
  dt: string;
  /** newest generation of events; null while there is none */
  generation: number | null;
  /** live attempts read beside it */
  attempts: string[];
}

/** `state/generations/dt=D/<table>/<n>.json`: a settled day. Its flat part is a row of `generations`. */
export interface Generation extends GenerationRow {
  dt: string;
  file_list: SettledFile[];
  /** settle: every attempt in it; rollup: none */
  attempt_list: string[];
  /** settle of events: the send days of its rows, and maybe of some that lost against another copy */
  send_days: string[];
  /** settle of events: the types that its rows show to be published; rollup: those that it took for published by the days before */
  published?: SeenScope[];
  /** rollup: what it read */
  inputs?: RollupInput[];
  /** what computed it (recipe.ts); left out by code from before there were recipes */
  recipe?: string;
  /** settle: by what settings its rows were decoded (meaning.ts), each once, in order */
  meanings?: string[];
  /** number of the erasure up to which no row of these persons is in it; left out: it may have rows of any */
  erasures?: number;
  /** the erasure that made it; left out: no such one */
  erasure?: number;
  /** the rebuild whose reading its rows are, and not the first one's; left out: none */
  rebuilt?: RebuiltRows;
}

/** What a rebuild has in a generation, and in those that settle makes of it later. */
export interface RebuiltRows {
  /** number of the rebuild */
  rebuild: number;
  /** attempts of the rebuild that its rows come from */
  attempts: string[];
  /** attempts of the lake that these stand for, all in `attempt_list`: none of their rows is in it */
  instead_of: string[];
}

const decoder = new TextDecoder();

/** The whole content as bytes. @throws MissingObject */
export async function readBytes(store: Pick<Store, 'get'>, key: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await store.get(key)).body) chunks.push(chunk);
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}

/**
 * A record of the protocol, or null if there is none.
 * @throws DamagedRecord naming the object if it isn't JSON: then someone else wrote it
 */
export async function readState<T>(store: Pick<Store, 'get'>, key: string): Promise<T | null> {
  let text: string;
  try {
    text = decoder.decode(await readBytes(store, key));
  } catch (error) {
    if (error instanceof MissingObject) return null;
    throw error;
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new DamagedRecord(key);
  }
}

/** A record that isn't JSON any more. */
export class DamagedRecord extends Error {
  override name = 'DamagedRecord';
  readonly key: string;
  constructor(key: string) {
    super(`state record is not JSON, restore it from the bucket's older version: ${key}`);
    this.key = key;
  }
}

/** Create-only, one JSON line (so that Glue's JSON tables can read it). */
export const createState = (store: Pick<Store, 'create'>, key: string, record: object): Promise<boolean> =>
  store.create(key, `${JSON.stringify(record)}\n`);

export async function readPlan(store: Pick<Store, 'get'>, key: string): Promise<Plan> {
  const plan = await readState<Plan>(store, key);
  if (!plan) throw new MissingObject(key);
  return plan;
}

export const readOutcome = (store: Pick<Store, 'get'>, unit: string): Promise<Outcome | null> =>
  readState<Outcome>(store, outcomeKey(unit));

/** Plans of one raw prefix, by number: all there are, or as many as the listing shows first. */
export async function plansOf(
  store: Pick<Store, 'list'>,
  rawPrefix: string,
  most = Number.POSITIVE_INFINITY,
): Promise<StoredObject[]> {
  const plans: { object: StoredObject; n: number }[] = [];
  for await (const object of store.list(planFolder(rawPrefix), { shallow: true })) {
    const n = numberOf(object.key);
    if (n !== null) plans.push({ object, n });
    if (plans.length >= most) break;
  }
  return plans.sort((a, b) => a.n - b.n).map(({ object }) => object);
}

export const planKeysOf = async (store: Pick<Store, 'list'>, rawPrefix: string): Promise<string[]> =>
  (await plansOf(store, rawPrefix)).map(({ key }) => key);

/** Every plan of raw objects, lazily; `modified` is when it was made. Together they hold each object once. */
export async function* rawPlans(store: Pick<Store, 'list'>): AsyncGenerator<StoredObject> {
  for await (const object of store.list(plansRoot)) if (numberOf(object.key) !== null) yield object;
}

/** Every plan of a replay, lazily and in no order of their numbers. */
export async function* replayPlans(store: Pick<Store, 'list'>): AsyncGenerator<StoredObject> {
  for await (const object of store.list(replaysRoot)) if (numberOf(object.key) !== null) yield object;
}

/** Every plan there is, whose units all want an outcome. */
export async function* allPlans(store: Pick<Store, 'list'>): AsyncGenerator<StoredObject> {
  yield* rawPlans(store);
  yield* replayPlans(store);
}

/** Ids of all units that have an outcome. */
export async function decidedUnits(store: Pick<Store, 'list'>): Promise<Set<string>> {
  const units = new Set<string>();
  for await (const { key } of store.list(outcomesRoot)) {
    if (key.endsWith('.json')) units.add(key.slice(key.lastIndexOf('/') + 1, -'.json'.length));
  }
  return units;
}

export const readGeneration = (store: Pick<Store, 'get'>, key: string): Promise<Generation | null> =>
  readState<Generation>(store, key);

/**
 * A generation of derived data, or null if there is none that can be read: it is computed again.
 * @throws what the store says, but not that the record is damaged
 */
export async function readableGeneration(store: Pick<Store, 'get'>, key: string): Promise<Generation | null> {
  try {
    return await readGeneration(store, key);
  } catch (error) {
    if (error instanceof DamagedRecord) return null;
    throw error;
  }
}

/** The number that the next generation of a day is going to have. One listing; records may be damaged. */
export async function nextGeneration(store: Pick<Store, 'list'>, table: string, dt: string): Promise<number> {
  let next = 0;
  for await (const { key } of store.list(generationFolder(table, dt), { shallow: true })) {
    next = Math.max(next, (numberOf(key) ?? -1) + 1);
  }
  return next;
}

/** The newest generation of each day of these tables, the newest day first; `modified` is when it was made. One listing. */
export async function newestGenerations(
  store: Pick<Store, 'list'>,
  tables: readonly { name: string }[],
): Promise<{ table: string; dt: string; n: number; modified: number }[]> {
  const names = new Set(tables.map(({ name }) => name));
  const newest = new Map<string, { table: string; dt: string; n: number; modified: number }>();
  for await (const { key, modified } of store.list(generationsRoot)) {
    const record = generationOfKey(key);
    if (!record || !names.has(record.table)) continue;
    const day = `${record.dt} ${record.table}`;
    if (record.n >= (newest.get(day)?.n ?? 0)) newest.set(day, { ...record, modified });
  }
  return [...newest.values()].sort((a, b) => (a.dt < b.dt ? 1 : a.dt > b.dt ? -1 : 0));
}

/** The newest generation of a day of a table, or null. @throws DamagedRecord */
export async function newestGeneration(
  store: Pick<Store, 'list' | 'get'>,
  table: string,
  dt: string,
  read = readGeneration,
): Promise<Generation | null> {
  const next = await nextGeneration(store, table, dt);
  return next === 0 ? null : read(store, generationKey(table, dt, next - 1));
}

/** As newestGeneration, but null also where the record is damaged: for who can say nothing of the day then, and goes on. */
export const newestReadable = (
  store: Pick<Store, 'list' | 'get'>,
  table: string,
  dt: string,
): Promise<Generation | null> => newestGeneration(store, table, dt, readableGeneration);
