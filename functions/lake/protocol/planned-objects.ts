/** Tells which raw objects of a prefix are in plans, from the newest checkpoint and the plans made since. */
import { concurrently } from '../concurrently.ts';
import type { Store, StoredObject } from '../ports.ts';
import {
  type Checkpoint,
  createCheckpoint,
  createSegment,
  newestCheckpoint,
  type PlannedEntry,
  readSegment,
  type Segment,
} from './checkpoints.ts';
import { compareKeys } from './key-order.ts';
import { numberOf, planFolder, planKey } from './keys.ts';
import { KnownObjects } from './known-objects.ts';
import { type Plan, plansOf, readPlan, readState } from './records.ts';

/** When plans are summarised, and into how large segments. */
export interface SummaryLimits {
  /** plans that a look reads one by one; more of them are summarised */
  plans: number;
  /** and objects of those plans */
  objects: number;
  /** objects of a segment, which is read or written whole; up to half as many more stay in one */
  segment: number;
}

/**
 * A hundred plans are eight hours of ticks that all find something. A segment is five pages of a listing, and its file
 * some 150 kB: about what reading it costs beside listing it.
 */
export const SUMMARY_LIMITS: SummaryLimits = { plans: 100, objects: 200_000, segment: 5000 };

export interface PlannedOptions {
  limits?: SummaryLimits;
  /** number of today's layout, where the template has changed: plans of prefixes below this one count, too */
  layout?: number | null;
  /** what is planned under prefixes that contain this one */
  above?: readonly PlannedObjects[];
  /** false: no summary is trusted, every plan is read */
  trusts?: boolean;
  /** who may write summaries: planners; left out, nothing is written */
  nonce?: () => string;
}

type PlansStore = Pick<Store, 'list' | 'get' | 'create'>;

const PLANS_AT_ONCE = 8;
/** Plans between two points at which a long tail may be summarised. */
const PLANS_TOGETHER = 64;
/** Bytes of plans that are held at once, and objects: a full plan has 50,000, which are some 10 MB. */
const BYTES_TOGETHER = 20_000_000;
const OBJECTS_TOGETHER = 100_000;
/** At least, in a plan. */
const BYTES_AN_OBJECT = 64;
/** Segments whose keys are held: looks go through a prefix in order, some side by side. */
const MOST_LOADED = 8;

export class PlannedObjects {
  readonly #lake: PlansStore;
  readonly #prefix: string;
  readonly #options: PlannedOptions;
  readonly #limits: SummaryLimits;
  #checkpoint: Checkpoint;
  /** of plans that the checkpoint doesn't have */
  #tail = new KnownObjects();
  #entries: PlannedEntry[] = [];
  #tailPlans = 0;
  #next = 0;
  #below: Checkpoint['below'];
  readonly #loaded = new Map<string, Promise<Map<string, string>>>();

  private constructor(lake: PlansStore, prefix: string, options: PlannedOptions) {
    this.#lake = lake;
    this.#prefix = prefix;
    this.#options = options;
    this.#limits = options.limits ?? SUMMARY_LIMITS;
    this.#checkpoint = { raw_prefix: prefix, plans: 0, segments: [] };
  }

  /**
   * Costs a listing; for more than a few plans another one for the newest checkpoint, and a read for each plan since.
   * Where the template has changed, plans below are read once and summarised.
   */
  static async read(lake: PlansStore, prefix: string, options: PlannedOptions = {}): Promise<PlannedObjects> {
    const planned = new PlannedObjects(lake, prefix, options);
    await planned.#read();
    return planned;
  }

  /** Number of the next plan. */
  get next(): number {
    return this.#next;
  }

  /** Objects that are planned. */
  get size(): number {
    return this.segments.reduce((sum, { objects }) => sum + objects, 0) + this.#tail.size;
  }

  get segmentObjects(): number {
    return this.#limits.segment;
  }

  /** Of the checkpoint, in order of key. */
  get segments(): readonly Segment[] {
    return this.#checkpoint.segments;
  }

  /** Plans that the checkpoint has. */
  get summarised(): number {
    return this.#checkpoint.plans;
  }

  /** Keys and etags of the plans since; empty for callers that write no summaries. */
  get since(): readonly PlannedEntry[] {
    return this.#entries;
  }

  /** Is the object in a plan, with the etag that it has? @throws DamagedSegment */
  async look(object: Pick<StoredObject, 'key' | 'etag'>): Promise<'new' | 'same' | 'changed'> {
    const segment = this.segments[this.segmentOf(object.key)];
    if (segment) {
      const etag = (await this.#load(segment)).get(object.key);
      if (etag !== undefined) return etag === object.etag ? 'same' : 'changed';
    }
    const is = this.#tail.look(object);
    return is === 'new' ? lookIn(this.#options.above ?? [], object) : is;
  }

  /** Place of the segment that would hold a key; behind the last one: their number. */
  segmentOf(key: string): number {
    let [low, high] = [0, this.segments.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareKeys(this.segments[middle]?.until ?? '', key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The plan `next`, which is in the store. */
  addNext(plan: Plan): void {
    this.#add(plan);
    this.#next++;
  }

  /** Summarises the plans since the checkpoint if they are many. Only for callers that gave `nonce`. */
  async summarise(): Promise<void> {
    const { nonce } = this.#options;
    if (!nonce || (this.#tailPlans < this.#limits.plans && this.#entries.length < this.#limits.objects)) return;
    const name = nonce();
    const segments = await this.#merged(name);
    const checkpoint: Checkpoint = {
      raw_prefix: this.#prefix,
      plans: this.#next,
      ...(this.#below ? { below: this.#below } : {}),
      segments,
    };
    await createCheckpoint(this.#lake, checkpoint, name);
    this.#checkpoint = checkpoint;
    this.#tail = new KnownObjects();
    this.#entries = [];
    this.#tailPlans = 0;
    this.#loaded.clear();
  }

  async #read(): Promise<void> {
    const { layout = null, trusts = true } = this.#options;
    const first = await plansOf(this.#lake, this.#prefix, trusts ? this.#limits.plans : Number.POSITIVE_INFINITY);
    // Few plans may hold many objects, too: then there is a checkpoint.
    const bytes = first.reduce((sum, { size }) => sum + size, 0);
    const areMany = first.length >= this.#limits.plans || bytes >= this.#limits.objects * BYTES_AN_OBJECT;
    const checkpoint = trusts && (layout !== null || areMany) ? await newestCheckpoint(this.#lake, this.#prefix) : null;
    if (checkpoint) this.#checkpoint = checkpoint;
    this.#next = this.#checkpoint.plans;
    this.#below = checkpoint?.below;
    if (checkpoint || (trusts && first.length >= this.#limits.plans)) await this.#readOn();
    else {
      await this.#addAll(first, (key) => {
        this.#next = (numberOf(key) ?? 0) + 1;
      });
    }
    if (layout !== null) await this.#readBelow(layout);
    await this.summarise();
  }

  /** Plans have numbers without gaps: each planner has seen the plan before its own. */
  async #readOn(): Promise<void> {
    let largest = 1;
    for (let width = PLANS_AT_ONCE; ; width = Math.min(width * 2, PLANS_TOGETHER)) {
      width = Math.max(1, Math.min(width, Math.floor(OBJECTS_TOGETHER / largest)));
      const from = this.#next;
      const numbers = Array.from({ length: width }, (_, i) => from + i);
      const plans = await concurrently(numbers, PLANS_AT_ONCE, (n) =>
        readState<Plan>(this.#lake, planKey(this.#prefix, n)),
      );
      const end = plans.indexOf(null);
      for (const plan of end < 0 ? plans : plans.slice(0, end)) if (plan) this.addNext(plan);
      if (end >= 0) return;
      const objects = plans.reduce((most, plan) => Math.max(most, plan ? objectsIn(plan) : 0), 1);
      largest = Math.max(largest, objects);
      await this.#summariseLongTail();
    }
  }

  async #readBelow(layout: number): Promise<void> {
    const own = planFolder(this.#prefix);
    const before = this.#below?.layout === layout ? this.#below.after : '';
    if (before === null) return;
    const plans: StoredObject[] = [];
    for await (const plan of this.#lake.list(own, before === '' ? {} : { after: before })) {
      if (numberOf(plan.key) !== null && plan.key.includes('/', own.length)) plans.push(plan);
      if (plans.length >= PLANS_TOGETHER) await this.#addBelow(plans.splice(0), layout);
    }
    await this.#addBelow(plans, layout);
    this.#below = { layout, after: null };
  }

  async #addBelow(plans: readonly StoredObject[], layout: number): Promise<void> {
    await this.#addAll(plans, (key) => {
      this.#below = { layout, after: key };
    });
    await this.#summariseLongTail();
  }

  async #addAll(listed: readonly StoredObject[], added: (key: string) => void): Promise<void> {
    let isFirst = true;
    for (const some of together(listed)) {
      if (!isFirst) await this.#summariseLongTail();
      isFirst = false;
      const plans = await concurrently(some, PLANS_AT_ONCE, ({ key }) => readPlan(this.#lake, key));
      for (const [i, plan] of plans.entries()) {
        this.#add(plan);
        added(some[i]?.key ?? '');
      }
    }
  }

  /** Summarises on the way, so that a process that dies keeps most of its work, and memory stays small. */
  async #summariseLongTail(): Promise<void> {
    if (this.#tailPlans >= this.#limits.plans * 10 || this.#entries.length >= this.#limits.objects) {
      await this.summarise();
    }
  }

  #add({ units }: Plan): void {
    this.#tailPlans++;
    for (const { objects } of units) {
      for (const { key, etag } of objects) {
        if (!key.startsWith(this.#prefix)) continue;
        this.#tail.add({ key, etag });
        if (this.#options.nonce) this.#entries.push([key, etag]);
      }
    }
  }

  #load(segment: Segment): Promise<Map<string, string>> {
    const known = this.#loaded.get(segment.key);
    if (known) return known;
    const [oldest] = this.#loaded.keys();
    if (this.#loaded.size >= MOST_LOADED && oldest !== undefined) this.#loaded.delete(oldest);
    const asked = readSegment(this.#lake, segment).then((entries) => new Map(entries));
    this.#loaded.set(segment.key, asked);
    return asked;
  }

  /** The checkpoint's segments with the objects since; those that get none stay as they are. */
  async #merged(name: string): Promise<Segment[]> {
    const last = this.segments.length - 1;
    const added = Map.groupBy(this.#entries, ([key]) => Math.max(0, Math.min(this.segmentOf(key), last)));
    const places = Math.max(this.segments.length, added.size > 0 ? 1 : 0);
    let files = 0;
    const merged = await concurrently(
      Array.from({ length: places }, (_, i) => i),
      PLANS_AT_ONCE,
      async (i) => {
        const [before, here] = [this.segments[i], added.get(i)];
        if (!here) return before ? [before] : [];
        const entries = new Map(before ? await readSegment(this.#lake, before) : []);
        for (const [key, etag] of here) if (!entries.has(key)) entries.set(key, etag);
        const all = [...entries].sort(([a], [b]) => compareKeys(a, b));
        const parts = all.length <= this.#limits.segment * 1.5 ? 1 : Math.ceil(all.length / this.#limits.segment);
        const cut: Segment[] = [];
        for (let part = 0; part < parts; part++) {
          const [from, to] = [part, part + 1].map((n) => Math.floor((all.length * n) / parts));
          const some = all.slice(from, to);
          const key = await createSegment(this.#lake, this.#prefix, name, files++, some);
          cut.push({ until: some.at(-1)?.[0] ?? '', objects: some.length, plans: this.#next, key });
        }
        return cut;
      },
    );
    return merged.flat();
  }
}

/** As `look`, in the first of them that knows the object. @throws DamagedSegment */
export async function lookIn(
  all: readonly PlannedObjects[],
  object: Pick<StoredObject, 'key' | 'etag'>,
): Promise<'new' | 'same' | 'changed'> {
  for (const planned of all) {
    const is = await planned.look(object);
    if (is !== 'new') return is;
  }
  return 'new';
}

/** Plans in groups that are held at once. */
function* together(plans: readonly StoredObject[]): Generator<StoredObject[]> {
  let some: StoredObject[] = [];
  let bytes = 0;
  for (const plan of plans) {
    if (some.length > 0 && (some.length >= PLANS_TOGETHER || bytes + plan.size > BYTES_TOGETHER)) {
      yield some;
      [some, bytes] = [[], 0];
    }
    some.push(plan);
    bytes += plan.size;
  }
  if (some.length > 0) yield some;
}

const objectsIn = ({ units }: Plan): number => units.reduce((sum, { objects }) => sum + objects.length, 0);
