/**
 * Copies for who may see no persons: writes down what each view says now, without the columns that may hold something of one, and
 * points readers there. They are derived, and outside of the lake: a run that dies leaves readers what they had, and the next one
 * makes all anew.
 */
import { concurrently } from '../concurrently.ts';
import { DAY_MS } from '../days.ts';
import type { Clock, Engine, Store } from '../ports.ts';
import type { View } from '../sql/views/view.ts';
import { columnsFrom, openViews } from '../sql/without-persons.ts';

/** Where readers of copies are pointed: each view has one place, which is switched at once. */
export interface Copies {
  /** key prefix with a trailing `/`; null: it was never copied */
  locationOf(view: string): Promise<string | null>;
  pointTo(view: string, location: string): Promise<void>;
}

export interface CopyPorts {
  /** writes below the copies' folder */
  engine: Pick<Engine, 'write'>;
  /** of the bucket that the copies lie in */
  store: Pick<Store, 'list' | 'remove'>;
  copies: Copies;
  clock: Pick<Clock, 'now' | 'nonce'>;
}

export interface Copied {
  view: string;
  rows: number;
}

/** Folder of all copies: `copies/<view>/<run>/<nonce>/`. */
export const COPIES = 'copies/';

/** As many queries of Athena at once as a rollup asks. */
const AT_ONCE = 4;

/**
 * @param run the same for what is to be copied once: a repeat goes on with the views that are left
 * @returns what this call has copied
 * @throws AggregateError if some views could not be copied; the others were
 */
export async function copyViews(ports: CopyPorts, views: readonly View[], run: string): Promise<Copied[]> {
  const { engine, copies, clock } = ports;
  const copied: Copied[] = [];
  const failures: unknown[] = [];
  const kept = new Set<string>();
  const names = openViews(views).flatMap(({ view, reads }) => (reads === 'copy' ? [view] : []));
  await concurrently(names, AT_ONCE, async (view) => {
    const before = await copies.locationOf(view.name);
    if (before !== null) kept.add(before);
    if (before?.startsWith(runFolder(view.name, run))) return;
    const location = `${runFolder(view.name, run)}${clock.nonce()}/`;
    kept.add(location);
    try {
      const select = columnsFrom(view, view.name);
      const files = await engine.write({ select, table: view.name, inputs: [], location, partitioned: false });
      await copies.pointTo(view.name, location);
      copied.push({ view: view.name, rows: files.reduce((sum, { rows }) => sum + rows, 0) });
    } catch (error) {
      failures.push(error);
    }
  });
  await removeOld(ports, kept);
  if (failures.length > 0) {
    const why = failures.map((error) => (error instanceof Error ? error.message : String(error)));
    throw new AggregateError(failures, `${failures.length} of ${names.length} views could not be copied: ${why[0]}`);
  }
  return copied;
}

const runFolder = (view: string, run: string): string => `${COPIES}${view}/${run}/`;

/** What no reader is pointed to. A query that began before the switch reads on: what it reads is the copy before, which is kept. */
async function removeOld({ store, clock }: CopyPorts, kept: ReadonlySet<string>): Promise<void> {
  const old: string[] = [];
  for await (const { key, modified } of store.list(COPIES)) {
    const location = key.split('/', LEVELS).join('/');
    if (!kept.has(`${location}/`) && modified < clock.now() - DAY_MS) old.push(key);
  }
  for (const key of old) await store.remove(key);
}

/** Parts of a location. */
const LEVELS = 4;
