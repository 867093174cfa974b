/** Broken variants of the protocol, each by one rule replaced from outside: the simulator must catch every one of them. */
import { ChangedObject, type Ports, type RawStore, type Store } from '#lake/ports.ts';
import { liveFolder } from '#lake/protocol/keys.ts';
import type { Variant } from './world.ts';

const NO_NONCE = '0000000000000000';

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
  { name: 'headers from opens', settings: { headerCarriers: ['send', 'open'] } },
];

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

/** Nothing but what was planned. */
const asPlannedOnly = (raw: RawStore): RawStore => ({
  ...raw,
  async get(key, options) {
    if (options?.ifMatch === undefined) throw new ChangedObject(key);
    return raw.get(key, options);
  },
});

/** Writes plans over whatever is there. */
function overwriting(lake: Store, put: (key: string, bytes: Uint8Array | string) => void): Store {
  return {
    ...lake,
    async create(key, bytes) {
      if (!key.startsWith('v1/state/plans/')) return lake.create(key, bytes);
      if (await lake.create(key, bytes)) return true;
      put(key, bytes);
      return true;
    },
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
