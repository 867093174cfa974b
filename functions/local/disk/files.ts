/** Reads and writes files safely: complete or not at all, and create-only where a port asks for it. */
import { randomBytes } from 'node:crypto';
import {
  type BigIntStats,
  chmodSync,
  lstatSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmdirSync,
  statSync,
} from 'node:fs';
import { link, mkdir, open, readdir, rename, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { codeOf, isMissing, writeFailure } from './failure.ts';
import { pathOfKey, TEMPORARY } from './keys.ts';

/** Codes of a file system without hard links (FAT, some network shares). */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV', 'EMLINK']);
/** After this time the owner of the fallback's lock counts as dead; the lock is held for two system calls only. */
const STALE_LOCK_MS = 30_000;

export interface DiskOptions {
  /** false: take the file system to have no hard links */
  hardLinks?: boolean;
  /**
   * false: flush nothing. A killed process still loses nothing, a power failure may: for lakes that can be made again.
   */
  durable?: boolean;
}

/**
 * Durable changes of files below a root folder, each seen by readers whole or not at all: content is written under
 * `.tmp`, flushed, named, and the folder flushed (a rename or link is durable once its folder is, see fsync(2)).
 */
export class Disk {
  readonly root: string;
  #hardLinks: boolean;
  readonly #flushes: boolean;
  /** Folders whose own entries are known to be flushed. */
  readonly #durable = new Set<string>();

  constructor(root: string, { hardLinks = true, durable = true }: DiskOptions = {}) {
    this.root = root;
    this.#flushes = durable;
    this.#hardLinks = hardLinks;
  }

  /** A path below `.tmp` that no one else has; its folder is there. */
  async temporary(): Promise<string> {
    await mkdir(join(this.root, TEMPORARY), { recursive: true });
    return join(this.root, TEMPORARY, randomBytes(8).toString('hex'));
  }

  /** Makes a file unless something has its name already: true if this call made it. */
  async create(key: string, bytes: Uint8Array | string): Promise<boolean> {
    const path = pathOfKey(this.root, key);
    if (isTaken(path, key)) {
      await this.flush(dirname(path));
      return false;
    }
    return this.#through(key, bytes, (temporary) => this.publish(temporary, key));
  }

  /** Makes a file or takes the place of the one there, at once. */
  async replace(key: string, bytes: Uint8Array | string): Promise<void> {
    const path = pathOfKey(this.root, key);
    await this.#through(key, bytes, (temporary) => this.#name(path, () => rename(temporary, path)));
  }

  /**
   * Takes the place of a file that is as `isSame` wants it: its path, links followed, and its rights stay. Looked and named under a
   * lock, without a pause in between: who keeps to the lock loses nothing, and who writes the file otherwise would have to do so
   * within microseconds. True if it did.
   */
  async exchange(key: string, bytes: Uint8Array, isSame: (file: BigIntStats) => boolean): Promise<boolean> {
    const path = realpathSync(pathOfKey(this.root, key));
    const { mode } = statSync(path);
    const exchanged = await this.#through(key, bytes, async (temporary) => {
      chmodSync(temporary, mode);
      const lock = await this.#locked();
      try {
        if (!isSame(statSync(path, { bigint: true }))) return false;
        renameSync(temporary, path);
        return true;
      } finally {
        release(lock);
      }
    });
    await this.flush(dirname(path));
    return exchanged;
  }

  /**
   * Gives a flushed file from `.tmp` its name unless something has it already: true if this call did. Afterwards the
   * temporary file may still be there.
   */
  async publish(temporary: string, key: string): Promise<boolean> {
    const path = pathOfKey(this.root, key);
    try {
      await this.#name(path, () => this.#linkOrMove(temporary, path));
      return true;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST' || !isTaken(path, key)) throw writeFailure(error, key);
      await this.flush(dirname(path)); // the winner may not have come so far
      return false;
    }
  }

  /** Removes a file if it is there, and the folders that it leaves empty: a store has no empty folders. */
  async remove(key: string): Promise<void> {
    const path = pathOfKey(this.root, key);
    try {
      await unlink(path);
      await this.flush(dirname(path));
    } catch (error) {
      if (isMissing(error)) return;
      throw writeFailure(error, key);
    }
    for (let folder = dirname(path); folder !== this.root; folder = dirname(folder)) {
      try {
        await rmdir(folder);
        this.#durable.delete(folder);
      } catch {
        return; // not empty, or changed by another process
      }
    }
  }

  /** Removes what crashed processes left under `.tmp` before a time (epoch ms). */
  async sweep(before: number): Promise<void> {
    const folder = join(this.root, TEMPORARY);
    const names = await readdir(folder).catch(() => []);
    for (const path of names.map((name) => join(folder, name))) {
      const modified = await stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => Number.POSITIVE_INFINITY,
      );
      if (modified < before) await rm(path, { recursive: true, force: true });
    }
  }

  async #through<T>(key: string, bytes: Uint8Array | string, name: (temporary: string) => Promise<T>): Promise<T> {
    let temporary: string | null = null;
    try {
      temporary = await this.temporary();
      const file = await open(temporary, 'wx');
      try {
        await file.writeFile(bytes);
        if (this.#flushes) await file.sync();
      } finally {
        await file.close();
      }
      return await name(temporary);
    } catch (error) {
      throw writeFailure(error, key);
    } finally {
      if (temporary) await unlink(temporary).catch(() => {});
    }
  }

  /** Flushes a file, or the entries of a folder where the system can. */
  async flush(path: string): Promise<void> {
    if (this.#flushes) await flush(path);
  }

  /** Runs what names a file, with its folders there before and flushed after. */
  async #name(path: string, act: () => Promise<void>): Promise<void> {
    const folder = dirname(path);
    for (let left = 5; ; left--) {
      await this.#ensureFolder(folder);
      try {
        await act();
        break;
      } catch (error) {
        // The process that removed the last other file has removed the folder, too: make it again.
        if (codeOf(error) !== 'ENOENT' || left === 0) throw error;
        this.#durable.delete(folder);
      }
    }
    await this.flush(folder);
  }

  async #ensureFolder(folder: string): Promise<void> {
    const first = await mkdir(folder, { recursive: true });
    // What was just made, here and below, isn't flushed yet, whatever was known of an earlier folder of that name.
    if (first) for (const known of this.#durable) if (isWithin(known, first)) this.#durable.delete(known);
    const top = first && isWithin(this.root, first) ? first : this.root;
    const fresh: string[] = [];
    for (let at = folder; !this.#durable.has(at); at = dirname(at)) {
      fresh.push(at);
      if (at === top) break;
    }
    for (const at of fresh.reverse()) {
      await this.flush(dirname(at));
      this.#durable.add(at);
    }
  }

  /** @returns the lock, to be given back */
  async #locked(): Promise<string> {
    const lock = join(this.root, TEMPORARY, 'lock');
    while (!take(lock)) await wait(1 + Math.random() * 4);
    return lock;
  }

  async #linkOrMove(temporary: string, path: string): Promise<void> {
    if (this.#hardLinks) {
      try {
        return await link(temporary, path);
      } catch (error) {
        if (!NO_LINKS.has(codeOf(error))) throw error;
        this.#hardLinks = false;
      }
    }
    await this.#moveUnlessThere(temporary, path);
  }

  /**
   * Without hard links: look and rename under a lock, which is a folder, as making one is exclusive everywhere. Both
   * calls run without a pause in between, so that a lock that stands for long belongs to a process that died.
   */
  async #moveUnlessThere(temporary: string, path: string): Promise<void> {
    const lock = await this.#locked();
    try {
      if (lstatSync(path, { throwIfNoEntry: false }))
        throw Object.assign(new Error(`file exists: ${path}`), { code: 'EEXIST' });
      renameSync(temporary, path);
    } finally {
      release(lock);
    }
  }
}

function take(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  const since = lstatSync(lock, { throwIfNoEntry: false })?.mtimeMs;
  if (since !== undefined && Date.now() - since > STALE_LOCK_MS) release(lock);
  return false;
}

function release(lock: string): void {
  try {
    rmdirSync(lock);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Has something this name? @throws Error if it is a folder, which a store of objects could not have */
function isTaken(path: string, key: string): boolean {
  try {
    if (!lstatSync(path).isDirectory()) return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw writeFailure(error, key);
  }
  throw writeFailure(Object.assign(new Error(`is a folder: ${path}`), { code: 'EISDIR' }), key);
}

const isWithin = (path: string, folder: string): boolean => path === folder || path.startsWith(join(folder, '/'));

async function flush(path: string): Promise<void> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, 'r');
  } catch (error) {
    // Windows can't open folders, and who may pass through a folder may not always open it.
    if (['EPERM', 'EISDIR', 'EACCES'].includes(codeOf(error))) return;
    throw error;
  }
  try {
    await file.sync();
  } catch (error) {
    // Some network file systems can't flush folders.
    if (!['EPERM', 'EINVAL', 'ENOTSUP'].includes(codeOf(error))) throw error;
  } finally {
    await file.close();
  }
}
