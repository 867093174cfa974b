/**
 * Writes a raw object once more without erased persons. What goes is filled up with spaces: the decompressed object stays as long as
 * it was, each record keeps its number, and each byte of others its place, so that whatever points into the object is still right
 * (quarantine.byte_offset, ranges of a replay).
 */
import { createGzip } from 'node:zlib';
import { makeDecoder } from '../../decode/decode.ts';
import { JsonEraser, type Judgement } from '../../decode/erased-json.ts';
import { type ErasedPersons, sentAtOf } from '../../decode/erased-persons.ts';
import { ErasingSink } from '../../decode/erasing-sink.ts';
import type { Decode, RecordContext } from '../../decode/types.ts';
import { ByteSource } from '../../read/byte-source.ts';
import { type GzipEnding, isGzip, unzipped } from '../../read/gzip.ts';
import { ERASED_RECORD } from '../../read/marks.ts';
import { readObject } from '../../read/object.ts';
import type { JsonObject, Place } from '../../read/record.ts';
import { RecordPlace } from '../../read/record.ts';
import { refuseForeign } from '../../read/refuse-format.ts';
import { Splitter } from '../../read/splitter.ts';
import type { Settings } from '../../settings.ts';
import { ObjectRejection, Rejection } from '../../vocabulary.ts';

/** What became of an object that names somebody; `why`: it could not be written without them, in words for a person. */
export type ErasedObject = { bytes: Uint8Array } | { why: string };

export interface RawLook {
  persons: ErasedPersons;
  settings: Settings;
  /** when the object was delivered, epoch ms */
  deliveredAt: number;
}

/** What looks into raw objects; the simulator has another one. */
export interface RawEraser {
  /** @param stored the object as it lies in the store @returns null if nothing of them is in it */
  erase(stored: Uint8Array, look: RawLook): Promise<ErasedObject | null>;
}

/** Bytes of the decompressed object in whose place a text comes, and spaces behind it. */
interface Edit {
  offset: number;
  length: number;
  text: Buffer;
}

/** Bytes that nobody has seen all of. */
type Stretch = Pick<Edit, 'offset' | 'length'>;

interface Edits {
  edits: Edit[];
  /** left out: all of it could be looked into, and written without them */
  why?: string;
  isZipped: boolean;
  ending: GzipEnding;
}

/** Objects of events, as transform reads them. */
export const OBJECTS: RawEraser = {
  async erase(stored, look) {
    const decode = makeDecoder(look.settings);
    const found = await editsOf(stored, look, decode);
    if (found.why !== undefined) return { why: found.why };
    if (found.edits.length === 0) return null;
    const bytes = await written(stored, found);
    if (!(await isReadAlike(stored, bytes, look, decode))) return { why: 'others would be read otherwise' };
    const left = await editsOf(bytes, look, decode);
    return left.edits.length > 0 || left.why !== undefined ? { why: 'it would still name them' } : { bytes };
  },
};

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function editsOf(stored: Uint8Array, look: RawLook, decode: Decode): Promise<Edits> {
  const { limits } = look.settings;
  const ending: GzipEnding = { is: 'whole', trailing: new Uint8Array(0) };
  const source = new ByteSource(once(stored));
  const eraser = new BytesEraser(look, decode);
  const found = { isZipped: isGzip(stored), ending };
  const told = (): boolean => eraser.edits.length > 0 || eraser.why !== undefined;
  let bytes = 0;
  try {
    for await (const chunk of unzipped(source, ending)) {
      if (bytes === 0) refuseForeign(chunk);
      bytes += chunk.length;
      if (bytes > limits.objectBytes)
        return { ...found, edits: [], why: 'it is larger than the limit when decompressed' };
      eraser.push(chunk);
    }
    const isStream = eraser.end(bytes);
    const inGaps = eraser.gaps.length > 0 ? await editsOfGaps(stored, eraser.gaps, look.persons) : [];
    if (!isStream && (told() || inGaps.length > 0)) {
      return { ...found, edits: [], why: 'it holds no events, and names somebody' };
    }
    eraser.edits.push(...inGaps);
    if (ending.is === 'trailing' && look.persons.isInBytes(Buffer.from(ending.trailing)))
      return { ...found, edits: [], why: 'bytes behind the compressed data name somebody' };
  } catch (error) {
    if (!(error instanceof ObjectRejection)) throw error;
    // Nothing of it was ever read; who wants to mend it has to see to this as well.
    const names = told() || (await namesInText(stored, look.persons));
    return {
      ...found,
      edits: [],
      ...(names ? { why: `it could not be read (${error.reason}), and names somebody` } : {}),
    };
  } finally {
    await source.close();
  }
  for (const stretch of eraser.unseen) {
    if (await isNamedWithin(stored, stretch, look.persons))
      eraser.edits.push({ ...stretch, text: Buffer.from(ERASED_RECORD) });
  }
  eraser.edits.sort((a, b) => a.offset - b.offset);
  return { ...found, edits: eraser.edits, ...(eraser.why === undefined ? {} : { why: eraser.why }) };
}

/** Whether some bytes name them, which are too many to be held. */
async function isNamedWithin(
  stored: Uint8Array,
  { offset, length }: Stretch,
  persons: ErasedPersons,
): Promise<boolean> {
  let at = 0;
  let before = Buffer.alloc(0);
  for await (const chunk of unzipped(new ByteSource(once(stored)), { is: 'whole', trailing: before })) {
    const part = chunk.subarray(Math.max(0, offset - at), Math.max(0, offset + length - at));
    at += chunk.length;
    for (let from = 0; from < part.length; from += PIECE) {
      const piece = Buffer.concat([before, part.subarray(from, from + PIECE)]);
      if (persons.isInBytes(piece)) return true;
      before = piece.subarray(-LONGEST_NAMED);
    }
    if (at >= offset + length) break;
  }
  return false;
}

/** In text between records an address gives way, and the text stays as long as it was. One look at the object for all. */
async function editsOfGaps(stored: Uint8Array, gaps: readonly Stretch[], persons: ErasedPersons): Promise<Edit[]> {
  const edits: Edit[] = [];
  let [at, next] = [0, 0];
  let parts: Buffer[] = [];
  for await (const chunk of unzipped(new ByteSource(once(stored)), { is: 'whole', trailing: stored })) {
    const end = at + chunk.length;
    for (let gap = gaps[next]; gap && gap.offset < end; gap = gaps[next]) {
      parts.push(Buffer.from(chunk.subarray(Math.max(0, gap.offset - at), gap.offset + gap.length - at)));
      if (gap.offset + gap.length > end) break;
      const bytes = Buffer.concat(parts);
      if (persons.isInBytes(bytes)) {
        const text = Buffer.from(persons.text(bytes.toString('latin1')), 'latin1');
        // Seen only where escapes are undone: then all of it goes.
        edits.push({ ...gap, text: persons.isInBytes(text) ? Buffer.alloc(0) : text });
      }
      parts = [];
      next++;
    }
    at = end;
  }
  return edits;
}

/** bytes */
const SHORTEST_NAMED = 6;
const PIECE = 1024 * 1024;
/** bytes of an address, however it is encoded */
const LONGEST_NAMED = 4096;

/** In what is no stream of events: as text of one byte a character, or two. */
async function namesInText(stored: Uint8Array, persons: ErasedPersons): Promise<boolean> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of unzipped(new ByteSource(once(stored)), { is: 'whole', trailing: stored })) {
      parts.push(chunk);
      bytes += chunk.length;
      if (bytes > MOST_TEXT) break;
    }
  } catch {
    // What comes before the damage is looked at.
  }
  const whole = Buffer.concat(parts);
  const wide = Buffer.from(whole.subarray(0, whole.length & ~1));
  return (
    persons.isInBytes(whole) ||
    persons.isIn(wide.toString('utf16le')) ||
    persons.isIn(wide.swap16().toString('utf16le'))
  );
}

const MOST_TEXT = 64 * 1024 * 1024;

/** Finds what goes of the records in some bytes, chunk by chunk. */
class BytesEraser {
  readonly edits: Edit[] = [];
  /** records too large to be held */
  readonly unseen: Stretch[] = [];
  /** what stands between records, where it may be an address */
  readonly gaps: Stretch[] = [];
  #end = 0;
  why: string | undefined;
  readonly #look: RawLook;
  readonly #json: JsonEraser;
  readonly #splitter: Splitter;

  constructor(look: RawLook, decode: Decode) {
    const { persons, settings } = look;
    this.#look = look;
    this.#json = new JsonEraser({
      persons,
      judge: (value, text) => judge(decode, value, text, look),
      records: (bytes) => this.#within(bytes, decode),
    });
    this.#splitter = new Splitter(
      settings.limits,
      {
        record: (_, text, place) => {
          this.#pass(place);
          const made = this.#json.without(text);
          if (made !== text) this.#put(place, made);
        },
        skip: (kind, place) => {
          if (kind !== 'between_records') this.#pass(place);
        },
        reject: (_, place) => {
          this.#pass(place);
          this.#reject(place);
        },
      },
      new RecordPlace(),
    );
  }

  push(chunk: Buffer): void {
    this.#splitter.push(chunk);
  }

  /** @param length of all bytes @returns false if there is something, and nothing of an event stream */
  end(length: number): boolean {
    const { events, junk } = this.#splitter.end('json');
    this.#pass({ offset: length, length: 0 });
    return events || !junk;
  }

  #pass({ offset, length }: Stretch): void {
    if (offset - this.#end >= SHORTEST_NAMED) this.gaps.push({ offset: this.#end, length: offset - this.#end });
    this.#end = offset + length;
  }

  /** A record that can't be read goes whole if it names somebody, as it does in quarantine. */
  #reject(place: Place): void {
    const bytes = place.raw(place.length);
    if (this.#look.persons.isInBytes(Buffer.from(bytes))) this.#put(place, ERASED_RECORD);
    else if (bytes.length < place.length) this.unseen.push({ offset: place.offset, length: place.length });
  }

  #put({ offset, length }: Place, text: string): void {
    const bytes = Buffer.from(text);
    if (bytes.length > length) this.why ??= 'a record in it would become longer';
    this.edits.push({ offset, length, text: bytes });
  }

  /** The same of bytes within a record. */
  #within(bytes: Buffer, decode: Decode): Buffer {
    const inner = new BytesEraser(this.#look, decode);
    inner.push(bytes);
    inner.end(bytes.length);
    this.why ??= inner.why;
    if (inner.edits.length === 0) return bytes;
    const made = Buffer.from(bytes);
    for (const edit of inner.edits) put(made, edit, 0);
    return made;
  }
}

function judge(decode: Decode, value: JsonObject, text: string, { persons, deliveredAt }: RawLook): Judgement {
  let sentAt: number | null = null;
  const sink = new ErasingSink({ event: () => true, header: () => {}, click: () => {} }, persons);
  const looking = {
    event: (row: Parameters<typeof sink.event>[0]): boolean => {
      sentAt = sentAtOf({ ...row });
      sink.event(row);
      return true;
    },
    header: sink.header,
    click: sink.click,
  };
  try {
    decode(value, text, contextOf(deliveredAt), looking);
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    return { is: 'other' };
  }
  if (sink.record() === 'erased') return { is: 'erased' };
  return sentAt === null ? { is: 'other' } : { is: 'event', sentAt };
}

const contextOf = (deliveredAt: number): RecordContext => ({
  attempt: '',
  sourceKey: '',
  sourceOrdinal: 0,
  deliveredAt,
});

/** The object as it is stored, compressed if it was: one that ended too early does so again, and what followed it follows. */
async function written(stored: Uint8Array, { edits, isZipped, ending }: Edits): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  const plain = edited(unzipped(new ByteSource(once(stored)), { is: 'whole', trailing: new Uint8Array(0) }), edits);
  if (!isZipped) {
    for await (const chunk of plain) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
  const gzip = createGzip();
  const feeding = (async () => {
    for await (const chunk of plain) if (!gzip.write(chunk)) await new Promise((done) => gzip.once('drain', done));
    gzip.end();
  })();
  for await (const chunk of gzip) chunks.push(chunk);
  await feeding;
  const zipped = Buffer.concat(chunks);
  if (ending.is === 'truncated') return zipped.subarray(0, -GZIP_TRAILER);
  return ending.is === 'trailing' ? Buffer.concat([zipped, ending.trailing]) : zipped;
}

/** RFC 1952, 2.3: checksum and length. */
const GZIP_TRAILER = 8;

/** @param at place of the bytes, of which the edit may have a part only */
function put(bytes: Buffer, { offset, length, text }: Edit, at: number): void {
  const from = Math.max(offset - at, 0);
  const to = Math.min(offset + length - at, bytes.length);
  bytes.fill(' ', from, to);
  text.copy(bytes, from, Math.min(text.length, from + at - offset), Math.min(text.length, to + at - offset));
}

/** Edits are in order, and none reaches into another. */
async function* edited(chunks: AsyncIterable<Buffer>, edits: readonly Edit[]): AsyncGenerator<Buffer> {
  let at = 0;
  let next = 0;
  for await (const chunk of chunks) {
    const made = Buffer.from(chunk);
    const end = at + chunk.length;
    for (let edit = edits[next]; edit && edit.offset < end; edit = edits[next]) {
      put(made, edit, at);
      if (edit.offset + edit.length > end) break;
      next++;
    }
    at = end;
    yield made;
  }
}

/** Whether a reading makes as many rows of each record as before, and no others go but those about erased persons. */
async function isReadAlike(before: Uint8Array, after: Uint8Array, look: RawLook, decode: Decode): Promise<boolean> {
  const [were, are] = [await readings(before, look, decode), await readings(after, look, decode)];
  return (
    were.length === are.length &&
    were.every(({ is, at, text }, i) => {
      const now = are[i];
      if (now?.at !== at) return false;
      return now.text === text || (now.is === 'erased' && is !== 'rows');
    })
  );
}

interface Reading {
  is: 'rows' | 'erased' | 'none';
  /** offset in the object */
  at: number;
  /** what became of it, and how many rows of each table it has */
  text: string;
}

async function readings(stored: Uint8Array, look: RawLook, decode: Decode): Promise<Reading[]> {
  const { persons, settings, deliveredAt } = look;
  const found: Reading[] = [];
  const rows = { events: 0, headers: 0, clicks: 0 };
  const sink = new ErasingSink(
    {
      event: () => rows.events++ >= 0,
      header: () => void rows.headers++,
      click: () => void rows.clicks++,
    },
    persons,
  );
  await readObject(once(stored), settings.limits, {
    record(value, text, { offset }) {
      Object.assign(rows, { events: 0, headers: 0, clicks: 0 });
      try {
        const verdict = decode(value, text, contextOf(deliveredAt), sink);
        const isErased = sink.record() === 'erased' || verdict.is === 'erased';
        if (isErased) found.push({ is: 'erased', at: offset, text: 'erased' });
        else if (rows.events === 0) found.push({ is: 'none', at: offset, text: verdict.is });
        else found.push({ is: 'rows', at: offset, text: Object.values(rows).join(' ') });
      } catch (error) {
        if (!(error instanceof Rejection)) throw error;
        found.push({ is: 'none', at: offset, text: error.reason });
      }
    },
    skip: (_, { offset }) => void found.push({ is: 'none', at: offset, text: 'skipped' }),
    reject: ({ reason }, { offset }) => void found.push({ is: 'none', at: offset, text: reason }),
  });
  return found;
}
