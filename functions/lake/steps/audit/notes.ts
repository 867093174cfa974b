/** Notes of an audit for the next one: that objects are the same under new etags, that prefixes are closed. */
import type { Store } from '../../ports.ts';

/**
 * The lake as an audit writes its notes to it: where that fails, `refused` is told and the audit goes on. A note only
 * saves the next audit work, and a lake that may only be read, such as a backup, can be audited as well.
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
