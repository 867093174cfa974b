/** The store ports on a folder. */
import { type FileHandle, open, stat } from 'node:fs/promises';
import {
  ChangedObject,
  MissingObject,
  type RawEditor,
  type Store,
  type StoredBody,
  type StoredObject,
} from '#lake/ports.ts';
import { readFailure } from './failure.ts';
import { Disk, type DiskOptions } from './files.ts';
import { pathOfKey } from './keys.ts';
import { describeFile, type ListOptions, listFiles, listFolders, type OnUnread } from './listing.ts';

const CHUNK_BYTES = 1024 * 1024;

/**
 * A folder as a store: a file's key is its path below the root. Typed as a `RawStore` it is read-only.
 *
 * The etag is size and modification time in ns: it changes when a file is rewritten, but not if a rewrite of the same
 * length falls into the same tick of the file system's clock (about 4 ms on ext4), or if the time is set back.
 */
export class DiskStore implements Store, RawEditor {
  readonly hasTimedEtags = true;
  readonly root: string;
  readonly #disk: Disk;
  readonly #onUnread: OnUnread | undefined;

  constructor(root: string, { onUnread, ...options }: DiskOptions & { onUnread?: OnUnread | undefined } = {}) {
    this.root = root;
    this.#disk = new Disk(root, options);
    this.#onUnread = onUnread;
  }

  list(prefix: string, options: ListOptions = {}): AsyncIterable<StoredObject> {
    return listFiles(this.root, prefix, options, this.#onUnread);
  }

  prefixes(prefix: string): AsyncIterable<string> {
    return listFolders(this.root, prefix, this.#onUnread);
  }

  /** A file of more than 1 MB is opened again when its body is read; if it was rewritten meanwhile, that throws. */
  async get(key: string, { ifMatch }: { ifMatch?: string } = {}): Promise<StoredBody> {
    const { file, object } = await openObject(this.root, key);
    try {
      if (ifMatch !== undefined && ifMatch !== object.etag) throw new ChangedObject(key);
      if (object.size > CHUNK_BYTES) return { ...object, body: largeBody(this.root, object) };
      const body: Uint8Array[] = [];
      for await (const chunk of chunksOf(file, object)) body.push(chunk);
      return { ...object, body: inTurn(body) };
    } catch (error) {
      throw readFailure(error, key);
    } finally {
      await file.close();
    }
  }

  create(key: string, bytes: Uint8Array | string): Promise<boolean> {
    return this.#disk.create(key, bytes);
  }

  remove(key: string): Promise<void> {
    return this.#disk.remove(key);
  }

  async replace(key: string, bytes: Uint8Array, ifMatch: string): Promise<{ etag: string; isKept: boolean }> {
    try {
      const isDone = await this.#disk.exchange(key, bytes, (file) => describeFile(key, file).etag === ifMatch);
      if (!isDone) throw new ChangedObject(key);
      const { file, object } = await openObject(this.root, key);
      await file.close();
      return { etag: object.etag, isKept: false };
    } catch (error) {
      throw readFailure(error, key);
    }
  }
}

async function openObject(root: string, key: string): Promise<{ file: FileHandle; object: StoredObject }> {
  const path = pathOfKey(root, key);
  try {
    // Asked before it is opened, as opening a pipe would wait for a writer.
    if (!(await stat(path)).isFile()) throw new MissingObject(key);
    const file = await open(path, 'r');
    return { file, object: describeFile(key, await file.stat({ bigint: true })) };
  } catch (error) {
    throw readFailure(error, key);
  }
}

async function* largeBody(root: string, planned: StoredObject): AsyncGenerator<Uint8Array> {
  const { file, object } = await openObject(root, planned.key);
  try {
    if (object.etag !== planned.etag) throw new ChangedObject(planned.key);
    yield* chunksOf(file, object);
  } catch (error) {
    throw readFailure(error, planned.key);
  } finally {
    await file.close();
  }
}

/** @throws ChangedObject if the file was rewritten in place while it was read */
async function* chunksOf(file: FileHandle, { key, size, etag }: StoredObject): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < size; ) {
    const { bytesRead, buffer } = await file.read(new Uint8Array(Math.min(CHUNK_BYTES, size - at)), 0, null, at);
    if (bytesRead === 0) break; // cut short: its etag has changed
    at += bytesRead;
    yield bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead);
  }
  if (describeFile(key, await file.stat({ bigint: true })).etag !== etag) throw new ChangedObject(key);
}

async function* inTurn(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
