/**
 * Looks through raw objects for erased persons, unit by unit, and writes those that name one once more, if that is wanted. Only
 * what was read: an object whose unit has no outcome waits, since it is going to be read as it is planned. Each object is written
 * on condition that it is what was looked at, so that nothing of what a sender adds is lost, and the bytes that come in its place are
 * noted before, so that it is known for the lake's own doing wherever this is killed (protocol/rewritten-objects.ts).
 *
 * A unit is marked once all its objects were looked through. Objects that come later are in units of their own, which have no mark.
 */
import { concurrently } from '../../concurrently.ts';
import type { ErasedPersons } from '../../decode/erased-persons.ts';
import { deliveredAt } from '../../decode/time.ts';
import { ChangedObject, MissingObject, type Ports, type RawEditor, type StoredBody } from '../../ports.ts';
import {
  type LeftObject,
  type RewrittenObject,
  type SearchedRawSum,
  searchedUnits,
  sumOfRaw,
} from '../../protocol/asked-raw.ts';
import { ContentDigest } from '../../protocol/contents.ts';
import { halvesOf } from '../../protocol/halves.ts';
import { searchedRawKey } from '../../protocol/keys.ts';
import { Outcomes } from '../../protocol/outcomes.ts';
import { sourceOf } from '../../protocol/raw-sources.ts';
import {
  createState,
  type Outcome,
  type PlannedObject,
  type PlannedUnit,
  rawPlans,
  readPlan,
} from '../../protocol/records.ts';
import { announceRewriting, confirmRewriting, type Rewriting } from '../../protocol/rewritten-objects.ts';
import type { Settings } from '../../settings.ts';
import { OBJECTS, type RawEraser } from './raw-object.ts';

export type RawPorts = Pick<Ports, 'raw' | 'lake'>;

export interface RawSearchOptions {
  /** number of the erasure; left out for persons who are only looked for */
  n?: number;
  persons: ErasedPersons;
  settings: Settings;
  /** what writes raw objects; left out: they are looked through, and stay */
  editor?: RawEditor | undefined;
  /** what looks into objects; left out, the real one */
  eraser?: RawEraser | undefined;
  /** what is missing of objects that are older, epoch ms, has expired; left out: somebody may put it back */
  rawFrom?: number | undefined;
  /** units planned later, epoch ms, are not waited for; left out: all are */
  until?: number;
  isOutOfTime?: (() => boolean) | undefined;
  /** told of objects that were done with */
  onObjects?: ((done: number, all: number) => void) | undefined;
}

export interface RawProgress extends SearchedRawSum {
  /** objects that name somebody, whatever became of them */
  named: string[];
  /** units that are still to be looked through */
  left_units: number;
  /** units without an outcome that were planned until it was asked for: their objects are looked through once they have one */
  waiting_units: number;
}

/** Bytes of an object as stored that is held in memory; a Firehose writes 128 MB at most. */
const MOST_BYTES = 256 * 1024 * 1024;
/** Objects up to which several are held at once. */
const FEW_BYTES = 8 * 1024 * 1024;
const OBJECTS_AT_ONCE = 8;
/** How often an object is looked at that others write meanwhile. */
const MOST_LOOKS = 3;

/** What there is to be read: objects of plans, and their bytes as stored. Reads each plan. */
export async function rawToSearch(lake: RawPorts['lake']): Promise<{ objects: number; bytes: number }> {
  const total = { objects: 0, bytes: 0 };
  for await (const { key } of rawPlans(lake)) {
    for (const { objects } of (await readPlan(lake, key)).units) {
      total.objects += objects.length;
      for (const { size } of objects) total.bytes += size;
    }
  }
  return total;
}

/**
 * Looks through all that was not looked through for this erasure; with an editor, marks what was. A unit that fails doesn't keep
 * others waiting.
 * @throws Error of the first unit that failed, once all others are done
 */
export async function searchRaw(ports: RawPorts, options: RawSearchOptions): Promise<RawProgress> {
  const { lake } = ports;
  const { n, editor, until = Number.POSITIVE_INFINITY, isOutOfTime, onObjects } = options;
  const outcomes = new Outcomes(lake);
  const known = n === undefined || !editor ? new Set<string>() : await searchedUnits(lake, n);
  const found: (SearchedRawSum & { named: string[] })[] = [];
  const failures: unknown[] = [];
  let [left, waiting, done] = [0, 0, 0];
  const units: { plan: string; id: string; size: number; isAsked: boolean }[] = [];
  let all = 0;
  for await (const { key, modified } of rawPlans(lake)) {
    for (const { id, objects } of (await readPlan(lake, key)).units) {
      if (known.has(id)) continue;
      units.push({ plan: key, id, size: objects.length, isAsked: modified <= until });
      all += objects.length;
    }
  }
  let plan: { key: string; units: readonly PlannedUnit[] } = { key: '', units: [] };
  for (const { plan: key, id, size, isAsked } of units) {
    if (plan.key !== key) plan = { key, units: (await readPlan(lake, key)).units };
    const unit = plan.units.find((one) => one.id === id);
    const parts = unit && (await readParts(outcomes, unit));
    if (!parts) waiting += Number(isAsked);
    else if (isOutOfTime?.()) left++;
    else {
      try {
        const looked = await searchUnit(ports, options, parts);
        found.push(looked);
        const { named: _, isWhole, ...mark } = looked;
        if (n !== undefined && editor) await createState(lake, searchedRawKey(n, id, isWhole), { unit: id, ...mark });
      } catch (error) {
        failures.push(error);
      }
    }
    done += size;
    onObjects?.(done, all);
  }
  if (failures.length > 0) throw failures[0];
  return {
    ...sumOfRaw(found),
    named: found.flatMap(({ named }) => named).sort(),
    left_units: left,
    waiting_units: waiting,
  };
}

interface ReadPart {
  unit: PlannedUnit;
  outcome: Outcome;
}

/** The unit, or what it was split into, with what became of it; null while something of it is not read. */
async function readParts(outcomes: Outcomes, unit: PlannedUnit): Promise<ReadPart[] | null> {
  const outcome = await outcomes.of(unit.id);
  if (!outcome) return null;
  if (!outcome.split) return [{ unit, outcome }];
  const halves = halvesOf(unit) ?? [];
  const parts: ReadPart[] = [];
  for (const half of halves) {
    const ofHalf = await readParts(outcomes, half);
    if (!ofHalf) return null;
    parts.push(...ofHalf);
  }
  return parts;
}

/** `isWhole`: no object was missing that may be put back. */
type SearchedUnit = SearchedRawSum & { named: string[]; isWhole: boolean };

async function searchUnit(
  ports: RawPorts,
  options: RawSearchOptions,
  parts: readonly ReadPart[],
): Promise<SearchedUnit> {
  const search = new UnitSearch(ports, options);
  for (const { unit, outcome } of parts) {
    const poison = new Set(outcome.poison?.map(({ key }) => key));
    const readable = unit.objects.filter(({ key }) => !poison.has(key));
    for (const key of poison) search.leave(key, 'whoever read it died of it, so it was not looked into');
    const isSmall = ({ size }: PlannedObject): boolean => size <= FEW_BYTES;
    await concurrently(readable.filter(isSmall), OBJECTS_AT_ONCE, (object) => search.object(object));
    await concurrently(
      readable.filter((object) => !isSmall(object)),
      1,
      (object) => search.object(object),
    );
  }
  return search.found();
}

class UnitSearch {
  readonly #ports: RawPorts;
  readonly #options: RawSearchOptions;
  readonly #rewritten: RewrittenObject[] = [];
  readonly #left: LeftObject[] = [];
  readonly #named: string[] = [];
  #isWhole = true;
  #objects = 0;
  #bytes = 0;
  #olderVersions = 0;

  constructor(ports: RawPorts, options: RawSearchOptions) {
    this.#ports = ports;
    this.#options = options;
  }

  found(): SearchedUnit {
    return {
      isWhole: this.#isWhole,
      objects: this.#objects,
      bytes: this.#bytes,
      rewritten: this.#rewritten,
      left: this.#left,
      older_versions: this.#olderVersions,
      named: this.#named,
    };
  }

  leave(key: string, why: string): void {
    this.#left.push({ key, why });
  }

  /** As it lies there now, whatever was planned: what has come in its place may name them, too. */
  async object(planned: PlannedObject): Promise<void> {
    for (let looks = 1; ; looks++) {
      try {
        await this.#look(planned);
        return;
      } catch (error) {
        if (error instanceof MissingObject) {
          if (planned.modified >= (this.#options.rawFrom ?? 0)) this.#isWhole = false;
          return;
        }
        if (!(error instanceof ChangedObject) || looks === MOST_LOOKS) throw error;
      }
    }
  }

  async #look(planned: PlannedObject): Promise<void> {
    const { raw, lake } = this.#ports;
    const { persons, settings, editor, eraser = OBJECTS, n } = this.#options;
    const { key } = planned;
    const stored = await raw.get(key);
    if (stored.size > MOST_BYTES) {
      await stored.body[Symbol.asyncIterator]().return?.();
      this.leave(key, 'it is too large to be looked into');
      return;
    }
    const bytes = await bytesOf(stored);
    const { objectNameOffsetHours } = sourceOf(settings, key);
    const delivered = deliveredAt(key, planned.modified, objectNameOffsetHours);
    const made = await eraser.erase(bytes, { persons, settings, deliveredAt: delivered });
    if (made === null) {
      // Who wrote it may have died before it could say so, or be at it now.
      const isOther = editor !== undefined && stored.etag !== planned.etag;
      const written = isOther ? await confirmRewriting(lake, stored, digestOfBytes(bytes)) : null;
      if (written !== null && written.erasure === n) this.#note(written, stored.etag);
    } else if ('why' in made) this.leave(key, made.why);
    else if (editor && n !== undefined) await this.#rewrite(stored, bytes, made.bytes, editor, n);
    this.#objects++;
    this.#bytes += bytes.length;
    if (made !== null) this.#named.push(key);
  }

  async #rewrite(
    { key, etag }: StoredBody,
    was: Uint8Array,
    is: Uint8Array,
    editor: RawEditor,
    n: number,
  ): Promise<void> {
    const { lake } = this.#ports;
    const before = { etag, size: was.length, sha256: digestOfBytes(was) };
    const after = { size: is.length, sha256: digestOfBytes(is) };
    await announceRewriting(lake, { key, erasure: n, before, after });
    const made = await editor.replace(key, is, etag);
    await confirmRewriting(lake, { key, etag: made.etag }, after.sha256);
    if (made.isKept) this.#olderVersions++;
    this.#note({ key, before, after }, made.etag);
  }

  #note({ key, before, after }: Pick<Rewriting, 'key' | 'before' | 'after'>, etag: string): void {
    this.#rewritten.push({ key, before: { etag: before.etag, size: before.size }, after: { etag, size: after.size } });
  }
}

async function bytesOf({ body }: StoredBody): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}

function digestOfBytes(bytes: Uint8Array): string {
  const digest = new ContentDigest();
  digest.add(bytes);
  return digest.hex();
}
