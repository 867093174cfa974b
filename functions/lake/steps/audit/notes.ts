/** What an audit notes for the next one: that objects are the same under new etags, that prefixes are closed. */
import type { Store } from '../../ports.ts';

/**
 * The lake, of which a note that can't be kept is told and left out: it only saves the next audit work, and a lake that may
 * only be read, such as a backup, is audited as well.
 */
export const noting = (lake: Store, refused: (error: unknown) => void): Store => ({
  ...(lake.hasTimedEtags === undefined ? {} : { hasTimedEtags: lake.hasTimedEtags }),
  list: (prefix, options) => lake.list(prefix, options),
  prefixes: (prefix) => lake.prefixes(prefix),
  get: (key, options) => lake.get(key, options),
  async create(key, bytes) {
    try {
      return await lake.create(key, bytes);
    } catch (error) {
      refused(error);
      return false;
    }
  },
  remove: (key) => lake.remove(key),
});
