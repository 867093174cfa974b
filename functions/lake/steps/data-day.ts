/** One day of one table as it lies in the store. */
import type { Store, StoredObject } from '../ports.ts';
import { generationFolder, liveFolder, numberOf } from './layout.ts';
import { type Generation, readGeneration } from './state.ts';

export interface DataDay {
  table: string;
  dt: string;
  /** when the store took each generation in, by number, epoch ms */
  generations: ReadonlyMap<number, number>;
  newest: Generation | null;
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
  const newest = keys.get(Math.max(...keys.keys()));
  return {
    table,
    dt,
    generations: new Map([...keys].map(([n, { modified }]) => [n, modified])),
    newest: newest ? await readGeneration(lake, newest.key) : null,
    live: await Array.fromAsync(lake.list(liveFolder(table, dt))),
  };
}
