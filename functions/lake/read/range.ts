/** Reads some byte ranges of a raw object again, for a replay. */
import type { Limits } from '../settings.ts';
import { type Reason, refusal } from '../vocabulary.ts';
import { ByteSource } from './byte-source.ts';
import { Unwrapper } from './envelope.ts';
import { type GzipEnding, unzipped } from './gzip.ts';
import type { Place, RecordVisitor } from './record.ts';
import { RecordPlace } from './record.ts';
import { Splitter, splitInner } from './splitter.ts';

/** Bytes of an object that are read again. */
export interface ByteRange {
  /** first byte, in the decompressed object */
  offset: number;
  /** bytes, at least one */
  length: number;
  /** ordinal that the first record in it had when the object was first read */
  ordinal: number;
}

/**
 * Reads some ranges of an object, plain or gzip, each as if it stood alone, and tells the visitor of each record in them,
 * with its place in the whole object. Byte ranges stay what they are when records come to be split in another way;
 * ordinals don't: a range that holds as many records as before numbers them as before, and no two get one number.
 *
 * @param ranges in order of offset, none reaching into another
 * @param onChunk as in readObject
 * @throws ObjectRejection if the gzip data are damaged on the way there; errors of the body and the visitor as they are
 */
export async function readRanges(
  body: AsyncIterable<Uint8Array>,
  limits: Limits,
  ranges: readonly ByteRange[],
  visitor: RecordVisitor,
  onChunk?: () => void,
): Promise<void> {
  const waiting = [...ranges];
  const ending: GzipEnding = { is: 'whole', trailing: new Uint8Array(0) };
  const source = new ByteSource(body);
  let open: RangeReading | undefined;
  let ordinal = 0;
  let at = 0;
  const begin = (range: ByteRange): RangeReading =>
    new RangeReading(range, Math.max(range.ordinal, ordinal), limits, visitor);

  try {
    for await (const chunk of unzipped(source, ending)) {
      onChunk?.();
      for (let from = 0; from < chunk.length; ) {
        // more bytes follow, so the data was not cut off within this range
        if (open?.isWhole) {
          ordinal = open.end('json');
          open = undefined;
        }
        if (!open) {
          const [next] = waiting;
          if (!next) return;
          from = Math.max(from, next.offset - at);
          if (from >= chunk.length) break;
          open = begin(next);
          waiting.shift();
        }
        from += open.take(chunk.subarray(from));
      }
      at += chunk.length;
    }
  } finally {
    await source.close();
  }
  if (open) ordinal = open.end(ending.is === 'truncated' ? 'gzip_truncated' : 'json');
  for (const range of waiting) ordinal = begin(range).missing();
}

/** One range on its way through a splitter of its own. */
class RangeReading {
  readonly #range: ByteRange;
  readonly #first: number;
  readonly #place = new RecordPlace();
  readonly #unwrapper: Unwrapper;
  readonly #splitter: Splitter;
  #taken = 0;

  /** @param first the number of the first record in it */
  constructor(range: ByteRange, first: number, limits: Limits, visitor: RecordVisitor) {
    this.#range = range;
    this.#first = first;
    const moved: RecordVisitor = {
      record: (value, text, place) => visitor.record(value, text, this.#moved(place)),
      skip: (kind, place) => visitor.skip(kind, this.#moved(place)),
      reject: (rejection, place) => visitor.reject(rejection, this.#moved(place)),
    };
    this.#unwrapper = new Unwrapper(moved, this.#place, limits, splitInner(limits));
    this.#splitter = new Splitter(limits, this.#unwrapper, this.#place);
  }

  get isWhole(): boolean {
    return this.#taken === this.#range.length;
  }

  /** Takes the part of these bytes that belongs to the range. @returns its length */
  take(bytes: Buffer): number {
    const mine = bytes.subarray(0, this.#range.length - this.#taken);
    this.#splitter.push(mine);
    this.#taken += mine.length;
    return mine.length;
  }

  /** There is no more. @returns the number behind that of its last record */
  end(broken: Reason): number {
    const { junk } = this.#splitter.end(broken);
    // text that an earlier version rejected: the range has been read, and nothing in it was a record
    if (junk && this.#unwrapper.records === 0) this.#unwrapper.skip('between_records');
    return this.#first + this.#unwrapper.records;
  }

  /** The object ends before the range begins: then it isn't read as it was. @returns as `end` */
  missing(): number {
    this.#place.point(0, this.#range.length, new Uint8Array(0), 0, 0);
    this.#unwrapper.reject(refusal('json', `the object ends before byte ${this.#range.offset}`));
    return this.#first + this.#unwrapper.records;
  }

  #moved(place: Place): Place {
    return {
      ordinal: this.#first + place.ordinal,
      first: this.#first + place.first,
      offset: this.#range.offset + place.offset,
      length: place.length,
      raw: (limit) => place.raw(limit),
    };
  }
}
