/** Collects one column of one row group while a file is written: its compressed pages, and what the footer says about them. */
import { constants, zstdCompressSync } from 'node:zlib';
import { release } from '../memory.ts';
import type { Bytes } from './bytes.ts';
import { writeDeltas, writeHybrid } from './encodings.ts';
import { snappy } from './snappy.ts';

export const ENCODING = {
  PLAIN: 0,
  RLE: 3,
  DELTA_BINARY_PACKED: 5,
  DELTA_LENGTH_BYTE_ARRAY: 6,
  RLE_DICTIONARY: 8,
} as const;
export type Encoding = (typeof ENCODING)[keyof typeof ENCODING];

export const CODEC = { UNCOMPRESSED: 0, SNAPPY: 1, ZSTD: 6 } as const;
export type Codec = (typeof CODEC)[keyof typeof CODEC];

export interface Page {
  kind: 'data' | 'dictionary';
  values: number;
  encoding: Encoding;
  /** before compression */
  rawBytes: number;
  bytes: Buffer;
}

/** A least or greatest value as it stands in statistics; texts are cut, and then it is a bound only. */
export interface Bound {
  bytes: Uint8Array;
  isExact: boolean;
}

/** Raw bytes of a page of texts, roughly: what readers expect. */
export const PAGE_BYTES = 1 << 20;

/** A chunk whose pages are as small stays as it is: there is nothing to gain, and a frame of zstd costs 25 µs. */
const SMALL_PAGE = 256;

const NONE = new Int32Array(0);
const NO_NUMBERS = new Float64Array(0);

export class Chunk {
  readonly nullable: boolean;
  /** PLAIN only, no dictionaries: for readers that know no more */
  readonly isPlain: boolean;
  codec: Codec;
  pages: Page[] = [];
  values = 0;
  nulls = 0;
  min: Bound | null = null;
  max: Bound | null = null;
  readonly #page: Bytes;

  /** @param page where pages are put together, one at a time */
  constructor(nullable: boolean, codec: Codec, page: Bytes) {
    this.nullable = nullable;
    this.codec = codec;
    this.isPlain = codec === CODEC.SNAPPY;
    this.#page = page;
  }

  /**
   * Begins a data page: the values that aren't null are to be written to what is returned.
   * @param present by row, 0 where it is null; `nulls` of them are
   */
  begin(present: Int32Array, rows: number, nulls: number): Bytes {
    const page = this.#page;
    page.clear();
    this.values += rows;
    this.nulls += nulls;
    if (!this.nullable) return page;
    page.uint32(0);
    if (nulls === 0 || nulls === rows) {
      page.varint(rows * 2);
      page.byte(nulls === 0 ? 1 : 0);
    } else writeHybrid(present, rows, 1, page);
    page.view.setUint32(0, page.at - 4, true);
    return page;
  }

  end(rows: number, encoding: Encoding): void {
    this.pages.push(this.#ended('data', rows, encoding));
  }

  /** A page of nothing but nulls, whatever the column's type. */
  allNull(rows: number, encoding: Encoding): void {
    const page = this.begin(NONE, rows, rows);
    if (encoding !== ENCODING.PLAIN) writeDeltas(NO_NUMBERS, 0, page);
    this.end(rows, encoding);
  }

  beginDictionary(): Bytes {
    this.#page.clear();
    return this.#page;
  }

  endDictionary(values: number): void {
    this.pages.unshift(this.#ended('dictionary', values, ENCODING.PLAIN));
  }

  /** No more pages come. */
  finish(): void {
    if (this.codec !== CODEC.ZSTD) return;
    if (this.pages.every(({ rawBytes }) => rawBytes <= SMALL_PAGE)) this.codec = CODEC.UNCOMPRESSED;
    else for (const page of this.pages) if (page.rawBytes <= SMALL_PAGE) page.bytes = zstd(page.bytes);
  }

  #ended(kind: Page['kind'], values: number, encoding: Encoding): Page {
    const raw = this.#page.written();
    return { kind, values, encoding, rawBytes: raw.length, bytes: this.#compressed(raw) };
  }

  #compressed(raw: Buffer): Buffer {
    if (this.codec === CODEC.SNAPPY) return snappy(raw);
    return raw.length <= SMALL_PAGE ? Buffer.from(raw) : zstd(raw);
  }
}

const LEVEL = { [constants.ZSTD_c_compressionLevel]: 1 };

function zstd(raw: Buffer): Buffer {
  // With room for the most that zstd may make of it, it comes in one piece, of which the beginning is kept.
  const chunkSize = raw.length + (raw.length >> 7) + 1024;
  const made = zstdCompressSync(raw, { params: LEVEL, chunkSize });
  const bytes = Buffer.allocUnsafeSlow(made.length);
  made.copy(bytes);
  // Smaller ones may be parts of Node's pool.
  if (made.buffer.byteLength === chunkSize) release(new Uint8Array(made.buffer));
  return bytes;
}

/** Bytes of a text that statistics keep. */
const BOUND_BYTES = 64;

/** A lower bound of a text: its beginning. */
export function lowerBound(text: Uint8Array): Bound {
  if (text.length <= BOUND_BYTES) return { bytes: text, isExact: true };
  return { bytes: text.subarray(0, wholeCharacters(text)), isExact: false };
}

/** An upper bound of a text: its beginning, of which the last ASCII character that can be is raised by one. */
export function upperBound(text: Uint8Array): Bound | null {
  if (text.length <= BOUND_BYTES) return { bytes: text, isExact: true };
  const bytes = Uint8Array.from(text.subarray(0, wholeCharacters(text)));
  for (let at = bytes.length - 1; at >= 0; at--) {
    const byte = bytes[at] ?? 0;
    if (byte >= 0x7f) continue;
    bytes[at] = byte + 1;
    return { bytes: bytes.subarray(0, at + 1), isExact: false };
  }
  return null;
}

function wholeCharacters(text: Uint8Array): number {
  let end = BOUND_BYTES;
  while (end > 0 && ((text[end] ?? 0) & 0xc0) === 0x80) end--;
  return end;
}
