/** Where raw objects are read from: a folder or a file of this machine, or a bucket. */

import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { UsageError } from '#host/failure.ts';
import { MountedRaw, mountedEditor } from '#lake/mounted-raw.ts';
import { MissingObject, type RawEditor, type RawStore, type StoredBody, type StoredObject } from '#lake/ports.ts';
import type { OnUnread } from '../disk/listing.ts';
import { DiskStore } from '../disk/store.ts';
import { addressOf, type BucketAddress, readBucketAddress } from './bucket-address.ts';
import { bucketFailure } from './bucket-failure.ts';

/**
 * Opens raw data for reading; folder or bucket are first read when an object is asked for.
 * @param root a folder, one file, or `s3://bucket/prefix/`
 * @param onUnread told of what can't be read in a folder; the rest is listed all the same
 */
export function openRaw(root: string, onUnread: OnUnread): RawStore {
  const address = readBucketAddress(root);
  if (address) return new BucketFolder(address);
  return statSync(root, { throwIfNoEntry: false })?.isFile() ? new SingleFile(root) : new DiskStore(root, { onUnread });
}

/** The first raw folder of a lake and its further ones, by name, as one store. */
export function openSources(root: string, others: Readonly<Record<string, string>>, onUnread: OnUnread): RawStore {
  const first = openRaw(root, onUnread);
  const mounted = Object.entries(others).map(([name, place]): [string, RawStore] => [name, openRaw(place, onUnread)]);
  return mounted.length === 0 ? first : new MountedRaw(first, mounted);
}

/** What may write these objects once more, with the rights of who runs it. */
export function editSources(root: string, others: Readonly<Record<string, string>>): RawEditor {
  return mountedEditor(
    editorOf(root),
    Object.entries(others).map(([name, place]) => [name, editorOf(place)]),
  );
}

function editorOf(root: string): RawEditor {
  const address = readBucketAddress(root);
  if (address) return new BucketFolder(address);
  const isFile = statSync(root, { throwIfNoEntry: false })?.isFile();
  return new DiskStore(isFile ? dirname(root) : root);
}

/** A folder in which there is this file and nothing else. */
class SingleFile implements RawStore {
  readonly #folder: DiskStore;
  readonly #name: string;

  constructor(path: string) {
    // What lies beside it is nobody's.
    this.#folder = new DiskStore(dirname(path), { onUnread: () => {} });
    this.#name = basename(path);
  }

  async *list(prefix: string, options?: { after?: string; shallow?: boolean }): AsyncGenerator<StoredObject> {
    if (!this.#name.startsWith(prefix)) return;
    for await (const object of this.#folder.list(this.#name, options)) if (object.key === this.#name) yield object;
  }

  async *prefixes(): AsyncGenerator<string> {}

  async get(key: string, options?: { ifMatch?: string }): Promise<StoredBody> {
    if (key !== this.#name) throw new MissingObject(key);
    return this.#folder.get(key, options);
  }
}

/**
 * A folder of a bucket. Keys are those of the bucket, as in the cloud: the same object has the same `source_key` there and
 * here, whatever folder it was found by.
 */
class BucketFolder implements RawStore, RawEditor {
  readonly #address: BucketAddress;
  #opened: Promise<RawStore & RawEditor> | undefined;

  constructor(address: BucketAddress) {
    this.#address = address;
  }

  async *list(prefix: string, options?: { after?: string; shallow?: boolean }): AsyncGenerator<StoredObject> {
    try {
      yield* (await this.#store()).list(this.#within(prefix), options);
    } catch (error) {
      throw bucketFailure(error, addressOf(this.#address));
    }
  }

  async *prefixes(prefix: string): AsyncGenerator<string> {
    try {
      yield* (await this.#store()).prefixes(this.#within(prefix));
    } catch (error) {
      throw bucketFailure(error, addressOf(this.#address));
    }
  }

  async get(key: string, options?: { ifMatch?: string }): Promise<StoredBody> {
    const address = addressOf({ ...this.#address, prefix: key });
    try {
      const object = await (await this.#store()).get(key, options);
      return { ...object, body: told(object.body, address) };
    } catch (error) {
      throw bucketFailure(error, address);
    }
  }

  async replace(key: string, bytes: Uint8Array, ifMatch: string): Promise<{ etag: string; isKept: boolean }> {
    try {
      return await (await this.#store()).replace(key, bytes, ifMatch);
    } catch (error) {
      throw bucketFailure(error, addressOf({ ...this.#address, prefix: key }), 's3:PutObject');
    }
  }

  /** All that begins with a prefix: of the whole bucket only what lies in the folder. */
  #within(prefix: string): string {
    return this.#address.prefix.startsWith(prefix) ? this.#address.prefix : prefix;
  }

  /** The SDK is loaded late: local commands shall start without it. */
  #store(): Promise<RawStore & RawEditor> {
    this.#opened ??= openBucket(this.#address.bucket);
    return this.#opened;
  }
}

async function openBucket(bucket: string): Promise<RawStore & RawEditor> {
  const [{ connectS3 }, { S3Store }] = await Promise.all([import('#aws/s3-client.ts'), import('#aws/s3-store.ts')]);
  const endpoint = process.env.AWS_ENDPOINT_URL_S3 || process.env.AWS_ENDPOINT_URL;
  return new S3Store({ client: connectS3({ anyRegion: true, ...(endpoint ? { endpoint } : {}) }), bucket });
}

async function* told(body: AsyncIterable<Uint8Array>, address: string): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw bucketFailure(error, address);
  }
}

/**
 * Asks S3 whether there is such a bucket and something in its folder, before anything is done.
 * @throws UsageError, or an error of bucketFailure
 */
export async function checkBucket(address: BucketAddress): Promise<void> {
  for await (const _ of openRaw(addressOf(address), () => {}).list('')) return;
  // A bucket may be empty still; a folder is there when something lies in it.
  if (address.prefix === '') return;
  throw new UsageError(
    `--raw: nothing lies in ${addressOf(address)}`,
    `a prefix is a folder, not the beginning of a name; look at the bucket: aws s3 ls s3://${address.bucket}/`,
  );
}
