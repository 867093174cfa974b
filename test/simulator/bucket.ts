/** A simulated S3 bucket: pages of listings, conditional writes, and deletes. */
import { Buffer } from 'node:buffer';
import { ChangedObject, MissingObject, type StoredBody, type StoredObject } from '#lake/ports.ts';

export interface Held extends StoredObject {
  bytes: Uint8Array;
}

/** One page of a listing, and whether the listing ends with it. */
export interface Page<T> {
  items: T[];
  isLast: boolean;
}

/** Told of each effect, when it has taken place. */
export interface BucketWatcher {
  created?(key: string, bytes: Uint8Array): void;
  overwritten?(key: string): void;
  removed?(key: string, bytes: Uint8Array): void;
}

/**
 * What a bucket holds, with the rules of S3: strongly consistent, keys in binary order (here all ASCII), create-only
 * writes, pages. Each call takes effect at once; when it does is the scheduler's business.
 */
export class Bucket {
  readonly #objects = new Map<string, Held>();
  /** sorted */
  readonly #keys: string[] = [];
  readonly #now: () => number;
  #writes = 0;
  watcher: BucketWatcher = {};

  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#keys.length;
  }

  /** Writes so far: unchanged while nothing is. */
  get writes(): number {
    return this.#writes;
  }

  held(key: string): Held | undefined {
    return this.#objects.get(key);
  }

  get(key: string, ifMatch?: string): StoredBody {
    const held = this.#objects.get(key);
    if (!held) throw new MissingObject(key);
    if (ifMatch !== undefined && ifMatch !== held.etag) throw new ChangedObject(key);
    return { ...described(held), body: new OneChunk(held.bytes) };
  }

  create(key: string, content: Uint8Array | string): boolean {
    if (this.#objects.has(key)) return false;
    this.#write(key, content);
    return true;
  }

  /** Writes whatever is there: what the owner of the raw data can do, and no port. */
  put(key: string, content: Uint8Array | string): void {
    const isOver = this.#objects.has(key);
    this.#write(key, content);
    if (isOver) this.watcher.overwritten?.(key);
  }

  /** What a disk or a careless person does to an object: it goes, or has other bytes. Nobody is told. */
  damage(key: string, bytes: Uint8Array | null): void {
    const held = this.#objects.get(key);
    if (!held) return;
    if (bytes) this.#objects.set(key, { ...held, bytes, size: bytes.length, etag: `"damaged ${held.etag}"` });
    else {
      this.#objects.delete(key);
      this.#keys.splice(this.#place(key), 1);
    }
  }

  /** Puts back what was removed, as it was. */
  restore(held: Held): void {
    this.#keys.splice(this.#place(held.key), 0, held.key);
    this.#objects.set(held.key, held);
  }

  remove(key: string): void {
    const held = this.#objects.get(key);
    if (!held) return;
    this.#objects.delete(key);
    this.#keys.splice(this.#place(key), 1);
    this.#writes++;
    this.watcher.removed?.(key, held.bytes);
  }

  page(prefix: string, after: string, isShallow: boolean, size: number): Page<StoredObject> {
    const items: StoredObject[] = [];
    let at = this.#place(prefix > after ? prefix : after);
    if (after !== '' && this.#keys[at] === after) at++;
    for (; ; at++) {
      const key = this.#keys[at];
      if (key === undefined || !key.startsWith(prefix)) return { items, isLast: true };
      if (isShallow && key.includes('/', prefix.length)) continue;
      if (items.length === size) return { items, isLast: false };
      const held = this.#objects.get(key);
      if (held) items.push(described(held));
    }
  }

  /** The next level of folders below a prefix, behind the folder `after`. */
  folders(prefix: string, after: string, size: number): Page<string> {
    const items: string[] = [];
    let last = after;
    for (let at = this.#place(prefix > after ? prefix : after); ; at++) {
      const key = this.#keys[at];
      if (key === undefined || !key.startsWith(prefix)) return { items, isLast: true };
      const end = key.indexOf('/', prefix.length);
      if (end < 0 || (last !== '' && key.startsWith(last))) continue;
      if (items.length === size) return { items, isLast: false };
      last = key.slice(0, end + 1);
      items.push(last);
    }
  }

  /** Every key below a prefix, in order. */
  *keys(prefix = ''): Generator<string> {
    for (let at = this.#place(prefix); ; at++) {
      const key = this.#keys[at];
      if (key === undefined || !key.startsWith(prefix)) return;
      yield key;
    }
  }

  #write(key: string, content: Uint8Array | string): void {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    if (!this.#objects.has(key)) this.#keys.splice(this.#place(key), 0, key);
    const etag = `"${++this.#writes}"`;
    this.#objects.set(key, { key, bytes, size: bytes.length, etag, modified: this.#now() });
    this.watcher.created?.(key, bytes);
  }

  /** Index of the first key that is not before `key`. */
  #place(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? '') < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const described = ({ key, size, etag, modified }: Held): StoredObject => ({ key, size, etag, modified });

/** A body that comes whole: an async generator would cost several turns of the loop. */
class OneChunk implements AsyncIterable<Uint8Array> {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    let isGiven = false;
    return {
      next: async () => {
        if (isGiven) return { done: true, value: undefined };
        isGiven = true;
        return { done: false, value: this.#bytes };
      },
    };
  }
}
