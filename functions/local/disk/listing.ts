/** Lists the files of a folder in the order in which S3 lists objects. */
import { type Dirent, statSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredObject } from '#lake/ports.ts';
import { compareKeys } from '#lake/protocol/key-order.ts';
import { isMissing, readFailure } from './failure.ts';
import { nameOfEntry, pathOfFolder, TEMPORARY } from './keys.ts';

export interface ListOptions {
  after?: string;
  shallow?: boolean;
}

/**
 * Told of a folder, link or name that can't be read, when the others shall be listed all the same. Without it that is an
 * error, as leaving it out could lose data in silence.
 */
export type OnUnread = (path: string, why: string) => void;

/** Size and time of a file, exactly. */
export interface FileStat {
  size: bigint;
  mtimeNs: bigint;
}

export const describeFile = (key: string, { size, mtimeNs }: FileStat): StoredObject => ({
  key,
  size: Number(size),
  etag: `${size}-${mtimeNs}`,
  modified: Number(mtimeNs / 1_000_000n),
});

/**
 * The files below a root whose keys start with `prefix`, in S3's order, with one folder's names in memory at each depth.
 * A link to a file is that file. A link to a folder inside the root is passed over, as its files are listed where they
 * are (so there are no cycles either); one that leads out, or round in a circle, can't be read.
 */
export async function* listFiles(
  root: string,
  prefix: string,
  { after = '', shallow = false }: ListOptions = {},
  onUnread?: OnUnread,
): AsyncGenerator<StoredObject> {
  const { folder, start } = splitPrefix(prefix);
  yield* walk(folder, start);

  async function* walk(at: string, namesFrom: string): AsyncGenerator<StoredObject> {
    for (const entry of await entriesOf(root, at, onUnread)) {
      const key = at + entry.name;
      if (!entry.name.startsWith(namesFrom) || isBehind(key, entry.isFolder)) continue;
      if (entry.isFolder) {
        if (!shallow) yield* walk(key, '');
        continue;
      }
      const file = statFile(join(root, key), key);
      if (file) yield describeFile(key, file);
    }
  }

  /** Nothing of the entry comes after `after`. */
  function isBehind(key: string, isFolder: boolean): boolean {
    if (after === '' || (isFolder && after.startsWith(key))) return false;
    return compareKeys(key, after) <= 0;
  }
}

/** The next level of folders below a prefix that hold a file at any depth. */
export async function* listFolders(root: string, prefix: string, onUnread?: OnUnread): AsyncGenerator<string> {
  const { folder, start } = splitPrefix(prefix);
  for (const { name, isFolder } of await entriesOf(root, folder, onUnread)) {
    if (!isFolder || !name.startsWith(start)) continue;
    for await (const _ of listFiles(root, folder + name, {}, onUnread)) {
      yield folder + name;
      break;
    }
  }
}

const splitPrefix = (prefix: string): { folder: string; start: string } => {
  const cut = prefix.lastIndexOf('/') + 1;
  return { folder: prefix.slice(0, cut), start: prefix.slice(cut) };
};

interface Entry {
  /** with a trailing `/` if it is a folder, which is how it sorts */
  name: string;
  isFolder: boolean;
}

/** What a folder holds, in order of keys; nothing if it isn't there. */
async function entriesOf(root: string, folder: string, onUnread?: OnUnread): Promise<Entry[]> {
  const path = pathOfFolder(root, folder);
  let found: Dirent<Buffer>[];
  try {
    found = await readdir(path, { withFileTypes: true, encoding: 'buffer' });
  } catch (error) {
    if (isMissing(error)) return [];
    // The root itself is what the caller named: without it there is nothing to list.
    if (!onUnread || folder === '') throw readFailure(error, folder || path);
    onUnread(path, wordsOf(error));
    return [];
  }
  const entries: Entry[] = [];
  for (const entry of found) {
    try {
      const name = nameOfEntry(entry.name, folder);
      if (folder === '' && name === TEMPORARY) continue;
      if (entry.isDirectory()) entries.push({ name: `${name}/`, isFolder: true });
      else if (entry.isFile() || (entry.isSymbolicLink() && (await isFileLink(root, join(path, name)))))
        entries.push({ name, isFolder: false });
    } catch (error) {
      if (!onUnread) throw error;
      onUnread(join(path, entry.name.toString()), wordsOf(error));
    }
  }
  return entries.sort((a, b) => compareKeys(a.name, b.name));
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** @throws Error if the link leads to a folder outside of the root */
async function isFileLink(root: string, path: string): Promise<boolean> {
  let target: string;
  try {
    if (!(await stat(path)).isDirectory()) return true;
    target = await realpath(path);
  } catch (error) {
    if (isMissing(error)) return false; // a link to nothing is no object
    throw readFailure(error, path);
  }
  const inside = await realpath(root);
  if (target === inside || target.startsWith(join(inside, '/'))) return false;
  throw new Error(
    `link leads out of the folder that is read; remove it, or read its target as a folder of its own: ${path} → ${target}`,
  );
}

/**
 * Null if the file has gone since its folder was read, or is a pipe, socket or device. Asked in this thread: to hand the question
 * to another one and wait takes ten times as long, and of 100,000 known objects that is most of a run.
 */
function statFile(path: string, key: string): FileStat | null {
  try {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    return found?.isFile() ? found : null;
  } catch (error) {
    if (isMissing(error)) return null;
    throw readFailure(error, key);
  }
}
