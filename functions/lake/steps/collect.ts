/**
 * collect: removes files that nothing reads any more, and returns what it removed. It heals each day first, asks the
 * catalog before it removes anything, and removes nothing of a day whose newest generation is not whole: then what is
 * older is the only copy, and settle makes the day again from it.
 */

import { concurrently } from '../concurrently.ts';
import { DAY_MS } from '../days.ts';
import type { Ports, StoredObject } from '../ports.ts';
import { type DataDay, dataDay, liveDays } from '../protocol/day-files.ts';
import { expiredDays } from '../protocol/expired.ts';
import {
  attemptOfFile,
  dayOfKey,
  generationFolder,
  liveFolder,
  rollupFolder,
  rollupKey,
  settledRoot,
  unerasedFile,
  unitOfAttempt,
} from '../protocol/keys.ts';
import { leafOutcomes, Outcomes } from '../protocol/outcomes.ts';
import { countingFiles } from '../protocol/quarantine-files.ts';
import { heal, lastHealed } from '../protocol/readers.ts';
import { DamagedRecord, newestGenerations, readableGeneration, readState } from '../protocol/records.ts';
import { faultsOf } from '../protocol/settled-files.ts';
import { quarantine, recipientMessages, SETTLED_TABLES } from '../tables/index.ts';
import { auditScope } from './audit/drifts.ts';
import { leftByExpiry } from './collect/expired.ts';
import { leftByRebuilds, rebuildEnds } from './collect/rebuilt.ts';
import { COLLECT_RULES, type CollectRules, type ReadersLocation, type SettledLocation } from './collect/rules.ts';
import { isFrozen } from './rollup/stale-days.ts';

export type CollectPorts = Pick<Ports, 'lake' | 'catalog' | 'clock'>;

export interface Removed {
  key: string;
  bytes: number;
  why: 'superseded' | 'settled' | 'lost' | 'rebuild' | 'expired';
}

const AT_ONCE = 16;
const COLLECTED = [...SETTLED_TABLES, quarantine, recipientMessages];

/**
 * Looks at every day that has live files or a settled location beside that of its newest generation, at the last days, and at a
 * thirtieth of the older ones. Costs a listing of the settled files and one of all generations, about seven calls for each day that it looks at, and one a file removed;
 * of a day with something to remove the newest generation's files are looked at, on a disk byte by byte.
 */
export async function collect(ports: CollectPorts, rules: CollectRules = COLLECT_RULES): Promise<Removed[]> {
  const outcomes = new Outcomes(ports.lake);
  const scope = auditScope('daily', ports.clock.now());
  const removed: Removed[] = [];
  const ends = await rebuildEnds(ports.lake);
  const expired = await expiredDays(ports.lake);
  const newest = new Map(
    (await newestGenerations(ports.lake, COLLECTED)).map(({ table, dt, n }) => [`${table} ${dt}`, n] as const),
  );
  for (const { name } of COLLECTED) {
    const locations = await settledLocations(ports, name);
    const live = new Set(await liveDays(ports.lake, name));
    const dts = [...new Set([...locations.keys(), ...live])].sort();
    const frozen = new Set(name === recipientMessages.name ? dts.filter((dt) => isFrozen(expired, dt)) : []);
    // A day whose one settled location is its newest generation's, without live files, seldom has anything to remove: it waits
    // for its turn. One whose newest generation has no rows has none of its own, and what lies there is another's.
    const mayHold = (dt: string): boolean => {
      const there = locations.get(dt) ?? [];
      return (
        live.has(dt) ||
        there.length > 1 ||
        there.some(({ n }) => n !== newest.get(`${name} ${dt}`)) ||
        scope.includesDay(dt)
      );
    };
    const isGone = (dt: string): boolean => expired.has(name, dt);
    const ofDays = await concurrently(
      dts.filter((dt) => !isGone(dt) && mayHold(dt)),
      AT_ONCE,
      (dt) => collectDay(ports, rules, { outcomes, ends, frozen }, name, dt, locations.get(dt) ?? []),
    );
    const gone = dts.filter(isGone).map((dt) => ({ dt, locations: locations.get(dt) ?? [] }));
    const ofGone = await concurrently(await leftByExpiry(ports, rules, name, gone), AT_ONCE, (files) =>
      removeAll(ports.lake, files, 'expired'),
    );
    for (const ofDay of [...ofDays, ...ofGone]) removed.push(...ofDay);
  }
  return removed;
}

interface Known {
  outcomes: Outcomes;
  ends: Awaited<ReturnType<typeof rebuildEnds>>;
  /** send days that nobody computes any more */
  frozen: ReadonlySet<string>;
}

async function collectDay(
  ports: CollectPorts,
  rules: CollectRules,
  { outcomes, ends, frozen }: Known,
  table: string,
  dt: string,
  locations: readonly SettledLocation[],
): Promise<Removed[]> {
  const day = await dataDay(ports.lake, table, dt);
  const { newest } = day;
  if (day.damagedRecord !== null) return [];
  const hasPartition = newest !== null && (newest.rows_out > 0 || locations.length > 0);
  if (rules.healsFirst && hasPartition) await heal(ports, table, newest);
  // No rollup, and no switch to a rebuild, makes another generation of a send day whose events have expired.
  const isLeft = ({ location }: SettledLocation): boolean => frozen.has(dt) && location !== newest?.location;
  const superseded = locations.filter((one) => rules.isSuperseded(one, day) || isLeft(one));
  // What is ahead may be a settle's that is at work, and nothing else tells: so a clock that is ahead by a day must not do.
  const left = (await leftByRebuilds(ports.lake, rules, day, locations, ends)).filter(({ location, since }) =>
    rules.isPastGrace(Math.max(since, newestOf(location)) + DAY_MS, ports.clock.now()),
  );
  if (superseded.length === 0 && day.live.length === 0 && left.length === 0) return [];
  const [partition] = await ports.catalog.locations(table, [dt]);
  const now: Readers = { see: partition?.location ?? null, healedAt: await lastHealed(ports.lake, table, dt) };
  const removable = superseded.flatMap((one) => removableLocation(ports, rules, day, one, now));
  const takenIn = settledFiles(ports, rules, day, now);
  const others = new Set(takenIn.map(({ key }) => key));
  const unsettled = day.live.filter(({ key }) => !others.has(key));
  const lost = await lostAttempts(ports, rules, outcomes, day, unsettled, now);
  const ofRebuilds = left.flatMap(({ location }) => location.files);
  if (removable.length + takenIn.length + lost.length + ofRebuilds.length === 0) return [];
  if (newest && !rules.isWhole(await faultsOf(ports.lake, newest, 'content'))) return [];
  return [
    ...(await removeAll(ports.lake, removable, 'superseded')),
    ...(await removeAll(ports.lake, takenIn, 'settled')),
    ...(await removeAll(ports.lake, lost, 'lost')),
    ...(await removeAll(ports.lake, ofRebuilds, 'rebuild')),
  ];
}

interface Readers {
  see: ReadersLocation;
  /** Readers that were pointed elsewhere until then may still read there: the grace period begins then. Epoch ms. */
  healedAt: number;
}

/** Of a superseded generation, or of what a settle or rollup left that lost or died. */
function removableLocation(
  { clock }: CollectPorts,
  rules: CollectRules,
  day: DataDay,
  one: SettledLocation,
  { see, healedAt }: Readers,
): readonly StoredObject[] {
  if (!rules.isUnread(one.location, see)) return [];
  const decidedAt = day.generations.get(one.n + 1) ?? day.generations.get(one.n) ?? 0;
  const since = Math.max(newestOf(one), decidedAt, healedAt);
  return rules.isPastGrace(since, clock.now()) ? one.files : [];
}

const newestOf = ({ files }: SettledLocation): number =>
  files.reduce((newest, { modified }) => Math.max(newest, modified), 0);

/** Live files whose rows the newest generation holds. */
function settledFiles(
  { clock }: CollectPorts,
  rules: CollectRules,
  day: DataDay,
  { see, healedAt }: Readers,
): StoredObject[] {
  const { newest, table, dt, live, generations } = day;
  if (!newest || live.length === 0 || !rules.isUnread(liveFolder(table, dt), see)) return [];
  const takenInAt = Math.max(generations.get(newest.generation) ?? Number.POSITIVE_INFINITY, healedAt);
  return live.filter(({ key, modified }) => {
    const attempt = attemptOfFile(key);
    const isOld = rules.isPastGrace(Math.max(modified, takenInAt), clock.now());
    return isOld && attempt !== null && rules.isSettled(attempt, day);
  });
}

/**
 * Live and quarantine files of attempts that lost against another, or whose unit was split, and files of quarantine that were
 * written once more. Readers of an open day list
 * them with the others, and a query would fail on one that goes: they wait until the day is settled. Quarantine, which
 * never is, can't wait.
 */
async function lostAttempts(
  { clock }: CollectPorts,
  rules: CollectRules,
  outcomes: Outcomes,
  { newest, table, dt, generations }: DataDay,
  live: readonly StoredObject[],
  { see, healedAt }: Readers,
): Promise<StoredObject[]> {
  const isSettled = table !== quarantine.name;
  if (live.length === 0 || (isSettled && !rules.isUnread(liveFolder(table, dt), see))) return [];
  const unreadSince = isSettled && newest ? Math.max(Math.min(...generations.values()), healedAt) : 0;
  const seen = new Set(newest?.attempt_list);
  const counting = countingFiles(live);
  const lost: StoredObject[] = [];
  for (const object of live) {
    const attempt = attemptOfFile(object.key);
    const named = unerasedFile(object.key);
    const written = counting.get(named) ?? object;
    if (
      attempt === null ||
      seen.has(attempt) ||
      !rules.isPastGrace(Math.max(written.modified, unreadSince), clock.now())
    )
      continue;
    const leaves = await leafOutcomes(outcomes, unitOfAttempt(attempt));
    if (written !== object || rules.isUnreferenced(named, leaves)) lost.push(object);
  }
  return lost;
}

async function removeAll(
  lake: CollectPorts['lake'],
  files: readonly StoredObject[],
  why: Removed['why'],
): Promise<Removed[]> {
  return concurrently(files, AT_ONCE, async ({ key, size }) => {
    await lake.remove(key);
    return { key, bytes: size, why };
  });
}

/**
 * Which generation a rollup run was to be of each day. Where its record is gone or damaged, by the generations that
 * name the run; what none names stays, as it may be under way.
 */
async function rollupDays(
  lake: CollectPorts['lake'],
  table: string,
  run: string,
): Promise<Record<string, number> | null> {
  const record = await readState<{ days?: Record<string, number> }>(lake, rollupKey(run)).catch((error: unknown) => {
    if (error instanceof DamagedRecord) return null;
    throw error;
  });
  if (record?.days) return record.days;
  const days: Record<string, number> = {};
  for await (const folder of lake.prefixes(rollupFolder(table, run))) {
    const dt = dayOfKey(folder);
    for await (const { key } of lake.list(generationFolder(table, dt), { shallow: true })) {
      const generation = await readableGeneration(lake, key);
      if (generation?.location === folder) days[dt] = generation.generation;
    }
  }
  return days;
}

/** What one record names together: the folder of a file, and of a part of a send day the folder around it. */
const locationOf = (key: string): string =>
  key.slice(0, key.lastIndexOf('/') + 1).replace(/(\/dt=[^/]+\/)\d+\/$/, '$1');

/** By day, what lies below `settled/<table>/`: `dt=D/<n>-<nonce>/*`, or of a rollup `<run>/dt=D/*` and `<run>/dt=D/<part>/*`. */
async function settledLocations({ lake }: CollectPorts, table: string): Promise<Map<string, SettledLocation[]>> {
  const files = new Map<string, StoredObject[]>();
  for await (const object of lake.list(settledRoot(table))) {
    const location = locationOf(object.key);
    const others = files.get(location);
    if (others) others.push(object);
    else files.set(location, [object]);
  }
  const runs = new Set([...files.keys()].flatMap((location) => rollupOf(table, location)?.run ?? []));
  const daysOf = new Map(
    await concurrently(runs, AT_ONCE, async (run) => [run, await rollupDays(lake, table, run)] as const),
  );
  const found = new Map<string, SettledLocation[]>();
  for (const [location, ofLocation] of files) {
    // What a rebuild has read has a word where others have their number.
    const [, settledDay, number] = /\/dt=(\d{4}-\d\d-\d\d)\/(\d+|rebuild)-[^/]+\/$/.exec(location) ?? [];
    const rolledUp = rollupOf(table, location);
    const dt = settledDay ?? rolledUp?.dt;
    const n = number === undefined ? rolledUp && daysOf.get(rolledUp.run)?.[rolledUp.dt] : Number(number);
    // The audit names files that no step made.
    if (dt === undefined || typeof n !== 'number') continue;
    found.set(dt, [...(found.get(dt) ?? []), { location, n, files: ofLocation }]);
  }
  return found;
}

/** The run and day of what a rollup wrote; null if it is no such location. */
function rollupOf(table: string, location: string): { run: string; dt: string } | null {
  const [, run = '', dt = ''] = /\/([^/]+)\/dt=(\d{4}-\d\d-\d\d)\/$/.exec(location) ?? [];
  return location === `${rollupFolder(table, run)}dt=${dt}/` ? { run, dt } : null;
}
