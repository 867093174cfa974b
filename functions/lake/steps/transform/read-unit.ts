/** Reads and decodes the raw objects of a unit. This part of transform knows bytes and records, and nothing of the protocol. */
import { makeDecoder } from '../../decode/decode.ts';
import type { ErasedPersons } from '../../decode/erased-persons.ts';
import { ErasingSink } from '../../decode/erasing-sink.ts';
import { Pseudonyms } from '../../decode/pseudonyms.ts';
import { deliveredAt } from '../../decode/time.ts';
import type { RecordContext, Verdict } from '../../decode/types.ts';
import {
  ChangedObject,
  type KeyedHash,
  MissingObject,
  type RawStore,
  type StoredBody,
  type StoredObject,
} from '../../ports.ts';
import { ContentDigest, digestOf, type ReadContent } from '../../protocol/contents.ts';
import { sourceOf } from '../../protocol/raw-sources.ts';
import type { ObjectProblem, PlannedObject, PlannedUnit } from '../../protocol/records.ts';
import { readObject } from '../../read/object.ts';
import { readRanges } from '../../read/range.ts';
import type { KnownReader, Place, RecordVisitor } from '../../read/record.ts';
import type { Settings } from '../../settings.ts';
import { KnownRecords } from '../../shapes/known-records.ts';
import type { QuarantineRow } from '../../tables/quarantine.ts';
import { ObjectRejection, type Refusal, Rejection } from '../../vocabulary.ts';
import { ask, type Guard } from './guard.ts';
import { type Fetched, fetchAhead } from './prefetch.ts';
import { type Counts, Tally } from './tally.ts';
import { type EncodedFile, UnitRows } from './unit-rows.ts';

export interface UnitContent {
  counts: Counts;
  problems: ObjectProblem[];
  /** what was read of each object, where etags don't tell */
  contents: ReadContent[];
  /** objects with something in them of persons who are to be forgotten, in order */
  erasedObjects: string[];
  /** epoch ms; null if the unit has no objects */
  newestDeliveredAt: number | null;
  /** Encodes the rows, file by file; to be called once, because it uses them up. */
  files(): AsyncIterable<EncodedFile>;
}

export interface ReadOptions {
  settings: Settings;
  /** called after each object, with its stored bytes */
  onObject?: (bytes: number) => void;
  /** what may stop the reading: then it throws Stopped */
  guard?: Guard | undefined;
  /** Every record is parsed and decoded, also those whose shape is known: slower, with the same rows. */
  isExact?: boolean | undefined;
  /** what addresses become, where the setting `addresses` is `hashed`; asked for then, and not used else */
  keyedHash?: KeyedHash | undefined;
  /** persons who are kept out of all rows; left out: nobody */
  erased?: ErasedPersons | undefined;
  /** whether what lies there now is what was read or planned, but for persons whom an erasure has taken out; left out: never */
  isRewritten?: IsRewritten | undefined;
}

export type IsRewritten = (object: PlannedObject, now: StoredObject, digest?: string) => Promise<boolean>;

/** The same unit and attempt give the same content, byte for byte. */
export type ReadUnit = (
  raw: RawStore,
  unit: PlannedUnit,
  attempt: string,
  options: ReadOptions,
) => Promise<UnitContent>;

/** The guard is called after so many records, or so much text of records: a record of 80 KB can make 60 MB of rows. */
const RECORDS_UNASKED = 256;
const TEXT_UNASKED = 128 * 1024;

/** Bytes of a rejected record that quarantine keeps. */
const RAW_KEPT = 64 * 1024;

/**
 * Reads, decodes and collects the rows of a unit under the name of an attempt. The result depends on the raw data only.
 */
export const readUnit: ReadUnit = async (raw, unit, attempt, options) => {
  const { settings, onObject, guard, isExact, keyedHash, erased, isRewritten = async () => false } = options;
  const rows = new UnitRows();
  const sink = erased ? new ErasingSink(rows, erased) : null;
  const erasedObjects = new Set<string>();
  const tally = new Tally();
  const problems: ObjectProblem[] = [];
  const contents: ReadContent[] = [];
  const hide = pseudonymsOf(settings, keyedHash);
  const decode = makeDecoder(settings, hide);
  const known = isExact ? null : new KnownRecords(settings, rows, decode, hide, erased);
  let newestDeliveredAt: number | null = null;
  const pace = new Pace(guard);

  for await (const fetched of fetchAhead(raw, unit.objects)) {
    const { object } = fetched;
    const problem = await readInto(fetched);
    if (problem) problems.push(problem);
    onObject?.(object.size);
  }
  return {
    counts: tally.counts(),
    problems,
    contents,
    erasedObjects: [...erasedObjects].sort(),
    newestDeliveredAt,
    files: () => rows.files(settings.parquet, settings.limits.fileBytes),
  };

  async function readInto({ object, first }: Fetched): Promise<ObjectProblem | null> {
    const context: RecordContext = {
      attempt,
      sourceKey: object.key,
      sourceOrdinal: 0,
      deliveredAt: deliveredAt(object.key, object.modified, sourceOf(settings, object.key).objectNameOffsetHours),
    };
    newestDeliveredAt = Math.max(newestDeliveredAt ?? 0, context.deliveredAt);
    const visitor: RecordVisitor = {
      record(value, text, place) {
        pace.counted(text.length);
        context.sourceOrdinal = place.ordinal;
        context.hasEscapes = place.hasEscapes;
        try {
          const verdict = decode(value, text, context, sink ?? rows);
          const left = sink?.record() ?? 'whole';
          if (left !== 'whole') erasedObjects.add(object.key);
          if (left === 'erased') tally.erased();
          else tally.verdict(shown(verdict));
          const { isBare, textEnvelope = null } = place;
          if (verdict.is === 'accepted' && left === 'whole' && (isBare || textEnvelope))
            known?.learn(value, text, textEnvelope);
        } catch (error) {
          if (!(error instanceof Rejection)) throw error;
          visitor.reject(error, place);
        }
      },
      skip(kind) {
        pace.counted();
        tally.verdict(shown({ is: 'skipped', type: kind }));
      },
      reject(rejection, place) {
        pace.counted();
        tally.quarantined(rejection.reason);
        quarantine(rejection, place);
      },
    };
    /** A record that is skipped tells by its own words what it is. */
    const shown = (verdict: Verdict): Verdict =>
      hide && verdict.is === 'skipped' ? { ...verdict, type: hide.text(verdict.type) } : verdict;
    const quarantine = (rejection: Refusal, place: Place | null): void => {
      const row: QuarantineRow = {
        attempt,
        source_key: object.key,
        source_ordinal: place?.ordinal ?? 0,
        byte_offset: place?.offset ?? null,
        byte_length: place?.length ?? null,
        range_ordinal: place?.first ?? null,
        reason: rejection.reason,
        detail: hide ? placeOnly(rejection.detail, hide) : rejection.detail,
        raw: place && !hide ? rawOf(place) : null,
        delivered_to_lake_at: context.deliveredAt,
      };
      const kept = erased?.quarantined(row) ?? row;
      if (kept !== row) erasedObjects.add(object.key);
      rows.quarantine(kept);
    };
    const reader = known ? new ObjectReader(known, context, tally, pace) : undefined;
    let lastRange = -1;
    /** The bytes of a range, once: an envelope of a megabyte may hold fifty thousand records that are rejected. */
    const rawOf = (place: Place): string | null => {
      if (place.first === lastRange) return null;
      lastRange = place.first;
      return Buffer.from(place.raw(RAW_KEPT)).toString('base64');
    };

    const mark = rows.mark();
    const before = tally.snapshot();
    for (let looks = 1; ; looks++) {
      try {
        const stored = looks === 1 ? first() : await openAgain(raw, object, isRewritten);
        if (stored === null) return { key: object.key, problem: 'raw_changed' };
        await readBody(stored);
        const isSame = isAsPlanned(stored) || (await isRewritten(object, stored));
        return isSame ? null : { key: object.key, problem: 'raw_changed', etag: stored.etag };
      } catch (error) {
        // Nothing of what was read of it so far counts.
        rows.rollback(mark);
        tally.restore(before);
        if (error instanceof MissingObject) return { key: object.key, problem: 'source_missing' };
        if (!(error instanceof ChangedObject)) throw error;
        if (looks > MOST_LOOKS) return { key: object.key, problem: 'raw_changed' };
      }
    }

    /** Where etags hold times, another one of the same size may be a copy: what is read first is what counts. */
    function isAsPlanned({ etag, size }: StoredBody): boolean {
      return etag === object.etag || (raw.hasTimedEtags === true && size === object.size);
    }

    async function readBody({ etag, size, body }: StoredBody): Promise<void> {
      const digest = raw.hasTimedEtags ? new ContentDigest() : null;
      const bytes = guarded(digest ? digested(body, digest) : body, guard);
      const onChunk = (): void => ask(guard);
      try {
        if (object.ranges) await readRanges(bytes, settings.limits, object.ranges, visitor, onChunk);
        else await readObject(bytes, settings.limits, visitor, onChunk, reader);
      } catch (error) {
        if (!(error instanceof ObjectRejection)) throw error;
        // Nothing of a damaged object counts but the object itself, as one record.
        rows.rollback(mark);
        tally.restore(before);
        tally.quarantined(error.reason);
        quarantine(error, null);
      }
      if (!digest || object.ranges) return;
      // A reader may have seen enough before the end.
      const isWhole = digest.bytes === size;
      const sha256 = isWhole ? digest.hex() : await digestOf(raw, { key: object.key, etag });
      contents.push({ key: object.key, etag, sha256 });
    }
  }
};

/** Calls the guard from time to time. */
class Pace {
  readonly #guard: Guard | undefined;
  #records = 0;
  #text = 0;

  constructor(guard: Guard | undefined) {
    this.#guard = guard;
  }

  counted(text = 0): void {
    this.#records++;
    this.#text += text;
    if (this.#records < RECORDS_UNASKED && this.#text < TEXT_UNASKED) return;
    this.#records = 0;
    this.#text = 0;
    ask(this.#guard);
  }
}

/** Reads the records of one object whose shape is known. */
class ObjectReader implements KnownReader {
  readonly #known: KnownRecords;
  readonly #context: RecordContext;
  readonly #tally: Tally;
  readonly #pace: Pace;

  constructor(known: KnownRecords, context: RecordContext, tally: Tally, pace: Pace) {
    this.#known = known;
    this.#context = context;
    this.#tally = tally;
    this.#pace = pace;
  }

  match(bytes: Buffer, start: number): number {
    return this.#known.match(bytes, start);
  }

  read(ordinal: number): boolean {
    const known = this.#known;
    this.#context.sourceOrdinal = ordinal;
    const did = known.read(this.#context);
    if (did === null) return false;
    this.#pace.counted(known.length);
    this.#tally.known(did, known.type);
    return true;
  }
}

/** @throws Error if addresses are to be hashed and nothing is there to do so */
function pseudonymsOf({ addresses }: Settings, keyedHash: KeyedHash | undefined): Pseudonyms | undefined {
  if (addresses === 'plain') return undefined;
  if (!keyedHash) throw new Error('addresses are to be hashed, and there is no key');
  return new Pseudonyms(keyedHash);
}

/** A detail without the value, which is cut, and so may begin or end within an address. The byte range tells where it is. */
const placeOnly = (detail: string, hide: Pseudonyms): string => hide.text(detail.split(': ', 1)[0] ?? '');

/** How often reading begins again of an object that changes while it is read. */
const MOST_LOOKS = 3;

/**
 * An object that isn't what was planned, as it lies there now. One that nobody has read yet is read so: that is its first
 * reading. Of one that was read before, only the same bytes, or what an erasure has left of them; null if they are others.
 * @throws ChangedObject if it is being written
 */
async function openAgain(raw: RawStore, object: PlannedObject, isRewritten: IsRewritten): Promise<StoredBody | null> {
  const { key, isReread, sha256 } = object;
  if (!isReread) return raw.get(key);
  for await (const now of raw.list(key)) {
    if (now.key !== key) break;
    const digest = raw.hasTimedEtags && sha256 !== undefined ? await digestOf(raw, now) : undefined;
    const isSame = digest !== undefined && digest === sha256;
    return isSame || (await isRewritten(object, now, digest)) ? raw.get(key, { ifMatch: now.etag }) : null;
  }
  return null;
}

const digested = (body: AsyncIterable<Uint8Array>, digest: ContentDigest): AsyncIterable<Uint8Array> => ({
  [Symbol.asyncIterator]() {
    const chunks = body[Symbol.asyncIterator]();
    return {
      async next() {
        const chunk = await chunks.next();
        if (!chunk.done) digest.add(chunk.value);
        return chunk;
      },
      async return() {
        await chunks.return?.();
        return { done: true, value: undefined };
      },
    };
  },
});

/** The same chunks; the guard is called before each. */
const guarded = (body: AsyncIterable<Uint8Array>, guard: Guard | undefined): AsyncIterable<Uint8Array> => ({
  [Symbol.asyncIterator]() {
    const chunks = body[Symbol.asyncIterator]();
    return {
      async next() {
        ask(guard);
        return chunks.next();
      },
      async return() {
        await chunks.return?.();
        return { done: true, value: undefined };
      },
    };
  },
});

/** Quarantines the objects of a unit as a whole, without reading them: the workers that read them died. */
export const readPoison: ReadUnit = async (_, unit, attempt, { settings }) => {
  const rows = new UnitRows();
  const tally = new Tally();
  let newestDeliveredAt: number | null = null;
  for (const { key, modified } of unit.objects) {
    const delivered = deliveredAt(key, modified, sourceOf(settings, key).objectNameOffsetHours);
    newestDeliveredAt = Math.max(newestDeliveredAt ?? 0, delivered);
    tally.quarantined('poison');
    rows.quarantine({
      attempt,
      source_key: key,
      source_ordinal: 0,
      byte_offset: null,
      byte_length: null,
      range_ordinal: null,
      reason: 'poison',
      detail: 'not read: it made its unit fail three times',
      raw: null,
      delivered_to_lake_at: delivered,
    });
  }
  return {
    counts: tally.counts(),
    problems: [],
    contents: [],
    erasedObjects: [],
    newestDeliveredAt,
    files: () => rows.files(settings.parquet, settings.limits.fileBytes),
  };
};
