/** A store in memory that holds a million objects and more. */
import { Buffer } from 'node:buffer';
import { ChangedObject, MissingObject, type Store, type StoredBody, type StoredObject } from '#lake/ports.ts';
import { compareKeys } from '#lake/protocol/key-order.ts';

interface Held {
  object: StoredObject;
  bytes: Uint8Array;
}

/** A store in memory for very many objects, with S3's order and rules: its keys are kept sorted, and listings begin where they ask. */
export class SortedStore implements Store {
  readonly #objects = new Map<string, Held>();
  #keys: string[] = [];
  #isFilling = false;
  readonly #now: () => number;
  #writes = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#objects.size;
  }

  /** Many objects at once, sorted when all are there. */
  fill(objects: Iterable<readonly [key: string, bytes: string | Uint8Array, modified: number]>): void {
    this.#isFilling = true;
    for (const [key, bytes, modified] of objects) this.#hold(key, bytes, modified);
    this.#isFilling = false;
    this.#keys = [...this.#objects.keys()].sort(compareKeys);
  }

  put(key: string, bytes: Uint8Array | string): void {
    this.#hold(key, bytes, this.#now());
  }

  async *list(
    prefix: string,
    { after = '', shallow = false }: { after?: string; shallow?: boolean } = {},
  ): AsyncGenerator<StoredObject> {
    let last = after;
    for (let at = this.#behind(prefix, last); ; ) {
      const key = this.#keys[at];
      if (!key?.startsWith(prefix)) return;
      const held = this.#objects.get(key);
      if (held && !(shallow && key.includes('/', prefix.length))) yield held.object;
      last = key;
      at = this.#keys[at] === key ? at + 1 : this.#behind(prefix, last);
    }
  }

  async *prefixes(prefix: string): AsyncGenerator<string> {
    for (let at = this.#behind(prefix, ''); ; ) {
      const key = this.#keys[at];
      if (!key?.startsWith(prefix)) return;
      const end = key.indexOf('/', prefix.length);
      if (end < 0) {
        at++;
        continue;
      }
      const folder = key.slice(0, end + 1);
      yield folder;
      at = this.#behind(prefix, `${folder}\u{10FFFF}`);
    }
  }

  async get(key: string, { ifMatch }: { ifMatch?: string } = {}): Promise<StoredBody> {
    const held = this.#objects.get(key);
    if (!held) throw new MissingObject(key);
    const { object, bytes } = held;
    if (ifMatch !== undefined && ifMatch !== object.etag) throw new ChangedObject(key);
    return { ...object, body: once(bytes) };
  }

  async create(key: string, bytes: Uint8Array | string): Promise<boolean> {
    if (key === '') throw new Error('a key is never empty');
    if (this.#objects.has(key)) return false;
    this.put(key, bytes);
    return true;
  }

  async remove(key: string): Promise<void> {
    if (!this.#objects.delete(key)) return;
    this.#keys.splice(this.#place(key), 1);
  }

  #hold(key: string, content: Uint8Array | string, modified: number): void {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    if (!this.#isFilling && !this.#objects.has(key)) this.#keys.splice(this.#place(key), 0, key);
    const object = { key, size: bytes.length, etag: String(++this.#writes), modified };
    this.#objects.set(key, { object, bytes });
  }

  /** Index of the first key with the prefix that is behind another key. */
  #behind(prefix: string, after: string): number {
    const at = this.#place(compareKeys(prefix, after) > 0 ? prefix : after);
    return after !== '' && this.#keys[at] === after ? at + 1 : at;
  }

  /** Index of the first key that is not before this one. */
  #place(key: string): number {
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareKeys(this.#keys[middle] ?? '', key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
