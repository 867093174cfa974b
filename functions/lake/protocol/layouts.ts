/**
 * Records which raw templates a lake has been planned by. Prefixes of one template never contain each other, so all plans
 * of an object are under its prefix. Prefixes of two templates may contain each other; then a planner also reads the plans
 * of the prefixes around and below its own.
 */
import { hash } from 'node:crypto';
import type { Store } from '../ports.ts';
import type { Settings } from '../settings.ts';
import { layoutKey, layoutsRoot, numberOf, planFolder, plansRoot } from './keys.ts';
import { hourOfPrefix } from './raw-prefixes.ts';
import { createState, planKeysOf } from './records.ts';

type LayoutStore = Pick<Store, 'list' | 'create'>;
type Layout = Pick<Settings, 'rawTemplate' | 'objectNameOffsetHours'>;

const UNKNOWN = 'unknown';

const nameOf = (template: string | null): string =>
  template === null ? 'none' : hash('sha256', template, 'hex').slice(0, 12);

/**
 * True if plans may lie under prefixes of another template than today's, which is remembered with the others. One listing;
 * the first time of a lake without such records a listing of its plans.
 */
export async function hasOtherLayouts(
  lake: LayoutStore,
  { rawTemplate, objectNameOffsetHours }: Layout,
): Promise<boolean> {
  const today = nameOf(rawTemplate);
  const names = new Set<string>();
  for await (const { key } of lake.list(layoutsRoot)) names.add(key.slice(layoutsRoot.length, -'.json'.length));
  if (names.size === 0 && (await hasStrangePlans())) {
    names.add(UNKNOWN);
    await createState(lake, layoutKey(UNKNOWN), {});
  }
  if (!names.has(today)) await createState(lake, layoutKey(today), { raw_template: rawTemplate });
  names.delete(today);
  return names.size > 0;

  async function hasStrangePlans(): Promise<boolean> {
    for await (const { key } of lake.list(plansRoot)) {
      const prefix = key.slice(plansRoot.length, key.lastIndexOf('/') + 1);
      const isOurs =
        rawTemplate === null ? prefix === '' : hourOfPrefix(rawTemplate, prefix, objectNameOffsetHours) !== null;
      if (!isOurs) return true;
    }
    return false;
  }
}

/** Plans of prefixes that contain this one, or that it contains: a listing for each folder above, and one of all below. */
export async function plansAround(lake: Pick<Store, 'list'>, rawPrefix: string): Promise<string[]> {
  const keys: string[] = [];
  for (let end = rawPrefix.lastIndexOf('/', rawPrefix.length - 2) + 1; rawPrefix !== ''; ) {
    keys.push(...(await planKeysOf(lake, rawPrefix.slice(0, end))));
    if (end === 0) break;
    end = rawPrefix.lastIndexOf('/', end - 2) + 1;
  }
  const own = planFolder(rawPrefix);
  for await (const { key } of lake.list(own)) {
    if (numberOf(key) !== null && key.includes('/', own.length)) keys.push(key);
  }
  return keys;
}
