/**
 * Records which raw templates a raw source has been planned by. Prefixes of one template never contain each other, so all plans
 * of an object are under its prefix. Prefixes of two templates may contain each other; then planners and audits also go by
 * what is planned above a prefix, which is read once for all prefixes, and below it.
 */
import { hash } from 'node:crypto';
import type { Store, StoredObject } from '../ports.ts';
import type { Settings } from '../settings.ts';
import { layoutFolder, layoutKey, numberOf, planFolder, plansRoot } from './keys.ts';
import { PlannedObjects, type PlannedOptions } from './planned-objects.ts';
import { hourOfPrefix } from './raw-prefixes.ts';
import { sourceOf } from './raw-sources.ts';
import { createState, planKeysOf } from './records.ts';

type LayoutStore = Pick<Store, 'list' | 'get' | 'create'>;

/** The template by which plans are made now. */
export interface Layout {
  /** counts the changes of the template: what was summarised of other prefixes holds until the next one */
  n: number;
  /** were there plans by another template? */
  isMixed: boolean;
}

const UNKNOWN = 'unknown';
/** The number of records from before layouts were numbered. */
const BEFORE = -1;

const nameOf = (template: string | null): string =>
  template === null ? 'none' : hash('sha256', template, 'hex').slice(0, 12);

/**
 * A source's layout of today, which is remembered with the others, unless the caller only looks (`isLook`). One listing; the
 * first time of a source without such records a listing of its plans.
 */
export async function layoutOf(
  lake: Pick<Store, 'list' | 'create'>,
  settings: Settings,
  { mount = '', isLook = false }: { mount?: string; isLook?: boolean } = {},
): Promise<Layout> {
  const { rawTemplate, objectNameOffsetHours } = sourceOf(settings, mount);
  const today = nameOf(rawTemplate);
  const root = layoutFolder(mount);
  for (;;) {
    const names: { n: number; name: string }[] = [];
    for await (const { key } of lake.list(root, { shallow: true })) {
      const [, n, name = ''] = /^(?:(\d+)-)?([^-]+)\.json$/.exec(key.slice(root.length)) ?? [];
      names.push({ n: n === undefined ? BEFORE : Number(n), name });
    }
    if (names.length === 0 && (await hasStrangePlans())) {
      if (isLook) return { n: BEFORE, isMixed: true };
      await createState(lake, layoutKey(mount, 0, UNKNOWN), {});
      names.push({ n: 0, name: UNKNOWN });
    }
    const newest = names.reduce((best, one) => (one.n >= best.n ? one : best), { n: BEFORE - 1, name: '' });
    const isKnown = newest.name === today && (newest.n > BEFORE || names.length === 1);
    const isMixed = names.some(({ name }) => name !== today);
    if (isKnown) return { n: newest.n, isMixed };
    const n = Math.max(newest.n, BEFORE) + 1;
    // No checkpoint is of this layout yet.
    if (isLook) return { n, isMixed };
    if (await createState(lake, layoutKey(mount, n, today), { raw_template: rawTemplate })) return { n, isMixed };
  }

  async function hasStrangePlans(): Promise<boolean> {
    const isOthers = (prefix: string): boolean => sourceOf(settings, prefix).mount !== mount;
    for await (const { key } of lake.list(planFolder(mount))) {
      const prefix = key.slice(plansRoot.length, key.lastIndexOf('/') + 1);
      const isOurs =
        rawTemplate === null ? prefix === mount : hourOfPrefix(rawTemplate, prefix, objectNameOffsetHours) !== null;
      if (!isOurs && !isOthers(prefix)) return true;
    }
    return false;
  }
}

/** The folders above a raw prefix, the next one first; the last is the empty one. */
export function* foldersAbove(rawPrefix: string): Generator<string> {
  for (let at = rawPrefix; at !== ''; ) {
    at = at.slice(0, at.lastIndexOf('/', at.length - 2) + 1);
    yield at;
  }
}

/** What is planned under the folders above raw prefixes, where the template has changed; each is asked for once. */
export class PlansAbove {
  readonly #lake: LayoutStore;
  readonly #options: Pick<PlannedOptions, 'limits' | 'trusts' | 'nonce'>;
  readonly #known = new Map<string, Promise<PlannedObjects>>();
  #asPlanned: PlansAbove | undefined;

  constructor(lake: LayoutStore, options: Pick<PlannedOptions, 'limits' | 'trusts' | 'nonce'> = {}) {
    this.#lake = lake;
    this.#options = options;
  }

  /** The same from the plans alone: no summary is trusted. */
  get asPlanned(): PlansAbove {
    this.#asPlanned ??= new PlansAbove(this.#lake, { ...this.#options, trusts: false });
    return this.#asPlanned;
  }

  async of(rawPrefix: string): Promise<PlannedObjects[]> {
    const above = await Promise.all([...foldersAbove(rawPrefix)].map((folder) => this.#read(folder)));
    return above.filter(({ size }) => size > 0);
  }

  #read(folder: string): Promise<PlannedObjects> {
    const asked = this.#known.get(folder) ?? PlannedObjects.read(this.#lake, folder, this.#options);
    this.#known.set(folder, asked);
    return asked;
  }
}

/** Plans of prefixes that contain this one, or that it contains: a listing for each folder above, and one of all below. */
export async function plansAround(lake: Pick<Store, 'list'>, rawPrefix: string): Promise<string[]> {
  const keys: string[] = [];
  for (const folder of foldersAbove(rawPrefix)) keys.push(...(await planKeysOf(lake, folder)));
  return [...keys, ...(await plansBelow(lake, rawPrefix)).map(({ key }) => key)];
}

/** Plans of prefixes that this one contains. One listing. */
export async function plansBelow(lake: Pick<Store, 'list'>, rawPrefix: string): Promise<StoredObject[]> {
  const plans: StoredObject[] = [];
  const own = planFolder(rawPrefix);
  for await (const plan of lake.list(own)) {
    if (numberOf(plan.key) !== null && plan.key.includes('/', own.length)) plans.push(plan);
  }
  return plans;
}
