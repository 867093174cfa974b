/**
 * Keys in the lake store, all under `v1/`, the version of layout and meaning: what lies where is said here and nowhere
 * else. Described in functions/README.md, "The protocol".
 */
import { hash } from 'node:crypto';

const ROOT = 'v1';
const STATE = `${ROOT}/state`;

export const liveRoot = (table: string): string => `${ROOT}/live/${table}/`;
export const liveFolder = (table: string, dt: string): string => `${liveRoot(table)}dt=${dt}/`;
export const settledRoot = (table: string): string => `${ROOT}/settled/${table}/`;
export const settledFolder = (table: string, dt: string, generation: string): string =>
  `${ROOT}/settled/${table}/dt=${dt}/${generation}/`;
/** What tells a settled location, or a file in it, from others of its day: the folder behind the day, of a rollup the one before it. */
export const generationOfLocation = (key: string): string =>
  /\/settled\/[^/]+\/(?:dt=[^/]+\/)?([^/]+)\//.exec(key)?.[1] ?? '';
/** One location for the many days of a rollup run; the engine makes a `dt=D/` folder for each. */
export const rollupFolder = (table: string, run: string): string => `${ROOT}/settled/${table}/${run}/`;

export const plansRoot = `${STATE}/plans/`;
export const planFolder = (rawPrefix: string): string => `${plansRoot}${rawPrefix}`;
export const planKey = (rawPrefix: string, n: number): string => `${planFolder(rawPrefix)}${n}.json`;

const COUNTED_FROM = 9_999_999_999;
/** A number as ten digits that count down, so that a listing begins with the newest. */
const newestFirst = (n: number): string => String(COUNTED_FROM - n).padStart(10, '0');
/** The number that such digits at the beginning of a name stand for. */
const numberOfNewest = (name: string): number => COUNTED_FROM - Number(name.slice(0, 10));

/** Says what the first plans of a raw prefix hold; the newest comes first in a listing. */
export const checkpointsRoot = `${STATE}/checkpoints/`;
export const checkpointFolder = (rawPrefix: string): string => `${checkpointsRoot}${rawPrefix}`;
export const checkpointKey = (rawPrefix: string, plans: number, nonce: string): string =>
  `${checkpointFolder(rawPrefix)}${newestFirst(plans)}-${nonce}.json`;

/** Keys and etags of planned objects, part by part of the raw prefix's listing. */
export const segmentsRoot = `${STATE}/segments/`;
export const segmentKey = (rawPrefix: string, nonce: string, i: number): string =>
  `${segmentsRoot}${shortHash(rawPrefix)}/${nonce}-${i}.json.gz`;

/** How far planners have come that list a raw prefix, or those of a template, part by part. */
export const cursorsRoot = `${STATE}/cursors/`;
export const cursorFolder = (of: string): string => `${cursorsRoot}${shortHash(of)}/`;
export const cursorKey = (of: string, n: number): string => `${cursorFolder(of)}${newestFirst(n)}.json`;
export const numberOfCursor = (key: string): number => numberOfNewest(key.slice(key.lastIndexOf('/') + 1));

/** Raw templates that a source has been planned by; the highest number is that of the newest. */
export const layoutFolder = (mount: string): string => `${STATE}/layouts/${mount}`;
export const layoutKey = (mount: string, n: number, name: string): string => `${layoutFolder(mount)}${n}-${name}.json`;

/** Raw prefixes whose objects were all found in plans; the name says how many objects and which. */
export const closedFolder = (rawPrefix: string): string => `${STATE}/closed/${rawPrefix}`;
export const closedKey = (rawPrefix: string, objects: number, digest: string): string =>
  `${closedFolder(rawPrefix)}${objects}-${digest}.json`;

/** Objects of a raw prefix that lie there under another etag than their plan's, with the same bytes. */
export const aliasFolder = (rawPrefix: string): string => `${STATE}/aliases/${rawPrefix}`;
export const aliasKey = (rawPrefix: string, n: number): string => `${aliasFolder(rawPrefix)}${n}.json`;

/** What an attempt has read, where etags don't tell. */
export const contentsKey = (attempt: string): string => `${STATE}/contents/dt=${planDayOf(attempt)}/${attempt}.json`;

/** Plans of replays: beside those of raw prefixes, whatever these are called. */
export const replaysRoot = `${STATE}/replays/`;
export const replayKey = (n: number): string => `${replaysRoot}${n}.json`;

/** Rebuilds, by number; each has a state of its own (rebuild-store.ts), laid out as that of the lake. */
export const rebuildsRoot = `${STATE}/rebuilds/`;
export const rebuildKey = (n: number): string => `${rebuildsRoot}${n}.json`;
/** Says what became of a rebuild: create-only, so that it is switched to or dropped, and never both. */
export const rebuildEndKey = (n: number): string => `${rebuildsRoot}${n}/end.json`;
const rebuildState = (n: number): string => `${rebuildsRoot}${n}/state/`;
/** Plan k of a rebuild, as its own store has it. */
export const rebuildPlanKey = (k: number): string => planKey('', k);
/** Days that a rebuild has made, each by the number of the generation that it is going to be. */
export const rebuiltDaysRoot = (n: number): string => `${rebuildsRoot}${n}/days/`;
export const rebuiltDayFolder = (n: number, table: string, dt: string): string =>
  `${rebuiltDaysRoot(n)}dt=${dt}/${table}/`;
export const rebuiltDayKey = (n: number, table: string, dt: string, generation: number): string =>
  `${rebuiltDayFolder(n, table, dt)}${generation}.json`;
/** Says that a day can't be made any more, and that readers keep what they have. */
export const keptDayKey = (n: number, table: string, dt: string): string =>
  `${rebuiltDayFolder(n, table, dt)}kept.json`;
/** Says of a rebuild how far it has come, so that nobody has to look again (rebuilds.ts). */
export const rebuildMarkKey = (n: number, mark: string): string => `${rebuildsRoot}${n}/${mark}.json`;
/** Work of a rebuild that was handed to a worker at a time, so that in the same time nobody hands it out again. */
export const handedKey = (n: number, what: string, when: string): string =>
  `${rebuildsRoot}${n}/handed/${what}.${when}.json`;
/** What a rebuild read of a day: beside the settled locations, where no reader looks. */
export const rebuiltName = (n: number): string => `rebuild-${n}`;
export const rebuiltFolder = (n: number, table: string, dt: string): string => settledFolder(table, dt, rebuiltName(n));
/** The rebuild whose files a location has; null if it is not such a one. */
export const rebuildOfFolder = (location: string): number | null => {
  const [, n] = /\/rebuild-(\d+)\/$/.exec(location) ?? [];
  return n === undefined ? null : Number(n);
};

/** Where a rebuild keeps what the lake keeps under a key: its state in a folder of its own, live files beside the settled ones. */
export function keyInRebuild(n: number, key: string): string {
  // Whoever is to be forgotten is so in a rebuild, too.
  if (key.startsWith(erasuresRoot)) return key;
  const [, table = '', dt = '', file = ''] = /^v1\/live\/(\w+)\/dt=([\d-]+)\/(.*)$/.exec(key) ?? [];
  if (dt !== '') return `${rebuiltFolder(n, table, dt)}${file}`;
  if (key.startsWith(`${STATE}/`)) return `${rebuildState(n)}${key.slice(STATE.length + 1)}`;
  throw new Error(`a rebuild has no such key: ${key}`);
}

/** The lake's key for what a rebuild has under one. */
export function keyOutOfRebuild(n: number, key: string): string {
  if (key.startsWith(erasuresRoot)) return key;
  if (key.startsWith(rebuildState(n))) return `${STATE}/${key.slice(rebuildState(n).length)}`;
  const [, table = '', dt = '', name = '', file = ''] =
    /^v1\/settled\/(\w+)\/dt=([\d-]+)\/([^/]+)\/(.*)$/.exec(key) ?? [];
  if (name !== rebuiltName(n)) throw new Error(`not a key of rebuild ${n}: ${key}`);
  return `${liveFolder(table, dt)}${file}`;
}

/** Persons to be forgotten: each record has all there were, and the newest comes first. */
export const erasuresRoot = `${STATE}/erasures/`;
export const erasureKey = (n: number): string => `${erasuresRoot}${newestFirst(n)}.json`;
const erasureFolder = (n: number): string => `${erasuresRoot}${newestFirst(n)}/`;
/** Says that everything there was has been looked through. */
export const erasureEndKey = (n: number): string => `${erasureFolder(n)}end.json`;
/** What was looked through, before it was said to be over and later. */
export const searchedFolder = (n: number, isOver: boolean): string =>
  `${erasureFolder(n)}${isOver ? 'later' : 'searched'}/`;
export const searchedKey = (n: number, isOver: boolean, nonce: string): string =>
  `${searchedFolder(n, isOver)}${nonce}.json`;
/** Says that a look found nothing left, once it was over: the name says when it began, and the newest comes first. */
export const restsFolder = (n: number): string => `${erasureFolder(n)}rests/`;
export const restKey = (n: number, lookedAt: number): string =>
  `${restsFolder(n)}${newestFirst(Math.floor(lookedAt / 1000))}.json`;
export const lookedAtOfRest = (key: string): number => numberOfNewest(key.slice(key.lastIndexOf('/') + 1)) * 1000;
/** Says that the raw objects of a unit were looked through, and what was written of them. */
export const searchedRawFolder = (n: number): string => `${erasureFolder(n)}raw/`;
export const searchedRawKey = (n: number, unit: string, isWhole: boolean): string =>
  `${searchedRawFolder(n)}${unit}${isWhole ? '' : '.gone'}.json`;
/** The unit that such a key is about; `isWhole`: none of its objects was missing. */
export const unitOfSearchedRaw = (key: string): { unit: string; isWhole: boolean } => {
  const [, unit = '', gone = ''] = /\/([^/.]+)(\.gone)?\.json$/.exec(key) ?? [];
  return { unit, isWhole: gone === '' };
};
/** Says that raw objects are to be looked through, too; the newest comes first. */
export const askedRawRoot = `${erasuresRoot}asked-raw/`;
export const askedRawKey = (k: number): string => `${askedRawRoot}${newestFirst(k)}.json`;
/** Says that what was asked for is done. */
export const askedRawEndKey = (k: number): string => `${askedRawRoot}${newestFirst(k)}/over.json`;
/** What is about to take the place of a raw object, by its content; and under which etags that has come to lie there. */
export const rewrittenFolder = (key: string): string => `${erasuresRoot}rewritten/${shortHash(key)}/`;
export const rewrittenKey = (key: string, sha256: string): string => `${rewrittenFolder(key)}${sha256}.json`;
export const rewrittenEtagKey = (key: string, sha256: string, etag: string): string =>
  `${rewrittenFolder(key)}${sha256}/${shortHash(etag)}.json`;
/** A file of quarantine that was written once more without erased persons. */
export const erasedFile = (key: string, n: number): string => key.replace(/(?:-e\d+)?\.parquet$/, `-e${n}.parquet`);
/** For which erasure it was; −1: for none. */
export const erasureOfFile = (key: string): number => Number(/-e(\d+)\.parquet$/.exec(key)?.[1] ?? -1);
/** The file that it takes the place of, as its outcome names it. */
export const unerasedFile = (key: string): string => key.replace(/-e\d+\.parquet$/, '.parquet');

export const triesRoot = `${STATE}/tries/`;
export const tryFolder = (unit: string): string => `${triesRoot}${unit}/`;
export const tryKey = (unit: string, k: number): string => `${tryFolder(unit)}${k}.json`;
/** How try k ended: in the name, so that one listing says all of a unit's tries. */
export const tryEndKey = (unit: string, k: number, end: string): string => `${tryFolder(unit)}${k}.${end}.json`;

export const outcomesRoot = `${STATE}/units/`;
export const outcomeFolder = (planDay: string): string => `${outcomesRoot}dt=${planDay}/`;
export const outcomeKey = (unit: string): string => `${outcomeFolder(planDayOf(unit))}${unit}.json`;

/** A hint made before a unit's outcome may become a split: a listing of outcomes doesn't say which ones are splits. */
export const splitFolder = (planDay: string): string => `${STATE}/splits/dt=${planDay}/`;
export const splitKey = (unit: string): string => `${splitFolder(planDayOf(unit))}${unit}.json`;

/**
 * Made before a plan: the day of its units and how many they are, so that a listing of a day says which units were planned
 * then. If the planner died, or another one made the plan, the plan counts.
 */
export const plannedFolder = (planDay: string): string => `${STATE}/planned/dt=${planDay}/`;
export const plannedKey = (firstUnit: string, units: number): string =>
  `${plannedFolder(planDayOf(firstUnit))}${firstUnit.slice('YYYY-MM-DD-'.length, -'-0'.length)}-${units}.json`;
/** Ids of the units that such a key says were planned; none if it is of another make. */
export const plannedUnits = (key: string): string[] => {
  const [, name = '', units = '0'] = /\/([0-9a-f]{12}-\d+)-(\d+)\.json$/.exec(key) ?? [];
  return Array.from({ length: Number(units) }, (_, i) => `${dayOfKey(key)}-${name}-${i}`);
};

/** Says that each unit of the plans that the store took in on a day has its outcome. */
export const decidedDaysRoot = `${STATE}/decided/`;
export const decidedDayKey = (dt: string): string => `${decidedDaysRoot}dt=${dt}/decided.json`;

/** Says that units without outcome have been queued again in an hour. */
export const requeueKey = (dt: string, hour: number): string =>
  `${STATE}/requeues/dt=${dt}/${String(hour).padStart(2, '0')}.json`;

export const generationsRoot = `${STATE}/generations/`;
export const generationFolder = (table: string, dt: string): string => `${generationsRoot}dt=${dt}/${table}/`;
export const generationKey = (table: string, dt: string, n: number): string =>
  `${generationFolder(table, dt)}${n}.json`;

/** Which generation of which day a key is the record of, in the lake or in a rebuild; null if it is no such record. */
export const generationOfKey = (key: string): { table: string; dt: string; n: number } | null => {
  const [, dt, table, n] = /\/dt=(\d{4}-\d\d-\d\d)\/(\w+)\/(\d+)\.json$/.exec(key) ?? [];
  return dt === undefined || table === undefined ? null : { table, dt, n: Number(n) };
};

/** Says that all days of a table up to one have expired; the last such day comes first in a listing. */
export const expiredRoot = `${STATE}/expired/`;
export const expiredFolder = (table: string): string => `${expiredRoot}${table}/`;
export const expiredKey = (table: string, dt: string): string =>
  `${expiredFolder(table)}${newestFirst(Number(dt.replaceAll('-', '')))}-${dt}.json`;
export const lastDayOfExpired = (key: string): string => key.slice(-'YYYY-MM-DD.json'.length, -'.json'.length);

/** Says that readers of a day were pointed elsewhere than at generation n, or anywhere if it expires, until now. */
export const healFolder = (table: string, dt: string): string => `${STATE}/heals/dt=${dt}/${table}/`;
export const healKey = (table: string, dt: string, n: number | 'expired', nonce: string): string =>
  `${healFolder(table, dt)}${n}-${nonce}.json`;

/** Says that every generation was computed by the rules of this recipe; the highest number counts. */
export const recipesRoot = `${STATE}/recipes/`;
export const recipeKey = (n: number, recipe: string): string => `${recipesRoot}${n}-${recipe}.json`;

export const rollupKey = (run: string): string => `${STATE}/rollups/${run}.json`;

/** Says that a group of the send days that a rollup handed out together has been worked on. */
export const batchFolder = (batch: string): string => `${STATE}/batches/${batch}/`;
export const batchKey = (batch: string, group: number): string => `${batchFolder(batch)}${group}.json`;

/** Records of a day of `units` or `generations`, gathered for readers; the name says how many they are. */
export const compactedRoot = `${STATE}/compacted/`;
export const compactedFolder = (table: string, dt: string, records: number, nonce: string): string =>
  `${compactedRoot}${table}/dt=${dt}/${records}-${nonce}/`;
/** How many records a location gathers; null if it is not such a one. */
export const recordsGathered = (location: string): number | null => {
  const [, n] =
    /^\/\w+\/dt=[\d-]+\/(\d+)-[^/]+\/$/.exec(
      location.startsWith(compactedRoot) ? location.slice(compactedRoot.length - 1) : '',
    ) ?? [];
  return n === undefined ? null : Number(n);
};

export const auditsRoot = `${STATE}/audits/`;
export const auditKey = (dt: string, nonce: string): string => `${auditsRoot}dt=${dt}/${nonce}.json`;

/** Drifts that a person has seen and that stay as they are; the name says which. */
export const acknowledgedRoot = `${STATE}/acknowledged/`;
export const acknowledgedKey = (kind: string, digest: string): string => `${acknowledgedRoot}${kind}/${digest}.json`;

/** What was told about mail: by subject its records, and beside them how each was delivered. */
export const alertsRoot = `${STATE}/alerts/`;
export const alertFolder = (subject: string): string => `${alertsRoot}${shortHash(subject)}/`;
export const alertKey = (subject: string, n: number): string => `${alertFolder(subject)}${n}.json`;
/** Says that somebody is about to tell a record on a channel: try k. */
export const alertTryKey = (subject: string, n: number, channel: string, k: number): string =>
  `${alertFolder(subject)}${n}.${channel}.${k}.json`;
/** Says that it was told on a channel, or on all. */
export const alertToldKey = (subject: string, n: number, channel?: string): string =>
  `${alertFolder(subject)}${n}.${channel === undefined ? '' : `${channel}.`}told.json`;

/** What an hourly look compares the hours of a day with. */
export const hourlyBaselineKey = (dt: string): string => `${STATE}/baselines/dt=${dt}/hours.json`;

/** Names the key that the lake's addresses are hashed under, by its fingerprint. */
export const addressKey = `${STATE}/addresses/key.json`;

/** The number in a key that ends in `/<n>.json`, or null. */
export const numberOf = (key: string): number | null => {
  const match = /(?:^|\/)(\d+)\.json$/.exec(key);
  return match ? Number(match[1]) : null;
};

/** The value of the `dt=` folder in a key. @throws Error if it has none */
export const dayOfKey = (key: string): string => {
  const match = /(?:^|\/)dt=(\d{4}-\d\d-\d\d)(?:\/|$)/.exec(key);
  if (!match?.[1]) throw new Error(`key has no dt= folder: ${key}`);
  return match[1];
};

const shortHash = (text: string): string => hash('sha256', text, 'hex').slice(0, 12);

/** `<plan day>-<hash of raw prefix>-<n>-<i>`: unit i of plan n of a raw prefix. */
export const unitId = (planDay: string, rawPrefix: string, n: number, i: number): string =>
  `${planDay}-${shortHash(rawPrefix)}-${n}-${i}`;

/** Unit i of replay n; NUL is in no raw prefix, so the id is no other unit's. */
export const replayUnitId = (planDay: string, n: number, i: number): string => unitId(planDay, '\0replay', n, i);

/** The UTC date of the planner that sealed the unit. */
export const planDayOf = (unit: string): string => unit.slice(0, 10);

/** `<unit>.<version>`; k counts attempts whose files met other content under the same name. */
export const attemptId = (unit: string, version: string, k = 0): string => `${unit}.${version}${k ? `.${k}` : ''}`;

/** The version of an attempt that quarantines its object unread: its files are never taken for those of a reading. */
export const poisonVersion = (version: string): string => `${version}.poison`;

export const unitOfAttempt = (attempt: string): string => attempt.slice(0, attempt.indexOf('.'));

/** The id of the planned unit that a unit is, or is a part of: parts have an `a` or a `b` more. */
export const plannedIdOf = (unit: string): string => unit.replace(/(?<=\d)[ab]+$/, '');

/** The unit of a plan that an attempt, or a half of it, belongs to. */
export const plannedUnitOf = (attempt: string): string => plannedIdOf(unitOfAttempt(attempt));

/** What code an attempt ran. */
export const versionOfAttempt = (attempt: string): string => attempt.split('.')[1] ?? '';

/** `<attempt>.parquet`, further parts `<attempt>-<p>.parquet`. */
export const liveFile = (table: string, dt: string, attempt: string, part: number): string =>
  `${liveFolder(table, dt)}${attempt}${part ? `-${part}` : ''}.parquet`;

/** The attempt that wrote a live file, or null for a foreign file. */
export const attemptOfFile = (key: string): string | null => {
  const name = key.slice(key.lastIndexOf('/') + 1);
  return (
    /^(\d{4}-\d\d-\d\d-[0-9a-f]{12}-\d+-\d+[ab]*\.[0-9a-f]+(?:\.poison)?(?:\.\d+)?)(?:-\d+)?(?:-e\d+)?\.parquet$/.exec(
      name,
    )?.[1] ?? null
  );
};
