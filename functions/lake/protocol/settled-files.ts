/**
 * Records what the files of a generation were when it was made, and checks whether they are still the same. A step that
 * removes a copy of rows because a generation holds them checks here first.
 */
import { createHash } from 'node:crypto';
import { concurrently } from '../concurrently.ts';
import { DeniedObject, MissingObject, type Store, type StoredObject, type WrittenFile } from '../ports.ts';

export interface SettledFile extends WrittenFile {
  /** as the store had it when the generation was made */
  etag?: string;
  /** of its content, hex */
  sha256?: string;
}

/** A file that isn't what its generation says; `foreign`: one that the generation doesn't name. */
export interface FileFault {
  key: string;
  is: 'missing' | 'differs' | 'foreign';
  /** in words, what was found */
  detail: string;
}

/**
 * `listing`: presence and size, and the etag if it depends on the content alone; costs one listing. `content`: also the
 * bytes of each file whose etag doesn't prove them; in a store whose etags hold the time of writing that is every file.
 */
export type CheckDepth = 'listing' | 'content';

const FILES_AT_ONCE = 4;

/** Reads back what an engine wrote, to say later whether it is still that. @throws Error if it is already something else */
export const sealFiles = (lake: Pick<Store, 'get'>, files: readonly WrittenFile[]): Promise<SettledFile[]> =>
  concurrently(files, FILES_AT_ONCE, async ({ key, rows, bytes }) => {
    const { etag, size, sha256 } = await contentOf(lake, key);
    if (size !== bytes) throw new Error(`the engine wrote ${bytes} bytes and the store has ${size}: ${key}`);
    return { key, rows, bytes, etag, sha256 };
  });

/** What is wrong with a generation's files. */
export async function faultsOf(
  lake: Pick<Store, 'list' | 'get' | 'hasTimedEtags'>,
  { location, file_list }: { location: string; file_list: readonly SettledFile[] },
  scrutiny: CheckDepth,
): Promise<FileFault[]> {
  const there = new Map<string, StoredObject>();
  for await (const object of lake.list(location)) there.set(object.key, object);
  const found = await concurrently(file_list, FILES_AT_ONCE, async (file): Promise<FileFault[]> => {
    const object = there.get(file.key);
    there.delete(file.key);
    if (!object) return [{ key: file.key, is: 'missing', detail: '' }];
    const detail =
      object.size === file.bytes
        ? await differenceOf(lake, file, object, scrutiny)
        : `${object.size} bytes instead of ${file.bytes}`;
    return detail === null ? [] : [{ key: file.key, is: 'differs', detail }];
  });
  const foreign = [...there.keys()].map((key): FileFault => ({ key, is: 'foreign', detail: '' }));
  return [...found.flat(), ...foreign];
}

/** Are all files that the generation names what they were? */
export const isWhole = (faults: readonly FileFault[]): boolean => faults.every(({ is }) => is === 'foreign');

async function differenceOf(
  lake: Pick<Store, 'get' | 'hasTimedEtags'>,
  file: SettledFile,
  { etag }: StoredObject,
  scrutiny: CheckDepth,
): Promise<string | null> {
  const isProven = !lake.hasTimedEtags && etag === file.etag;
  if (isProven || file.sha256 === undefined) return null;
  if (scrutiny === 'listing' && lake.hasTimedEtags) return null;
  try {
    return (await contentOf(lake, file.key)).sha256 === file.sha256 ? null : 'other bytes of the same length';
  } catch (error) {
    if (error instanceof MissingObject) return 'gone while it was looked at';
    if (error instanceof DeniedObject) return 'another etag, and its bytes may not be read from here';
    throw error;
  }
}

/** @throws MissingObject, DeniedObject and other errors of the store */
export async function contentOf(
  lake: Pick<Store, 'get'>,
  key: string,
): Promise<{ etag: string; size: number; sha256: string }> {
  const { etag, body } = await lake.get(key);
  const content = createHash('sha256');
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    content.update(chunk);
  }
  return { etag, size, sha256: content.digest('hex') };
}
