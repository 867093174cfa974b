/** The raw objects that plans already name, held in little memory. */
import type { StoredObject } from '../ports.ts';
import { EventIds } from '../write/event-ids.ts';
import type { Plan } from './records.ts';

/** Most hours hold few objects, and a planner looks at many hours. */
const FEW = 64;

/**
 * Raw objects and their etags in 28 bytes each at most, whatever their keys are called: the first 128 bits of the key's
 * SHA-256, and 32 bits of the etag, so that one rewrite in 4,000 million would go unseen.
 */
export class KnownObjects {
  readonly #etags = new EventIds(FEW);

  get size(): number {
    return this.#etags.size;
  }

  /** `new`, and known from now on; else whether the etag is the one it had. */
  add({ key, etag }: Pick<StoredObject, 'key' | 'etag'>): 'new' | 'same' | 'changed' {
    const digest = digestOf(etag);
    const before = this.#etags.add(key, digest);
    if (before < 0) return 'new';
    return before === digest ? 'same' : 'changed';
  }

  /** As `add`, but remembers nothing. */
  look({ key, etag }: Pick<StoredObject, 'key' | 'etag'>): 'new' | 'same' | 'changed' {
    const before = this.#etags.rowOf(key);
    if (before < 0) return 'new';
    return before === digestOf(etag) ? 'same' : 'changed';
  }

  /** Those of a plan that lie below a prefix. */
  addPlan({ units }: Plan, prefix = ''): void {
    for (const { objects } of units) for (const object of objects) if (object.key.startsWith(prefix)) this.add(object);
  }
}

/** FNV-1a, 32 bits (draft-eastlake-fnv): an etag is not secret, and no attacker chooses it. */
function digestOf(etag: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < etag.length; i++) hash = Math.imul(hash ^ etag.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
