/** Broken variants of the protocol, each by one rule replaced from outside: the simulator must catch every one of them. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { DAY_MS } from '#lake/days.ts';
import {
  ChangedObject,
  type Engine,
  MissingObject,
  type Ports,
  type RawEditor,
  type RawStore,
  type Store,
} from '#lake/ports.ts';
import type { Checkpoint, PlannedEntry } from '#lake/protocol/checkpoints.ts';
import {
  checkpointsRoot,
  erasuresRoot,
  expiredRoot,
  generationsRoot,
  healFolder,
  layoutFolder,
  liveFolder,
  outcomesRoot,
  plansRoot,
  rebuildsRoot,
  segmentsRoot,
} from '#lake/protocol/keys.ts';
import type { RebuildEnd } from '#lake/protocol/rebuilds.ts';
import type { Generation, Outcome } from '#lake/protocol/records.ts';
import type { SimulatedPorts } from './process.ts';
import { decodeRows } from './rows.ts';
import type { Variant, World } from './world.ts';

const NO_NONCE = '0000000000000000';
const READ = new RegExp(`^${outcomesRoot}`);
const NOTHING_READ = { attempt: '', status: 'done', files: [], problems: [] };

export const VARIANTS: readonly Variant[] = [
  {
    name: 'a location used by two runs',
    ports: (ports, step) =>
      step === 'settle' ? { ...ports, clock: { now: () => ports.clock.now(), nonce: () => NO_NONCE } } : ports,
  },
  {
    name: 'inputs read through the switched partition',
    prepare({ services: { engine }, partitions, lake }) {
      engine.keysOf = ({ table, stage, dt, keys }) => {
        if (stage === 'live') return keys;
        const location = partitions.location(table, dt);
        return location === undefined || location === liveFolder(table, dt) ? [] : [...lake.keys(location)];
      };
    },
  },
  {
    name: 'outcome before files',
    ports: (ports, step) => (step === 'work' ? { ...ports, lake: outcomeFirst(ports.lake) } : ports),
  },
  {
    name: 'plan without create-only',
    ports: (ports, step, world) =>
      step === 'plan' || step === 'audit'
        ? { ...ports, lake: overwriting(ports.lake, (key, bytes) => world.lake.put(key, bytes)) }
        : ports,
  },
  {
    name: 'a transform that re-points a partition',
    ports: (ports, step) => (step === 'work' ? { ...ports, catalog: repointing(ports.catalog) } : ports),
  },
  {
    name: 'collecting without asking the catalog',
    ports: (ports, step, world) =>
      step === 'audit' || step === 'collect' ? { ...ports, catalog: presuming(ports.catalog, world) } : ports,
  },
  {
    name: 'collecting unnamed outputs too early',
    collectRules: {
      isSuperseded: ({ location }, { newest }) => location !== newest?.location,
      isPastGrace: () => true,
    },
  },
  { name: 'collecting beside a damaged generation', collectRules: { isWhole: () => true } },
  {
    name: 'giving up what was rewritten before it was read',
    ports: (ports, step) => (step === 'work' ? { ...ports, raw: asPlannedOnly(ports.raw) } : ports),
  },
  {
    name: 'a summary written before its plans',
    ports: (ports, step) => (step === 'plan' ? { ...ports, lake: summaryFirst(ports.lake) } : ports),
  },
  {
    name: 'a summary that skips a late key',
    ports: (ports, step) => (step === 'plan' ? { ...ports, lake: skipping(ports.lake) } : ports),
  },
  {
    name: 'summaries of planners side by side under one name',
    ports: (ports, step) =>
      step === 'plan' ? { ...ports, clock: { now: () => ports.clock.now(), nonce: () => NO_NONCE } } : ports,
  },
  {
    name: 'believing what was summarised before the template changed',
    ports: (ports, step) =>
      step === 'plan' || step === 'audit' ? { ...ports, lake: withoutNumbers(ports.lake) } : ports,
  },
  {
    name: 'a send day recorded before all its parts are written',
    ports: (ports, step) => (step === 'rollup' ? { ...ports, engine: withoutWaiting(ports.engine) } : ports),
  },
  {
    name: 'a part of a send day taken from an earlier run',
    ports: (ports, step, world) =>
      step === 'rollup' ? { ...ports, engine: keepingParts(ports.engine, world) } : ports,
  },
  {
    name: 'a part of a send day that goes by what its own mail shows',
    ports: (ports, step) => (step === 'rollup' ? { ...ports, engine: withoutShown(ports.engine) } : ports),
  },
  {
    name: 'a listing of one source that shows the others, too',
    ports: (ports, _, world) => ({ ...ports, raw: showingMounts(ports.raw, world.services.mounts) }),
  },
  {
    name: 'a switch before the last day',
    ports: (ports, step) => (step === 'switch' ? { ...ports, lake: seeingOneTable(ports.lake) } : ports),
  },
  {
    name: 'a rebuilt day that takes the place of what came meanwhile',
    ports: (ports, step, world) =>
      step === 'switch'
        ? { ...ports, lake: overwriting(ports.lake, (key, bytes) => world.lake.put(key, bytes), generationsRoot) }
        : ports,
  },
  {
    name: 'a rebuilt day that does not say what it stands for',
    ports: (ports, step) =>
      step === 'rebuild' || step === 'switch' ? { ...ports, lake: forgetting(ports.lake) } : ports,
  },
  {
    name: 'a switch to a rebuild whose planner died',
    caughtAt: 106,
    ports: (ports, step) =>
      step === 'rebuild' || step === 'switch'
        ? { ...ports, lake: presumed(ports.lake, /\/rebuilds\/\d+\/planned\.json$/, {}) }
        : ports,
  },
  {
    name: 'a switch that does not note which days it is of',
    caughtAt: 533,
    ports: (ports, step) => (step === 'switch' ? { ...ports, lake: withoutDays(ports.lake) } : ports),
  },
  {
    name: 'plans of a rebuild without create-only',
    ports: (ports, step, world) =>
      step === 'rebuild'
        ? { ...ports, lake: overwriting(ports.lake, (key, bytes) => world.lake.put(key, bytes), rebuildsRoot) }
        : ports,
  },
  { name: 'a rebuild that reads another settings version half-way', rebuildSettings: { headerCarriers: ['open'] } },
  {
    name: 'a rebuild that reads what was rewritten since',
    ports: (ports, step) => (step === 'rebuild' ? { ...ports, raw: asItIs(ports.raw) } : ports),
  },
  { name: 'a collector that follows one epoch only', collectRules: { isOver: () => true } },
  {
    name: 'removing files of an expired day before readers are gone',
    ports: (ports, step) =>
      step === 'collect' || step === 'audit'
        ? {
            ...ports,
            lake: withoutTimesOfExpiry(ports.lake),
            catalog: { ...ports.catalog, dropPartitions: async () => {} },
          }
        : ports,
    collectRules: { isHidden: () => true },
  },
  {
    name: 'removing files of an expired day without a time of grace',
    caughtAt: 434,
    ports: (ports, step) =>
      step === 'collect' || step === 'audit' ? { ...ports, lake: withoutTimesOfExpiry(ports.lake) } : ports,
  },
  {
    name: 'a late copy that brings an expired day back',
    ports: (ports, step) => (step === 'settle' ? { ...ports, lake: withoutExpiry(ports.lake) } : ports),
  },
  {
    name: 'a rebuild that brings an expired day back',
    ports: (ports, step) =>
      step === 'rebuild' || step === 'switch' ? { ...ports, lake: withoutExpiry(ports.lake) } : ports,
  },
  {
    name: 'a send day computed from what is left of its events',
    ports: (ports, step, world) => (step === 'rollup' ? { ...ports, lake: fromWhatIsLeft(ports.lake, world) } : ports),
  },
  {
    name: 'a retention that counts from the beginning of a day',
    ports: (ports, step) =>
      step === 'collect' || step === 'audit'
        ? { ...ports, clock: { ...ports.clock, now: () => ports.clock.now() + DAY_MS } }
        : ports,
  },
  {
    name: 'a late copy that comes back',
    ports: (ports, step) => (step === 'work' ? { ...ports, lake: readingOn(ports.lake) } : ports),
  },
  {
    name: 'erasing only settled files',
    ports: (ports, step) => (step === 'erase' ? { ...ports, lake: withoutLive(ports.lake) } : ports),
  },
  {
    name: 'a settled day that says it was looked through for all who are to be forgotten',
    ports: (ports, step) => (step === 'settle' ? { ...ports, lake: claiming(ports.lake, generationsRoot) } : ports),
  },
  {
    name: 'a day that was looked through for others before',
    ports: (ports, step) => (step === 'erase' ? { ...ports, lake: showingAllSearched(ports.lake) } : ports),
  },
  {
    name: 'an erasure that rests for ever once a look has found nothing left',
    ports: (ports, step) => (step === 'erase' ? { ...ports, lake: restingForEver(ports.lake) } : ports),
  },
  {
    name: 'writing a raw object before it was read',
    ports: (ports, step) => (step === 'erase' ? { ...ports, lake: presumed(ports.lake, READ, NOTHING_READ) } : ports),
  },
  {
    name: 'writing a raw object without a condition',
    ports: (ports, step, world) =>
      step === 'erase' ? { ...ports, editor: writingOver(ports.editor, (key) => world.raw.held(key)?.etag) } : ports,
  },
  {
    name: 'saying what a raw object becomes once it has become so',
    caughtAt: 151,
    ports: (ports, step) => (step === 'erase' ? announcingLate(ports) : ports),
  },
  {
    name: 'an audit that knows of no raw object that was written once more',
    ports: (ports, step) => (step === 'audit' ? { ...ports, lake: withoutRewritings(ports.lake) } : ports),
  },
  {
    name: 'an audit that excuses any change of a raw object',
    ports: (ports, step, world) =>
      step === 'audit' ? { ...ports, raw: asPlanned(ports.raw, (key) => world.invariants.etagOf(key)) } : ports,
  },
  {
    name: 'an audit that excuses any change of a raw object that an erasure has written',
    ports: (ports, step, world) =>
      step === 'audit'
        ? {
            ...ports,
            raw: asPlanned(ports.raw, (key) =>
              [...world.rewritten.values()].some((one) => one.key === key) ? world.invariants.etagOf(key) : undefined,
            ),
          }
        : ports,
  },
  {
    name: 'a rebuild that does not know its objects once they were written again',
    ports: (ports, step) =>
      step === 'rebuild' || step === 'switch' ? { ...ports, lake: withoutRewritings(ports.lake) } : ports,
  },
  { name: 'headers from opens', settings: { headerCarriers: ['send', 'open'] } },
];

/** Knows of no day that it has expired. */
const withoutExpiry = (lake: Store): Store => ({
  ...lake,
  async *prefixes(prefix) {
    if (prefix !== expiredRoot) yield* lake.prefixes(prefix);
  },
});

/** Takes days to have expired, and to have been hidden, long ago. */
const withoutTimesOfExpiry = (lake: Store): Store => ({
  ...lake,
  async *list(prefix, options) {
    const isTime = prefix.startsWith(expiredRoot) || prefix.startsWith(healFolder('', '').split('dt=')[0] ?? '');
    for await (const object of lake.list(prefix, options)) yield isTime ? { ...object, modified: 0 } : object;
  },
});

/** Goes by the days of events that have not expired, as if there had been no others. */
const fromWhatIsLeft = (lake: Store, { invariants }: World): Store => ({
  ...withoutExpiry(lake),
  async *list(prefix, options) {
    for await (const object of lake.list(prefix, options)) {
      const dt = /\/dt=([\d-]+)\/events\//.exec(object.key)?.[1];
      if (dt === undefined || !invariants.hasExpired('events', dt)) yield object;
    }
  },
});

/** Holds live files back until the outcome is there. */
function outcomeFirst(lake: Store): Store {
  const held: [string, Uint8Array | string][] = [];
  return {
    ...lake,
    async create(key, bytes) {
      if (key.startsWith('v1/live/')) {
        held.push([key, bytes]);
        return true;
      }
      const isOurs = await lake.create(key, bytes);
      if (key.startsWith('v1/state/units/')) for (const file of held.splice(0)) await lake.create(...file);
      return isOurs;
    },
  };
}

const partOf = (location: string): string | undefined => /\/(dt=[\d-]+\/\d+)\/$/.exec(location)?.[1];

/** Takes a part's query for done when it has begun. */
const withoutWaiting = (engine: Engine): Engine => ({
  ...engine,
  async write(job) {
    const written = engine.write(job);
    if (partOf(job.location)?.endsWith('/0') !== false) return written;
    written.catch(() => {});
    return [];
  },
});

/** Writes once more what an earlier run made of the part, whatever it read. */
const keepingParts = (engine: Engine, world: World): Engine => ({
  ...engine,
  async write(job) {
    const part = partOf(job.location);
    const earlier = [...world.lake.keys('v1/settled/recipient_messages/')].find((key) => key.includes(`/${part}/`));
    const bytes = world.lake.held(earlier ?? '')?.bytes;
    if (part === undefined || !bytes) return engine.write(job);
    const key = `${job.location}again.parquet`;
    world.lake.create(key, bytes);
    return [{ key, bytes: bytes.length, rows: decodeRows(bytes).length }];
  },
});

/** Doesn't ask what mail in other parts shows. */
const withoutShown = (engine: Engine): Engine => ({
  ...engine,
  async query(sql, inputs) {
    const result = await engine.query(sql, inputs);
    return sql.startsWith('select scope, ') ? { ...result, rows: [] } : result;
  },
});

/** Nothing but what was planned. */
const asPlannedOnly = (raw: RawStore): RawStore => ({
  list: (prefix, options) => raw.list(prefix, options),
  prefixes: (prefix) => raw.prefixes(prefix),
  async get(key, options) {
    if (options?.ifMatch === undefined) throw new ChangedObject(key);
    return raw.get(key, options);
  },
});

/** Of all that was read, only rows of one table. */
const seeingOneTable = (lake: Store): Store => ({
  ...lake,
  async get(key, options) {
    const object = await lake.get(key, options);
    if (!/\/units\/dt=/.test(key)) return object;
    const outcome: Outcome = JSON.parse(await textOf(object.body));
    const files = outcome.files.filter(({ table }) => table === 'events');
    return { ...object, body: once(JSON.stringify({ ...outcome, files })) };
  },
});

/** Only the first attempt that it replaces is known to be in a rebuilt day. */
const forgetting = (lake: Store): Store => ({
  ...lake,
  create(key, bytes) {
    if (!/\/rebuilds\/\d+\/days\/.*\/(?:events|headers|clicks)\//.test(key)) return lake.create(key, bytes);
    const made: Generation = JSON.parse(String(bytes));
    return lake.create(key, JSON.stringify({ ...made, attempt_list: made.attempt_list.slice(0, 1) }));
  },
});

/** Whatever lies there now. */
const asItIs = (raw: RawStore): RawStore => ({
  list: (prefix, options) => raw.list(prefix, options),
  prefixes: (prefix) => raw.prefixes(prefix),
  get: (key) => raw.get(key),
});

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const chunk of body) text += Buffer.from(chunk).toString();
  return text;
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/** Writes records below a root, such as plans, over whatever is there. */
function overwriting(
  lake: Store,
  put: (key: string, bytes: Uint8Array | string) => void,
  root = 'v1/state/plans/',
): Store {
  return {
    ...lake,
    async create(key, bytes) {
      if (!key.startsWith(root)) return lake.create(key, bytes);
      if (await lake.create(key, bytes)) return true;
      put(key, bytes);
      return true;
    },
  };
}

/** Holds plans back until they are summarised. */
function summaryFirst(lake: Store): Store {
  const held: [string, Uint8Array | string][] = [];
  return {
    ...lake,
    async create(key, bytes) {
      if (key.startsWith(plansRoot)) {
        held.push([key, bytes]);
        return true;
      }
      const isOurs = await lake.create(key, bytes);
      if (key.startsWith(checkpointsRoot)) for (const plan of held.splice(0)) await lake.create(...plan);
      return isOurs;
    },
  };
}

/** Leaves the first key out of a segment that has others, and counts as if there had been none. */
function skipping(lake: Store): Store {
  const skipped = new Set<string>();
  return {
    ...lake,
    async create(key, bytes) {
      if (key.startsWith(segmentsRoot) && typeof bytes !== 'string') {
        const entries: PlannedEntry[] = JSON.parse(gunzipSync(bytes).toString());
        if (entries.length === 1) return lake.create(key, bytes);
        skipped.add(key);
        return lake.create(key, gzipSync(JSON.stringify(entries.slice(1))));
      }
      if (!key.startsWith(checkpointsRoot)) return lake.create(key, bytes);
      const checkpoint: Checkpoint = JSON.parse(String(bytes));
      for (const segment of checkpoint.segments) if (skipped.delete(segment.key)) segment.objects--;
      return lake.create(key, JSON.stringify(checkpoint));
    },
  };
}

const layoutsRoot = layoutFolder('');

/** All layouts have one number, the one that is asked for last comes last. */
function withoutNumbers(lake: Store): Store {
  let asked = '';
  const unnumbered = (key: string): string => key.replace(/\/\d+-([^/]+)$/, '/0-$1');
  return {
    ...lake,
    async *list(prefix, options) {
      const objects = await Array.fromAsync(lake.list(prefix, options));
      const last = prefix.startsWith(layoutsRoot) ? objects.filter(({ key }) => key === asked) : [];
      yield* [...objects.filter((object) => !last.includes(object)), ...last];
    },
    async create(key, bytes) {
      if (!key.startsWith(layoutsRoot)) return lake.create(key, bytes);
      asked = unnumbered(key);
      return lake.create(asked, bytes);
    },
  };
}

function showingMounts(raw: RawStore, mounts: readonly string[]): RawStore {
  return {
    async *list(prefix, options = {}) {
      const { after = '', ...rest } = options;
      for (const mount of prefix === '' ? mounts : []) {
        for await (const object of raw.list(mount, rest)) if (object.key > after) yield object;
      }
      yield* raw.list(prefix, options);
    },
    prefixes: (prefix) => raw.prefixes(prefix),
    get: (key, options) => raw.get(key, options),
  };
}

/** Corrects the location of a partition that is there already. */
const repointing = (catalog: Ports['catalog']): Ports['catalog'] => ({
  ...catalog,
  async ensurePartitions(table, partitions) {
    for (const partition of partitions) await catalog.switchPartition(table, partition);
  },
});

/** Presumes that readers see the newest generation, as the settle that made it should have seen to. */
const presuming = (
  catalog: Ports['catalog'],
  { invariants }: { invariants: { newest(table: string, dt: string): { location: string } | undefined } },
): Ports['catalog'] => ({
  ...catalog,
  async locations(table, dts) {
    const known = await catalog.locations(table, dts);
    return known.map(({ dt, location }) => ({ dt, location: invariants.newest(table, dt)?.location ?? location }));
  },
});

/** More erasures than there are in any schedule. */
const MANY = 99;

/** Says of records below a root that they were made in full knowledge. */
const claiming = (lake: Store, root: string): Store => ({
  ...lake,
  create: (key, bytes) =>
    key.startsWith(root)
      ? lake.create(key, JSON.stringify({ ...JSON.parse(String(bytes)), erasures: MANY }))
      : lake.create(key, bytes),
});

/** Knows of nobody who is to be forgotten, and says that it does. */
const readingOn = (lake: Store): Store => ({
  ...claiming(lake, outcomesRoot),
  async *list(prefix, options) {
    if (!prefix.startsWith(erasuresRoot)) yield* lake.list(prefix, options);
  },
});

/** Sees no day that has live files. */
const withoutLive = (lake: Store): Store => ({
  ...lake,
  async *prefixes(prefix) {
    if (!prefix.startsWith('v1/live/')) yield* lake.prefixes(prefix);
  },
});

/** Takes the last look to have been in a far future. */
const restingForEver = (lake: Store): Store => ({
  ...lake,
  async *list(prefix, options) {
    for await (const object of lake.list(prefix, options)) {
      yield prefix.endsWith('/rests/')
        ? { ...object, key: object.key.replace(/\d+(?=\.json$)/, '0000000000'), modified: Number.MAX_SAFE_INTEGER }
        : object;
    }
  },
});

/** Takes what was looked through for an earlier erasure for looked through. */
const showingAllSearched = (lake: Store): Store => ({
  ...lake,
  async *list(prefix, options) {
    if (!prefix.endsWith('/searched/')) yield* lake.list(prefix, options);
    else for await (const object of lake.list(erasuresRoot)) if (object.key.includes('/searched/')) yield object;
  },
});

/** Takes state that is not there for having been written. */
const presumed = (lake: Store, keys: RegExp, state: object): Store => ({
  ...lake,
  async get(key, options) {
    try {
      return await lake.get(key, options);
    } catch (error) {
      if (!(error instanceof MissingObject) || !keys.test(key)) throw error;
      const text = JSON.stringify(state);
      return { key, size: text.length, etag: '', modified: 0, body: once(text) };
    }
  },
});

/** Anybody who goes on with it takes all days for decided. */
const withoutDays = (lake: Store): Store => ({
  ...lake,
  create(key, bytes) {
    if (!/\/rebuilds\/\d+\/end\.json$/.test(key)) return lake.create(key, bytes);
    const { days: _, ...end }: RebuildEnd = JSON.parse(String(bytes));
    return lake.create(key, JSON.stringify(end));
  },
});

/** Goes by what lies there when it writes, and not by what it has looked at. */
const writingOver = (editor: RawEditor, etagNow: (key: string) => string | undefined): RawEditor => ({
  async replace(key, bytes, ifMatch) {
    try {
      return await editor.replace(key, bytes, ifMatch);
    } catch (error) {
      const etag = etagNow(key);
      if (!(error instanceof ChangedObject) || etag === undefined) throw error;
      return editor.replace(key, bytes, etag);
    }
  },
});

/** Holds back what is said before until it is done. */
function announcingLate(ports: SimulatedPorts): SimulatedPorts {
  const held = new Map<string, [string, Uint8Array | string]>();
  return {
    ...ports,
    lake: {
      ...ports.lake,
      async create(key, bytes) {
        if (!/\/rewritten\/[^/]+\/[^/]+\.json$/.test(key)) return ports.lake.create(key, bytes);
        held.set(JSON.parse(String(bytes)).key, [key, bytes]);
        return true;
      },
    },
    editor: {
      async replace(key, bytes, ifMatch) {
        const made = await ports.editor.replace(key, bytes, ifMatch);
        await ports.lake.create(...(held.get(key) ?? ['', '']));
        return made;
      },
    },
  };
}

/** Sees no note of what erasures have written. */
const withoutRewritings = (lake: Store): Store => ({
  ...lake,
  async *list(prefix, options) {
    if (!prefix.includes('/rewritten/')) yield* lake.list(prefix, options);
  },
});

/** Shows objects under the etag that they had when they were planned. */
const asPlanned = (raw: RawStore, etagOf: (key: string) => string | undefined): RawStore => ({
  prefixes: (prefix) => raw.prefixes(prefix),
  get: (key, options) => raw.get(key, options),
  async *list(prefix, options) {
    for await (const object of raw.list(prefix, options)) {
      yield { ...object, etag: etagOf(object.key) ?? object.etag };
    }
  },
});
