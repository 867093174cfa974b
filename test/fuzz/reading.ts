/** One reading of an object: through reader, decoder and columns, as transform does it. */
import { makeDecoder } from '#lake/decode/decode.ts';
import type { Decode, RowSink } from '#lake/decode/types.ts';
import { readObject } from '#lake/read/object.ts';
import { readRanges } from '#lake/read/range.ts';
import type { Place, RecordVisitor } from '#lake/read/record.ts';
import { DEFAULT_SETTINGS, type Limits } from '#lake/settings.ts';
import { type Counts, Tally } from '#lake/steps/transform/tally.ts';
import { UnitRows } from '#lake/steps/transform/unit-rows.ts';
import { ObjectRejection, type Reason, type Refusal, Rejection } from '#lake/vocabulary.ts';

export interface Reading {
  /** reason, if the object as a whole was rejected: then there is nothing else */
  rejected: Reason | null;
  /** each row as JSON with its table, in order; what was a repeat is marked */
  rows: string[];
  /** of each record, in order */
  verdicts: string[];
  places: { ordinal: number; offset: number; length: number }[];
  /** as the reader counts */
  records: number;
  /** as the tally counts */
  counts: Counts;
  /** decompressed */
  bytes: number;
  /** message ids that have an event row */
  messages: Set<string>;
}

export const DELIVERED = Date.parse('2026-11-01T00:00:00Z');
const RAW_KEPT = 64 * 1024;

/** Reads objects one after another into the same columns, taking each back, as a unit of damaged objects would. */
export class Reader {
  readonly #decode: Decode = makeDecoder(DEFAULT_SETTINGS);
  readonly #unit = new UnitRows();

  /** @throws whatever is no declared rejection */
  async read(chunks: Iterable<Uint8Array>, limits: Limits): Promise<Reading> {
    const mark = this.#unit.mark();
    try {
      return await readInto(this.#unit, this.#decode, chunks, limits);
    } finally {
      this.#unit.rollback(mark);
    }
  }

  /** The same by the way that replay takes, which joins no small chunks: one range that is all of the object. */
  async readRange(chunks: Iterable<Uint8Array>, limits: Limits, length: number): Promise<Reading> {
    const mark = this.#unit.mark();
    try {
      return await readInto(this.#unit, this.#decode, chunks, limits, async (bytes, visitor) => {
        let records = 0;
        const counted: RecordVisitor = {
          record: (value, text, place) => visitor.record(value, text, counting(place)),
          skip: (kind, place) => visitor.skip(kind, counting(place)),
          reject: (rejection, place) => visitor.reject(rejection, counting(place)),
        };
        const counting = (place: Place): Place => {
          records++;
          return place;
        };
        await readRanges(bytes, limits, [{ offset: 0, length, ordinal: 0 }], counted);
        return { records, bytes: length };
      });
    } finally {
      this.#unit.rollback(mark);
    }
  }
}

type ReadBody = (
  bytes: AsyncIterable<Uint8Array>,
  visitor: RecordVisitor,
) => Promise<{ records: number; bytes: number }>;

/** Reads an object into columns that are kept. @throws whatever is no declared rejection */
export async function readInto(
  unit: UnitRows,
  decode: Decode,
  chunks: Iterable<Uint8Array>,
  limits: Limits,
  readBody: ReadBody = (bytes, visitor) => readObject(bytes, limits, visitor),
): Promise<Reading> {
  const rows: string[] = [];
  const verdicts: string[] = [];
  const places: Reading['places'] = [];
  const messages = new Set<string>();
  let tally = new Tally();
  let lastRange = -1;
  const sink: RowSink = {
    event(draft) {
      const isNew = unit.event(draft);
      rows.push(`events ${isNew} ${legible(draft)}`);
      messages.add(draft.message_id);
      return isNew;
    },
    header(draft) {
      unit.header(draft);
      rows.push(`headers ${legible(draft)}`);
    },
    click(draft) {
      unit.click(draft);
      rows.push(`clicks ${legible(draft)}`);
    },
  };
  const context = { attempt: 'unit.version', sourceKey: 'raw/object', sourceOrdinal: 0, deliveredAt: DELIVERED };
  const note = ({ ordinal, offset, length }: Place): void => void places.push({ ordinal, offset, length });
  const rejected = (rejection: Refusal, place: Place): void => {
    tally.quarantined(rejection.reason);
    verdicts.push(`${rejection.reason}: ${rejection.detail}`);
    const row = {
      attempt: context.attempt,
      source_key: context.sourceKey,
      source_ordinal: place.ordinal,
      byte_offset: place.offset,
      byte_length: place.length,
      range_ordinal: place.first,
      reason: rejection.reason,
      detail: rejection.detail,
      raw: place.first === lastRange ? null : Buffer.from(place.raw(RAW_KEPT)).toString('base64'),
      delivered_to_lake_at: DELIVERED,
    };
    lastRange = place.first;
    unit.quarantine(row);
    rows.push(`quarantine ${legible(row)}`);
  };
  const visitor: RecordVisitor = {
    record(value, text, place) {
      note(place);
      context.sourceOrdinal = place.ordinal;
      try {
        const verdict = decode(value, text, context, sink);
        tally.verdict(verdict);
        verdicts.push(JSON.stringify(verdict));
      } catch (error) {
        if (!(error instanceof Rejection)) throw error;
        rejected(error, place);
      }
    },
    skip(kind, place) {
      note(place);
      tally.verdict({ is: 'skipped', type: kind });
      verdicts.push(`skipped ${kind}`);
    },
    reject(rejection, place) {
      note(place);
      rejected(rejection, place);
    },
  };
  const mark = unit.mark();
  try {
    const { records, bytes } = await readBody(body(chunks), visitor);
    return { rejected: null, rows, verdicts, places, records, counts: tally.counts(), bytes, messages };
  } catch (error) {
    if (!(error instanceof ObjectRejection)) throw error;
    unit.rollback(mark);
    tally = new Tally();
    tally.quarantined(error.reason);
    const nothing = { rows: [], verdicts: [error.message], places: [], messages: new Set<string>() };
    return { rejected: error.reason, ...nothing, records: 1, counts: tally.counts(), bytes: 0 };
  }
}

/** JSON, with BigInt as it is written. */
export const legible = (row: object): string =>
  JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? value.toString() : value));

async function* body(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

/** Cuts bytes into pieces whose sizes come from the list, again and again; at most so many, then the rest. */
export function* cut(bytes: Buffer, sizes: readonly number[], most = 500): Generator<Buffer> {
  let at = 0;
  for (let number = 0; at < bytes.length && number < most; number++) {
    const size = sizes[number % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
  if (at < bytes.length) yield bytes.subarray(at);
}
