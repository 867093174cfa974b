/**
 * Points readers at the newest generation of a day. Any process may do this at any time, because the newest generation
 * always decides.
 */
import { concurrently } from '../concurrently.ts';
import type { Partition, Ports } from '../ports.ts';
import { healFolder, healKey } from './keys.ts';
import { createState, type Generation, newestGeneration } from './records.ts';

/**
 * Points readers at this generation, or at a newer one if it has come meanwhile. True if they had been pointed
 * elsewhere. Then a record says so before they are pointed here: queries that have just begun elsewhere need those
 * files for a while, and without the record the collector couldn't know of them, because the generation may be days
 * old.
 */
export async function heal(
  ports: Pick<Ports, 'lake' | 'catalog' | 'clock'>,
  table: string,
  newest: Pick<Generation, 'dt' | 'generation' | 'location'>,
): Promise<boolean> {
  const [current] = await ports.catalog.locations(table, [newest.dt]);
  if (current?.location === newest.location) return false;
  if (current) {
    const { dt, generation } = newest;
    const record = { table_name: table, dt, generation, before: current.location, healed_at: ports.clock.now() };
    await createState(ports.lake, healKey(table, dt, generation, ports.clock.nonce()), record);
  }
  await pointAtNewest(ports, table, newest);
  return true;
}

/** Days at once whose readers lose sight of them. */
const AT_ONCE = 16;

/**
 * Readers see nothing of these days any more, which have expired. As when healing a record says so first: the collector leaves the
 * files to queries that have begun.
 */
export async function hideDays(
  { lake, catalog, clock }: Pick<Ports, 'lake' | 'catalog' | 'clock'>,
  table: string,
  partitions: readonly Partition[],
): Promise<void> {
  await concurrently(partitions, AT_ONCE, ({ dt, location }) => {
    const record = { table_name: table, dt, generation: null, before: location, healed_at: clock.now() };
    return createState(lake, healKey(table, dt, 'expired', clock.nonce()), record);
  });
  await catalog.dropPartitions(
    table,
    partitions.map(({ dt }) => dt),
  );
}

/** When readers of a day were last found to be pointed elsewhere, by the store's clock; 0 if they never were. One listing. */
export async function lastHealed(lake: Pick<Ports['lake'], 'list'>, table: string, dt: string): Promise<number> {
  let last = 0;
  for await (const { modified } of lake.list(healFolder(table, dt))) last = Math.max(last, modified);
  return last;
}

/** Switches to a generation just made, and again if a newer one has come meanwhile: the catalog has no compare-and-swap. */
export async function pointAtNewest(
  ports: Pick<Ports, 'lake' | 'catalog'>,
  table: string,
  made: Pick<Generation, 'dt' | 'generation' | 'location'>,
): Promise<void> {
  for (let target = made; ; ) {
    await ports.catalog.switchPartition(table, { dt: target.dt, location: target.location });
    const newest = await newestGeneration(ports.lake, table, target.dt);
    if (!newest || newest.generation === target.generation) return;
    target = newest;
  }
}
