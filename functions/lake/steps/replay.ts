/**
 * replay: quarantined records are sealed into units of their own, which transform then reads with today's code. The first
 * outcome is kept as it was; what a replay counts is not part of its `records = accepted + …`.
 */

import { concurrently } from '../concurrently.ts';
import { DAY_MS, utcDate } from '../days.ts';
import type { Ports, UnitMessage } from '../ports.ts';
import { asReadIn, digestOf } from '../protocol/contents.ts';
import { replayKey, replayUnitId, unitOfAttempt, versionOfAttempt } from '../protocol/keys.ts';
import { announcePlan } from '../protocol/open-units.ts';
import type { Outcomes } from '../protocol/outcomes.ts';
import { createState, type Plan, type PlannedObject, type PlannedUnit, readPlan } from '../protocol/records.ts';
import { RewrittenObjects } from '../protocol/rewritten-objects.ts';
import type { ByteRange } from '../read/range.ts';
import type { Settings } from '../settings.ts';
import type { Reason } from '../vocabulary.ts';
import { MOST_OBJECTS, seal } from './plan.ts';
import { type Quarantined, type QuarantinedRecord, quarantinedRecords, regionOf } from './replay/quarantined.ts';
import type { Replays } from './replay/replays.ts';

export type ReplayPorts = Pick<Ports, 'raw' | 'lake' | 'engine' | 'clock'>;

export interface ReplayOptions {
  settings: Settings;
  /** today's code, as transform is going to name it */
  version: string;
  /** only records rejected for this reason */
  reason?: Reason;
  /** raw objects that are older may have expired, and are looked for before they are planned; left out: none expires */
  rawDays?: number | undefined;
}

export interface ReplayPlanned {
  messages: UnitMessage[];
  objects: number;
  /** quarantined records sealed now */
  records: number;
  /** bytes of the raw objects as stored */
  bytes: number;
  /** records that today's code has rejected already, or that have no bytes which could be read again */
  unchanged: number;
  /** raw objects that aren't there as they were planned: their records can't be read again */
  unavailable: string[];
}

/**
 * Seals quarantined records, which today's code may read otherwise, into a replay. A record is in at most one replay
 * that is under way, and one that a replay has accepted is in no later one: plans are numbered and create-only, and
 * each planner has read all before its own. What was rejected again is replayed again only by another version.
 */
export async function planReplay(ports: ReplayPorts, options: ReplayOptions): Promise<ReplayPlanned> {
  const { lake, clock } = ports;
  const result: ReplayPlanned = { messages: [], objects: 0, records: 0, bytes: 0, unchanged: 0, unavailable: [] };
  for (;;) {
    const quarantined = await quarantinedRecords(ports);
    const { chosen, unchanged } = chooseRecords(quarantined, options);
    const { sources, unavailable } = await findSources(ports, quarantined, chosen, options.rawDays);
    Object.assign(result, { unchanged, unavailable });
    if (options.reason === undefined) sources.push(...(await returnedObjects(ports, quarantined)));
    if (sources.length === 0) return result;

    const n = quarantined.replays.next;
    // in the order that first units have, too: of copies within a unit the first one is kept
    const sealed = sources.sort(byObject).slice(0, MOST_OBJECTS);
    const planDay = utcDate(clock.now());
    const plan: Plan = {
      prefix: '',
      kind: 'replay',
      units: sealReplay(sealed, options.settings, (i) => replayUnitId(planDay, n, i)),
    };
    const key = replayKey(n);
    await announcePlan(lake, key, plan.units);
    if (!(await createState(lake, key, plan))) continue;
    for (const { id } of plan.units) result.messages.push({ unit: id, plan: key });
    for (const { object, records } of sealed) {
      result.objects++;
      result.records += records.length;
      result.bytes += object.size;
    }
    if (sealed.length === sources.length) return result;
  }
}

/** Records that another version rejected. Those of one object stay together. */
function chooseRecords(
  { records, replays }: Quarantined,
  { version, reason }: ReplayOptions,
): { chosen: Map<string, QuarantinedRecord[]>; unchanged: number } {
  const open = records.filter((record) => record.state === 'rejected' && (!reason || record.reason === reason));
  const chosen = open.filter(
    (record) =>
      record.byte_length !== 0 &&
      (versionOfAttempt(record.attempt) !== version ||
        // memory or time may have been short then, so the same code tries once more
        (record.reason === 'poison' && replays.of(record.attempt) < 0)),
  );
  return { chosen: Map.groupBy(chosen, ({ source_key }) => source_key), unchanged: open.length - chosen.length };
}

/** A raw object as it was planned first, with what is to be read of it. */
interface Source {
  object: PlannedObject;
  records: QuarantinedRecord[];
}

const AT_ONCE = 16;

async function findSources(
  ports: Pick<ReplayPorts, 'raw' | 'lake' | 'clock'>,
  { replays, outcomes }: Quarantined,
  chosen: ReadonlyMap<string, QuarantinedRecord[]>,
  rawDays = Number.POSITIVE_INFINITY,
): Promise<{ sources: Source[]; unavailable: string[] }> {
  const { lake, clock } = ports;
  const firstObjects = new FirstObjects(lake, outcomes);
  const unavailable: string[] = [];
  const found = await concurrently([...chosen].sort(byKey), AT_ONCE, async ([key, records]): Promise<Source[]> => {
    // whichever reading a record is from, its object is the one that was planned first
    const object = await plannedIn(records[0]?.attempt ?? '', key);
    if (!object) throw new Error(`quarantined record is of an object that its plan doesn't name: ${key}`);
    // looked for only where a replay has missed it or it may have expired: the rest will be read anyway
    const isOld = object.modified < clock.now() - rawDays * DAY_MS;
    const mayBeGone = isOld || records.some((record) => isMissed(record, replays));
    if (mayBeGone && !(await isThere(ports, object))) {
      unavailable.push(key);
      return [];
    }
    return [{ object: withRanges(object, records, replays), records }];
  });
  return { sources: found.flat(), unavailable: unavailable.sort() };

  async function plannedIn(attempt: string, key: string): Promise<PlannedObject | undefined> {
    const n = replays.of(attempt);
    if (n >= 0) return replays.objectIn(n, key);
    const object = await firstObjects.find(attempt, key);
    const outcome = await outcomes.of(unitOfAttempt(attempt));
    return object && outcome ? (await asReadIn(ports, outcome))(object) : object;
  }
}

/** Did a replay find its object gone or changed? */
const isMissed = (record: QuarantinedRecord, replays: Replays): boolean =>
  replays.after(replays.of(record.attempt), regionOf(record)).some(({ status }) => status === 'failed');

/** The ranges that the records lie in, each once; none if the object was rejected as a whole. */
function withRanges(
  { key, etag, size, modified, isReread, sha256 }: PlannedObject,
  records: readonly QuarantinedRecord[],
  replays: Replays,
): PlannedObject {
  const object: PlannedObject = {
    key,
    etag,
    size,
    modified,
    ...(isReread ? { isReread } : {}),
    ...(sha256 === undefined ? {} : { sha256 }),
  };
  const ranges: ByteRange[] = [];
  for (const { attempt, byte_offset, byte_length, range_ordinal, source_ordinal } of records) {
    if (byte_offset !== null) {
      ranges.push({ offset: byte_offset, length: byte_length ?? 0, ordinal: range_ordinal ?? source_ordinal });
      continue;
    }
    // rejected as a whole by a replay that read only some ranges of it: the rejection is about these
    const read = replays.objectIn(replays.of(attempt), key)?.ranges;
    if (!read) return object;
    ranges.push(...read);
  }
  return { ...object, ranges: joined(ranges) };
}

/** The ranges in order, with those that overlap made one. */
function joined(ranges: readonly ByteRange[]): ByteRange[] {
  const result: ByteRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.offset - b.offset || a.ordinal - b.ordinal)) {
    const last = result.at(-1);
    if (!last || range.offset >= last.offset + last.length) result.push({ ...range });
    else last.length = Math.max(last.length, range.offset + range.length - last.offset);
  }
  return result;
}

/** Objects that had gone before they were read, and are there again as they were planned. */
async function returnedObjects(ports: ReplayPorts, { replays, outcomes }: Quarantined): Promise<Source[]> {
  const { rows } = await ports.engine.query('select unit from units where missing_objects > 0 order by unit');
  const units = rows.map(([unit]) => String(unit));
  const found = await concurrently(units, AT_ONCE, async (unit): Promise<Source[]> => {
    const outcome = await outcomes.of(unit);
    if (outcome?.kind !== 'first') return [];
    const { units: planned } = await readPlan(ports.lake, outcome.plan);
    const gone = new Set(outcome.problems.flatMap(({ key, problem }) => (problem === 'source_missing' ? [key] : [])));
    const returned: Source[] = [];
    for (const object of planned.flatMap(({ objects }) => objects)) {
      if (!gone.has(object.key)) continue;
      const later = replays.after(-1, { key: object.key, range: null });
      const isBack = later.every(({ status }) => status === 'failed') && (await isThere(ports, object));
      if (isBack) {
        returned.push({ object, records: [] });
      }
    }
    return returned;
  });
  return found.flat();
}

/** Whether the object is there with the bytes that were read, or what an erasure has left of them; if none were ever read, whether it is there. */
async function isThere(ports: Pick<ReplayPorts, 'raw' | 'lake'>, planned: PlannedObject): Promise<boolean> {
  const { raw } = ports;
  const { key, etag, isReread, sha256 } = planned;
  for await (const object of raw.list(key)) {
    if (object.key !== key) return false;
    if (!isReread || object.etag === etag) return true;
    const digest = raw.hasTimedEtags && sha256 !== undefined ? await digestOf(raw, object) : undefined;
    return (digest !== undefined && digest === sha256) || new RewrittenObjects(ports).isFrom(planned, object, digest);
  }
  return false;
}

/** Raw objects by the plans that sealed them. The plan read last is kept: the next object is often in the same. */
class FirstObjects {
  readonly #lake: ReplayPorts['lake'];
  readonly #outcomes: Outcomes;
  #plan: { key: string; objects: Promise<Map<string, PlannedObject>> } | null = null;

  constructor(lake: ReplayPorts['lake'], outcomes: Outcomes) {
    this.#lake = lake;
    this.#outcomes = outcomes;
  }

  async find(attempt: string, key: string): Promise<PlannedObject | undefined> {
    const outcome = await this.#outcomes.of(unitOfAttempt(attempt));
    if (!outcome) return undefined;
    if (this.#plan?.key !== outcome.plan) this.#plan = { key: outcome.plan, objects: this.#read(outcome.plan) };
    return (await this.#plan.objects).get(key);
  }

  async #read(plan: string): Promise<Map<string, PlannedObject>> {
    const { units } = await readPlan(this.#lake, plan);
    return new Map(units.flatMap(({ objects }) => objects).map((object) => [object.key, object]));
  }
}

/**
 * Cuts the objects into units as plan does, but gives an object that made its unit fail three times a unit of its own,
 * so that it affects no other.
 */
function sealReplay(sources: readonly Source[], { limits }: Settings, id: (i: number) => string): PlannedUnit[] {
  const isPoison = ({ records }: Source): boolean => records.some(({ reason }) => reason === 'poison');
  const harmless = sources.filter((source) => !isPoison(source)).map(({ object }) => object);
  const units = seal(harmless, limits, id);
  for (const { object } of sources.filter(isPoison)) units.push({ id: id(units.length), objects: [object] });
  return units;
}

const byObject = (a: Source, b: Source): number => byKey([a.object.key, a], [b.object.key, b]);
const byKey = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : a > b ? 1 : 0);
