/**
 * Remembers raw prefixes, and whole days of them, that planners no longer look at and whose objects were all found in plans:
 * how many objects, and a digest of them. While a listing gives the same, the plans needn't be read again.
 */
import { createHash } from 'node:crypto';
import type { RawStore, Store, StoredObject } from '../ports.ts';
import { closedFolder, closedKey } from './keys.ts';
import { createState } from './records.ts';

/** Count and digest of a listing, which is in order of keys. */
export class ListingDigest {
  objects = 0;
  readonly #hash = createHash('sha256');

  add({ key, etag }: Pick<StoredObject, 'key' | 'etag'>): void {
    this.objects++;
    this.#hash.update(`${key}\0${etag}\n`);
  }

  /** Call it once, at the end: it finishes the hash. */
  hex(): string {
    return this.#hash.digest('hex').slice(0, 32);
  }
}

/** Was a prefix closed, in whatever state? The names of its records; one call. */
async function closingsOf(lake: Pick<Store, 'list'>, rawPrefix: string): Promise<Set<string>> {
  const keys = new Set<string>();
  for await (const { key } of lake.list(closedFolder(rawPrefix), { shallow: true })) keys.add(key);
  return keys;
}

export const closePrefix = (
  lake: Pick<Store, 'create'>,
  rawPrefix: string,
  objects: number,
  digest: string,
): Promise<boolean> =>
  createState(lake, closedKey(rawPrefix, objects, digest), { raw_prefix: rawPrefix, objects, digest });

/** How many objects a prefix has, if they are those that it was closed with; else null. Two listings, one if it never was. */
export async function closedObjects(
  { raw, lake }: { raw: Pick<RawStore, 'list'>; lake: Pick<Store, 'list'> },
  rawPrefix: string,
): Promise<number | null> {
  const closings = await closingsOf(lake, rawPrefix);
  if (closings.size === 0) return null;
  const digest = new ListingDigest();
  for await (const object of raw.list(rawPrefix)) digest.add(object);
  return closings.has(closedKey(rawPrefix, digest.objects, digest.hex())) ? digest.objects : null;
}
