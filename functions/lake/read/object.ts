/** Reads one raw object, plain or gzip, record by record. */
import type { Limits } from '../settings.ts';
import { ObjectRejection, refusal } from '../vocabulary.ts';
import { release } from '../write/memory.ts';
import { ByteSource } from './byte-source.ts';
import { Unwrapper } from './envelope.ts';
import { type GzipEnding, gunzipAtOnce, isGzip, unzipped } from './gzip.ts';
import type { KnownReader, RecordVisitor } from './record.ts';
import { RecordPlace } from './record.ts';
import { refuseForeign } from './refuse-format.ts';
import { Splitter, splitInner } from './splitter.ts';

/**
 * Reads an object, plain or gzip whatever its name says, and tells the visitor of each record in it, in order.
 *
 * @param onChunk told before each part of at most a few MB of decompressed data; what it throws passes through
 * @param known asked first whether it can read a record; the visitor is not told of those that it has read
 * @returns records: how many there are; bytes: length of the object when decompressed
 * @throws ObjectRejection if the object as a whole can't be trusted or makes no sense (encoding, gzip_crc, too_large,
 * not_event_stream): what the visitor was told so far is void. Errors of the body and of the visitor as they are.
 */
export async function readObject(
  body: AsyncIterable<Uint8Array>,
  limits: Limits,
  visitor: RecordVisitor,
  onChunk?: () => void,
  known?: KnownReader,
): Promise<{ records: number; bytes: number }> {
  const place = new RecordPlace();
  const unwrapper = new Unwrapper(visitor, place, limits, splitInner(limits));
  const splitter = new Splitter(limits, unwrapper, place, known && new CountingReader(known, unwrapper));
  const ending: GzipEnding = { is: 'whole', trailing: new Uint8Array(0) };
  const source = new ByteSource(body);
  let bytes = 0;
  let whole: Buffer | null = null;
  try {
    const zipped = isGzip(await source.peek(3));
    whole = zipped ? await gunzipAtOnce(source, limits.objectBytes) : null;
    for await (const chunk of whole ? [whole] : gathered(unzipped(source, ending))) {
      onChunk?.();
      if (bytes === 0) refuseForeign(chunk);
      bytes += chunk.length;
      if (bytes > limits.objectBytes) {
        throw new ObjectRejection(
          'too_large',
          `more than ${limits.objectBytes} bytes${zipped ? ' when decompressed' : ''}`,
        );
      }
      splitter.push(chunk);
    }
  } finally {
    await source.close();
  }
  const { events, junk, told } = splitter.end(ending.is === 'truncated' ? 'gzip_truncated' : 'json');
  // Small ones are parts of Node's pool.
  if (whole && whole.length > 1 << 16) release(new Uint8Array(whole.buffer));
  if (junk && !events) throw new ObjectRejection('not_event_stream', 'there is no JSON object in it');
  if (ending.is === 'truncated' && !told) {
    place.point(bytes, 0, ending.trailing, 0, 0);
    unwrapper.reject(refusal('gzip_truncated', 'the compressed data end after the last whole record'));
  } else if (ending.is === 'trailing') {
    // these bytes come after the decompressed data, so they have no range in it
    place.point(bytes, 0, ending.trailing, 0, ending.trailing.length);
    unwrapper.reject(refusal('gzip_trailing', 'bytes that are no gzip follow the compressed data'));
  }
  return { records: unwrapper.records, bytes };
}

/**
 * Has each record that is known counted among those that the unwrapper counts. A class, since V8 compiles the way through
 * functions that are made anew for each object again and again.
 */
class CountingReader implements KnownReader {
  readonly #known: KnownReader;
  readonly #unwrapper: Unwrapper;

  constructor(known: KnownReader, unwrapper: Unwrapper) {
    this.#known = known;
    this.#unwrapper = unwrapper;
  }

  match(bytes: Buffer, start: number): number {
    return this.#known.match(bytes, start);
  }

  read(): boolean {
    if (!this.#known.read(this.#unwrapper.records)) return false;
    this.#unwrapper.records++;
    return true;
  }
}

/** Joins small chunks, because some work is done once for each chunk. */
async function* gathered(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let small: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    if (size === 0 && chunk.length >= ENOUGH) {
      yield chunk;
      continue;
    }
    small.push(chunk);
    size += chunk.length;
    if (size >= ENOUGH) {
      yield Buffer.concat(small);
      small = [];
      size = 0;
    }
  }
  if (size > 0) yield Buffer.concat(small);
}

/** bytes */
const ENOUGH = 64 * 1024;
