/** A folder of a raw store as a store of its own: its keys are those behind the folder's name. */
import type { RawStore } from '#lake/ports.ts';

export function folderOf(store: RawStore, folder: string): RawStore {
  const inside = (key: string): string => key.slice(folder.length);
  return {
    async *list(prefix, { after, ...options } = {}) {
      const from = after === undefined ? {} : { after: folder + after };
      for await (const object of store.list(folder + prefix, { ...options, ...from })) {
        yield { ...object, key: inside(object.key) };
      }
    },
    async *prefixes(prefix) {
      for await (const one of store.prefixes(folder + prefix)) yield inside(one);
    },
    async get(key, options) {
      const found = await store.get(folder + key, options);
      return { ...found, key: inside(found.key) };
    },
  };
}
