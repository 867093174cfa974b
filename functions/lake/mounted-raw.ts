/** Several raw stores as one, by mounts (protocol/raw-sources.ts). */
import {
  ChangedObject,
  DeniedObject,
  MissingObject,
  type RawEditor,
  type RawStore,
  type StoredBody,
  type StoredObject,
} from './ports.ts';
import { mountOf } from './protocol/raw-sources.ts';

/**
 * A listing shows the first one's objects, or those behind the mount that it names: a mount is in
 * no other listing, as nobody looks for all sources at once.
 */
export class MountedRaw implements RawStore {
  readonly hasTimedEtags: boolean;
  readonly #first: RawStore;
  readonly #others: readonly (readonly [mount: string, store: RawStore])[];

  /** @param others by name */
  constructor(first: RawStore, others: readonly (readonly [name: string, store: RawStore])[]) {
    this.#first = first;
    this.#others = others.map(([name, store]) => [mountOf(name), store]);
    // Where the bytes are compared, equal etags do no harm.
    this.hasTimedEtags = [first, ...others.map(([, store]) => store)].some((store) => store.hasTimedEtags ?? false);
  }

  async *list(prefix: string, options: { after?: string; shallow?: boolean } = {}): AsyncGenerator<StoredObject> {
    const { mount, store, rest } = this.#at(prefix);
    const after = options.after?.startsWith(mount) ? options.after.slice(mount.length) : undefined;
    const { shallow } = options;
    const inside = { ...(after === undefined ? {} : { after }), ...(shallow === undefined ? {} : { shallow }) };
    for await (const object of store.list(rest, inside)) yield { ...object, key: this.#outside(mount, object.key) };
  }

  async *prefixes(prefix: string): AsyncGenerator<string> {
    const { mount, store, rest } = this.#at(prefix);
    for await (const folder of store.prefixes(rest)) yield this.#outside(mount, folder);
  }

  async get(key: string, options?: { ifMatch?: string }): Promise<StoredBody> {
    const { mount, store, rest } = this.#at(key);
    try {
      return { ...(await store.get(rest, options)), key };
    } catch (error) {
      throw mount === '' ? error : renamed(error, key);
    }
  }

  #at(key: string): { mount: string; store: RawStore; rest: string } {
    for (const [mount, store] of this.#others) {
      if (key.startsWith(mount)) return { mount, store, rest: key.slice(mount.length) };
    }
    return { mount: '', store: this.#first, rest: key };
  }

  /** @throws Error if the first source has a folder that is called as another's mount: its objects could not be told apart */
  #outside(mount: string, key: string): string {
    const taken = mount === '' ? this.#others.find(([other]) => key.startsWith(other))?.[0] : undefined;
    if (taken === undefined) return mount + key;
    throw new Error(
      `the first raw source has a folder ${taken}, as the mount of another one: give that source another name`,
    );
  }
}

/** What may write the objects of several sources once more, by mounts. */
export function mountedEditor(
  first: RawEditor,
  others: readonly (readonly [name: string, editor: RawEditor])[],
): RawEditor {
  const mounted = others.map(([name, editor]) => [mountOf(name), editor] as const);
  return {
    async replace(key, bytes, ifMatch) {
      const [mount, editor] = mounted.find(([one]) => key.startsWith(one)) ?? ['', first];
      try {
        return await editor.replace(key.slice(mount.length), bytes, ifMatch);
      } catch (error) {
        throw mount === '' ? error : renamed(error, key);
      }
    },
  };
}

/** The same error, of the object as the lake knows it. */
function renamed(error: unknown, key: string): unknown {
  if (error instanceof MissingObject) return new MissingObject(key);
  if (error instanceof ChangedObject) return new ChangedObject(key);
  return error instanceof DeniedObject ? new DeniedObject(key, error.why) : error;
}
