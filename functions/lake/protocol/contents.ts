/**
 * Records a hash of the bytes that were read of raw objects, for stores whose etags can't tell whether an object changed.
 * On a disk the etag contains the time of writing, so a copied folder has other etags for the same bytes.
 */
import { createHash } from 'node:crypto';
import type { RawStore, Store, StoredObject } from '../ports.ts';
import { contentsKey } from './keys.ts';
import { createState, type Outcome, type PlannedObject, readState } from './records.ts';

/** One raw object as an attempt has read it. */
export interface ReadContent {
  key: string;
  etag: string;
  /** the first 128 bits of its SHA-256, hex */
  sha256: string;
}

interface AttemptContents {
  attempt: string;
  objects: ReadContent[];
}

/** A digest that is fed chunk by chunk. */
export class ContentDigest {
  readonly #hash = createHash('sha256');
  bytes = 0;

  add(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    this.#hash.update(chunk);
  }

  /** Call it once, at the end: it finishes the hash. */
  hex(): string {
    return this.#hash.digest('hex').slice(0, 32);
  }
}

/** @throws MissingObject, ChangedObject and other errors of the store */
export async function digestOf(
  raw: Pick<RawStore, 'get'>,
  { key, etag }: Pick<StoredObject, 'key' | 'etag'>,
): Promise<string> {
  const digest = new ContentDigest();
  for await (const chunk of (await raw.get(key, { ifMatch: etag })).body) digest.add(chunk);
  return digest.hex();
}

/** Called before the outcome that names the attempt is created, so that it is there when it is needed. */
export async function keepContents(
  lake: Pick<Store, 'create'>,
  attempt: string,
  objects: readonly ReadContent[],
): Promise<void> {
  if (objects.length > 0) await createState(lake, contentsKey(attempt), { attempt, objects });
}

/** What the attempt that counts has read of an object; undefined where that was not recorded. */
export async function contentIn(
  lake: Pick<Store, 'get'>,
  { attempt }: Pick<Outcome, 'attempt'>,
  key: string,
): Promise<ReadContent | undefined> {
  const contents = await readState<AttemptContents>(lake, contentsKey(attempt));
  return contents?.objects.find((object) => object.key === key);
}

/** For an outcome, what its first reading found of an object, which may differ from the object's plan; costs a read at most. */
export async function asReadIn(
  { raw, lake }: { raw: RawStore; lake: Pick<Store, 'get'> },
  { attempt, poison, problems }: Outcome,
): Promise<(object: PlannedObject) => PlannedObject> {
  const kept = raw.hasTimedEtags ? await readState<AttemptContents>(lake, contentsKey(attempt)) : null;
  const contents = new Map(kept?.objects.map((content) => [content.key, content]));
  return (object) => {
    // What made its unit fail three times was never read.
    if (poison?.some(({ key }) => key === object.key)) return object;
    const changed = problems.find(({ key, etag }) => key === object.key && etag !== undefined);
    const content = contents.get(object.key);
    const etag = content?.etag ?? changed?.etag ?? object.etag;
    return { ...object, etag, isReread: true, ...(content ? { sha256: content.sha256 } : {}) };
  };
}
