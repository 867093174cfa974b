/** Readers are pointed at the newest generation of a day. Anyone may do this at any time; the newest generation decides. */
import type { Ports } from '../ports.ts';
import { type Generation, newestGeneration } from './state.ts';

/**
 * Heals: readers see this generation, or a newer one if it has come meanwhile. True if they had been pointed elsewhere.
 */
export async function heal(
  ports: Pick<Ports, 'lake' | 'catalog'>,
  table: string,
  newest: Pick<Generation, 'dt' | 'generation' | 'location'>,
): Promise<boolean> {
  const [current] = await ports.catalog.locations(table, [newest.dt]);
  if (current?.location === newest.location) return false;
  await pointAtNewest(ports, table, newest);
  return true;
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
