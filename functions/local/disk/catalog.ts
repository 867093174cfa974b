/** The catalog port on files. */
import { readdir, readFile } from 'node:fs/promises';
import { concurrently } from '#lake/concurrently.ts';
import type { Catalog, Partition } from '#lake/ports.ts';
import { compareKeys } from '#lake/protocol/key-order.ts';
import { liveFolder } from '#lake/protocol/keys.ts';
import { pointAtNewest } from '#lake/protocol/readers.ts';
import { newestGeneration } from '#lake/protocol/records.ts';
import { recipientMessages, TABLES } from '#lake/tables/index.ts';
import { isMissing, readFailure } from './failure.ts';
import { Disk, type DiskOptions } from './files.ts';
import { pathOfFolder, pathOfKey } from './keys.ts';
import { DiskStore } from './store.ts';

/** Files read or made at once. */
const WIDTH = 32;

/**
 * Partitions as files: `catalog/<table>/dt=D.json` holds `{"location": …}`; replacing the file is the switch. An entry that
 * is damaged is made again from what lies in the lake: the newest generation of the day, or its live files.
 */
export class DiskCatalog implements Catalog {
  readonly #disk: Disk;

  constructor(root: string, options: DiskOptions = {}) {
    this.#disk = new Disk(root, options);
  }

  async ensurePartitions(table: string, partitions: readonly Partition[]): Promise<void> {
    await concurrently(checked(table, partitions), WIDTH, (partition) =>
      this.#disk.create(keyOf(table, partition.dt), contentOf(partition)),
    );
  }

  async switchPartition(table: string, partition: Partition): Promise<void> {
    for (const { dt, location } of checked(table, [partition])) {
      await this.#disk.replace(keyOf(table, dt), contentOf({ dt, location }));
    }
  }

  async dropPartitions(table: string, dts: readonly string[]): Promise<void> {
    checked(table, []);
    await concurrently(new Set(dts), WIDTH, (dt) => this.#disk.remove(keyOf(table, dt)));
  }

  async locations(table: string, dts?: readonly string[]): Promise<Partition[]> {
    checked(table, []);
    const days = dts ? [...new Set(dts)] : await this.#days(table);
    const found = await concurrently(days.sort(compareKeys), WIDTH, async (dt): Promise<Partition[]> => {
      const location = await this.#read(table, dt);
      return location === null ? [] : [{ dt, location }];
    });
    return found.flat();
  }

  async #days(table: string): Promise<string[]> {
    const folder = `catalog/${table}/`;
    try {
      const names = await readdir(pathOfFolder(this.#disk.root, folder));
      return names.flatMap((name) => /^dt=(\d{4}-\d\d-\d\d)\.json$/.exec(name)?.[1] ?? []);
    } catch (error) {
      if (isMissing(error)) return [];
      throw readFailure(error, folder);
    }
  }

  async #read(table: string, dt: string): Promise<string | null> {
    const key = keyOf(table, dt);
    let text: string;
    try {
      text = await readFile(pathOfKey(this.#disk.root, key), 'utf8');
    } catch (error) {
      if (isMissing(error)) return null;
      throw readFailure(error, key);
    }
    return locationIn(text) ?? (await this.#made(table, dt));
  }

  /** A derived table has no live files: without a generation there is nothing to be seen of it. */
  async #made(table: string, dt: string): Promise<string | null> {
    const lake = new DiskStore(this.#disk.root);
    const newest = await newestGeneration(lake, table, dt);
    if (newest) {
      await pointAtNewest({ lake, catalog: this }, table, newest);
      return newest.location;
    }
    if (table === recipientMessages.name) return null;
    await this.switchPartition(table, { dt, location: liveFolder(table, dt) });
    return liveFolder(table, dt);
  }
}

const keyOf = (table: string, dt: string): string => `catalog/${table}/dt=${dt}.json`;

const contentOf = ({ location }: Partition): string => `${JSON.stringify({ location })}\n`;

function locationIn(text: string): string | null {
  try {
    const entry: unknown = JSON.parse(text);
    if (typeof entry !== 'object' || entry === null || !('location' in entry)) return null;
    return typeof entry.location === 'string' && entry.location.endsWith('/') ? entry.location : null;
  } catch {
    return null;
  }
}

/** @throws Error on what a catalog can't hold */
export function checked(table: string, partitions: readonly Partition[]): readonly Partition[] {
  if (!Object.hasOwn(TABLES, table)) {
    throw new Error(`catalog has no such table: ${table} (tables: ${Object.keys(TABLES).join(', ')})`);
  }
  for (const { dt, location } of partitions) {
    if (!/^\d{4}-\d\d-\d\d$/.test(dt)) throw new Error(`partition day is not YYYY-MM-DD: ${table} dt=${dt}`);
    if (!location.endsWith('/')) throw new Error(`partition location must end in "/": ${table} dt=${dt} ${location}`);
  }
  return partitions;
}
