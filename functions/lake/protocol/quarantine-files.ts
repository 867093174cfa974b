/**
 * Files of quarantine. No generation gathers them, so a file that named an erased person is written once more beside
 * itself, and counts no longer; the collector removes it after its time of grace.
 */
import type { Store, StoredObject } from '../ports.ts';
import { quarantine } from '../tables/index.ts';
import { erasureOfFile, liveFolder, unerasedFile } from './keys.ts';

/** By the key that its outcome names, the file that counts: the one that was written last. */
export function countingFiles(files: readonly StoredObject[]): Map<string, StoredObject> {
  const newest = new Map<string, StoredObject>();
  for (const object of files) {
    const named = unerasedFile(object.key);
    const other = newest.get(named);
    if (!other || erasureOfFile(object.key) > erasureOfFile(other.key)) newest.set(named, object);
  }
  return newest;
}

/** Those of a day, in order of key. */
export const quarantineFiles = async (lake: Pick<Store, 'list'>, dt: string): Promise<StoredObject[]> =>
  [...countingFiles(await Array.fromAsync(lake.list(liveFolder(quarantine.name, dt)))).values()].sort((a, b) =>
    a.key < b.key ? -1 : 1,
  );
