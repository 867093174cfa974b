/** The store ports in memory, for tests. */
import { Buffer } from 'node:buffer';
import { ChangedObject, MissingObject, type Store, type StoredBody, type StoredObject } from '#lake/ports.ts';

interface Held {
  bytes: Uint8Array;
  etag: string;
  modified: number;
}

/** A store in memory, with S3's order and rules. */
export class MemoryStore implements Store {
  readonly #objects = new Map<string, Held>();
  readonly #now: () => number;
  #writes = 0;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  async *list(
    prefix: string,
    { after = '', shallow = false }: { after?: string; shallow?: boolean } = {},
  ): AsyncGenerator<StoredObject> {
    for (const key of this.#sortedKeys(prefix)) {
      if (after !== '' && compare(key, after) <= 0) continue;
      if (shallow && key.includes('/', prefix.length)) continue;
      const held = this.#objects.get(key);
      if (held) yield describe(key, held);
    }
  }

  async *prefixes(prefix: string): AsyncGenerator<string> {
    const folders = new Set<string>();
    for (const key of this.#sortedKeys(prefix)) {
      const end = key.indexOf('/', prefix.length);
      if (end >= 0) folders.add(key.slice(0, end + 1));
    }
    yield* folders;
  }

  async get(key: string, { ifMatch }: { ifMatch?: string } = {}): Promise<StoredBody> {
    const held = this.#objects.get(key);
    if (!held) throw new MissingObject(key);
    if (ifMatch !== undefined && ifMatch !== held.etag) throw new ChangedObject(key);
    return { ...describe(key, held), body: chunks(held.bytes) };
  }

  async create(key: string, bytes: Uint8Array | string): Promise<boolean> {
    if (key === '') throw new Error('a key is never empty');
    if (this.#objects.has(key)) return false;
    this.put(key, bytes);
    return true;
  }

  async remove(key: string): Promise<void> {
    this.#objects.delete(key);
  }

  /** What the port can't do: writes over an object. For tests that play the owner of the raw data. */
  put(key: string, bytes: Uint8Array | string): void {
    this.#objects.set(key, { bytes: Buffer.from(bytes), etag: String(++this.#writes), modified: this.#now() });
  }

  #sortedKeys(prefix: string): string[] {
    return [...this.#objects.keys()].filter((key) => key.startsWith(prefix)).sort(compare);
  }
}

const compare = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

const describe = (key: string, { bytes, etag, modified }: Held): StoredObject => ({
  key,
  size: bytes.length,
  etag,
  modified,
});

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const size = 64 * 1024;
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
