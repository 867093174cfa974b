/** Finds raw objects whose bytes have changed since they were planned, among those whose etag has changed. */
import { concurrently } from '../concurrently.ts';
import { ChangedObject, DeniedObject, MissingObject, type RawStore, type Store, type StoredObject } from '../ports.ts';
import { contentIn, digestOf, type ReadContent } from './contents.ts';
import { halvesOf } from './halves.ts';
import { aliasFolder, aliasKey, numberOf } from './keys.ts';
import { KnownObjects } from './known-objects.ts';
import type { Outcomes } from './outcomes.ts';
import type { PlannedObjects } from './planned-objects.ts';
import {
  createState,
  type Outcome,
  type PlannedObject,
  type PlannedUnit,
  planKeysOf,
  readPlan,
  readState,
} from './records.ts';
import { RewrittenObjects } from './rewritten-objects.ts';

interface AliasRecord {
  raw_prefix: string;
  objects: Pick<ReadContent, 'key' | 'etag'>[];
}

const OBJECTS_AT_ONCE = 8;
/** Objects that are compared together, and named by one record. */
const MOST_TOGETHER = 50_000;

/**
 * Tells, of the objects whose etags are not those of their plans, which have other bytes than were read. Each is read
 * once for that: a record beside the plans then says that its bytes are the same under the new etag.
 */
export class ChangedObjects {
  readonly #ports: { raw: RawStore; lake: Pick<Store, 'list' | 'get' | 'create'> };
  readonly #outcomes: Outcomes;
  readonly #rewritten: RewrittenObjects;
  readonly #prefix: string;
  readonly #look: PlannedObjects['look'];
  readonly #around: () => Promise<readonly string[]>;
  #waiting: StoredObject[] = [];
  #aliases: Promise<{ known: KnownObjects; next: number }> | null = null;
  #changed: StoredObject[] = [];

  constructor(
    ports: { raw: RawStore; lake: Pick<Store, 'list' | 'get' | 'create'> },
    outcomes: Outcomes,
    prefix: string,
    look: PlannedObjects['look'],
    around: () => Promise<readonly string[]>,
  ) {
    this.#ports = ports;
    this.#outcomes = outcomes;
    this.#rewritten = new RewrittenObjects(ports);
    this.#prefix = prefix;
    this.#look = look;
    this.#around = around;
  }

  async add(object: StoredObject): Promise<void> {
    this.#waiting.push(object);
    if (this.#waiting.length >= MOST_TOGETHER) await this.#sort();
  }

  /** Those that have other bytes now, in order of key. */
  async end(): Promise<StoredObject[]> {
    await this.#sort();
    return this.#changed;
  }

  async #sort(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length === 0) return;
    if (!this.#ports.raw.hasTimedEtags) {
      this.#changed.push(...(await this.#unexplained(waiting)));
      return;
    }
    this.#aliases ??= this.#readAliases();
    const aliases = await this.#aliases;
    const left = waiting.filter((object) => aliases.known.add(object) !== 'same');
    if (left.length === 0) return;
    const verdicts = await this.#judge(new Map(left.map((object) => [object.key, object])));
    const proven = left.filter(({ key }) => verdicts.get(key) === 'proven');
    this.#changed.push(...left.filter(({ key }) => !verdicts.has(key)));
    if (proven.length === 0) return;
    const record: AliasRecord = { raw_prefix: this.#prefix, objects: proven.map(({ key, etag }) => ({ key, etag })) };
    // If another step was first, the next audit finds the rest.
    await createState(this.#ports.lake, aliasKey(this.#prefix, aliases.next), record);
    aliases.next++;
  }

  /**
   * Where an etag tells of the content, only an erasure explains another one. Plans are read only for what was not read as it was
   * planned.
   */
  async #unexplained(waiting: readonly StoredObject[]): Promise<StoredObject[]> {
    const isPlanned = await concurrently(waiting, OBJECTS_AT_ONCE, (object) =>
      this.#rewritten
        .leadsTo(async ({ etag }) => (await this.#look({ key: object.key, etag })) === 'same', object)
        .catch(unlessUnreadable),
    );
    const some = waiting.filter((_, i) => isPlanned[i] === false);
    const verdicts = some.length > 0 ? await this.#judge(new Map(some.map((object) => [object.key, object]))) : null;
    return waiting.filter(({ key }, i) => isPlanned[i] !== true && !verdicts?.has(key));
  }

  /** Newest record first: of two that name an object, the newer counts. */
  async #readAliases(): Promise<{ known: KnownObjects; next: number }> {
    const { lake } = this.#ports;
    const keys: { key: string; n: number }[] = [];
    for await (const { key } of lake.list(aliasFolder(this.#prefix), { shallow: true })) {
      keys.push({ key, n: numberOf(key) ?? 0 });
    }
    keys.sort((a, b) => b.n - a.n);
    const known = new KnownObjects();
    for (const { key } of keys) {
      for (const object of (await readState<AliasRecord>(lake, key))?.objects ?? []) known.add(object);
    }
    return { known, next: (keys[0]?.n ?? -1) + 1 };
  }

  /** `same`: nothing speaks against it; `proven`: its bytes were read and compared. Others are not in it. */
  async #judge(wanted: ReadonlyMap<string, StoredObject>): Promise<Map<string, 'same' | 'proven'>> {
    const { lake } = this.#ports;
    const verdicts = new Map<string, 'same' | 'proven'>();
    for (const planKey of [...(await planKeysOf(lake, this.#prefix)), ...(await this.#around())]) {
      for (const unit of (await readPlan(lake, planKey)).units) {
        const here = unit.objects.filter(({ key }) => wanted.has(key));
        await concurrently(here, OBJECTS_AT_ONCE, async (planned) => {
          const object = wanted.get(planned.key);
          const verdict = object && (await this.#verdict(unit, planned, object));
          if (verdict) verdicts.set(planned.key, verdict);
        });
      }
    }
    return verdicts;
  }

  async #verdict(unit: PlannedUnit, planned: PlannedObject, object: StoredObject): Promise<'same' | 'proven' | null> {
    const { raw, lake } = this.#ports;
    const outcome = await outcomeOf(this.#outcomes, unit, planned.key);
    const problem = outcome?.problems.find(({ key }) => key === planned.key);
    try {
      if (raw.hasTimedEtags) {
        // Not read yet: it will be read as it is then.
        const isUnread = !outcome || problem !== undefined || outcome.poison?.some(({ key }) => key === planned.key);
        if (isUnread && (problem?.etag === object.etag || object.size === planned.size)) return 'same';
        if (!outcome) return null;
        const read = !isUnread ? await contentIn(lake, outcome, planned.key) : undefined;
        if (read?.etag === object.etag) return 'same';
        const digest = await digestOf(raw, object);
        if (digest === read?.sha256) return 'proven';
        return (await this.#rewritten.isFrom(read ?? { ...planned, ...problem }, object, digest)) ? 'proven' : null;
      }
      return (await this.#rewritten.isFrom({ ...planned, ...problem }, object)) ? 'same' : null;
    } catch (error) {
      return unlessUnreadable(error);
    }
  }
}

/** Whoever may not read raw data can't say that nothing has changed. */
function unlessUnreadable(error: unknown): null {
  if (error instanceof MissingObject || error instanceof ChangedObject || error instanceof DeniedObject) return null;
  throw error;
}

/** The outcome of the unit, or of that half of it, that has the object; null while there is none. */
async function outcomeOf(outcomes: Outcomes, unit: PlannedUnit, key: string): Promise<Outcome | null> {
  const outcome = await outcomes.of(unit.id);
  if (!outcome?.split) return outcome;
  const half = halvesOf(unit)?.find(({ objects }) => objects.some((object) => object.key === key));
  return half ? outcomeOf(outcomes, half, key) : null;
}
