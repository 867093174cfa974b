/** Parquet's encodings of whole arrays (apache/parquet-format, Encodings.md). */
import type { Bytes } from './bytes.ts';

/** Bits that a whole number below 2^53 takes. */
export const bitsOf = (value: number): number =>
  value < 2 ** 32 ? 32 - Math.clz32(value) : 64 - Math.clz32(Math.floor(value / 2 ** 32));

/*
 * Every function here sees one kind of array: V8 compiles it once, and not again for each kind that comes along. Loops that
 * may be long are functions of their own, with no code behind them: what V8 has compiled of a loop while it ran, it leaves
 * at the loop's end, again and again, where the code that follows had never run.
 */

/** RLE / bit-packing hybrid: runs of eight and more as runs, the values between them packed in eights. */
export function writeHybrid(values: Int32Array, count: number, width: number, out: Bytes): void {
  const bytesOfValue = (width + 7) >> 3;
  let packedFrom = 0;
  for (let i = 0; i < count; ) {
    const value = values[i] ?? 0;
    const end = runEnd(values, i, count);
    // What is packed comes in eights: a run fills up the eight before it.
    const filling = (8 - ((i - packedFrom) & 7)) & 7;
    if (end - i - filling >= 8) {
      if (i > packedFrom) writePacked(values, packedFrom, i + filling, width, out);
      out.varint((end - i - filling) * 2);
      for (let byte = 0; byte < bytesOfValue; byte++) out.byte((value >>> (8 * byte)) & 0xff);
      packedFrom = end;
    }
    i = end;
  }
  if (packedFrom < count) writePacked(values, packedFrom, count, width, out);
}

function runEnd(values: Int32Array, from: number, count: number): number {
  let end = from + 1;
  while (end < count && values[end] === values[from]) end++;
  return end;
}

function writePacked(values: Int32Array, from: number, to: number, width: number, out: Bytes): void {
  const eights = (to - from + 7) >> 3;
  out.varint(eights * 2 + 1);
  out.need(eights * width);
  packBits(values, from, to, width, eights * width, out);
}

const BLOCK = 128;
const MINIBLOCK = 32;
const deltas = new Float64Array(BLOCK);
/** differences less the least of them */
const offsets = new Int32Array(MINIBLOCK);

/**
 * Can `writeDeltas` write values from `lowest` to `highest`? Differences of differences must take fewer bits than the
 * type has, and be exact in a double with 7 bits to spare.
 */
export const canBeDeltas = (lowest: number, highest: number, bytes: 4 | 8): boolean =>
  highest - lowest < (bytes === 4 ? 2 ** 30 : 2 ** 43) && Math.abs(lowest) < 2 ** 51 && Math.abs(highest) < 2 ** 51;

/** DELTA_BINARY_PACKED of whole numbers. */
export function writeDeltas(values: Float64Array, count: number, out: Bytes): void {
  out.varint(BLOCK);
  out.varint(BLOCK / MINIBLOCK);
  out.varint(count);
  out.zigzag(count > 0 ? (values[0] ?? 0) : 0);
  for (let from = 1; from < count; from += BLOCK) {
    const size = Math.min(BLOCK, count - from);
    const least = fillDeltas(values, from, size);
    out.zigzag(least);
    out.need(4 + BLOCK * 8);
    const widths = out.at;
    out.uint32(0);
    for (let start = 0; start < size; start += MINIBLOCK) {
      const end = Math.min(size, start + MINIBLOCK);
      const width = bitsOf(mostOf(start, end) - least);
      out.buffer[widths + start / MINIBLOCK] = width;
      if (width > MOST_BITS) packWide(deltas, start, end, least, width, width * 4, out);
      else if (width > 0) {
        for (let i = start; i < end; i++) offsets[i - start] = (deltas[i] ?? 0) - least;
        packBits(offsets, 0, end - start, width, width * 4, out);
      }
    }
  }
}

/** @returns the least of the differences, which are in `deltas` then */
function fillDeltas(values: Float64Array, from: number, size: number): number {
  let least = Number.POSITIVE_INFINITY;
  let before = values[from - 1] ?? 0;
  for (let i = 0; i < size; i++) {
    const value = values[from + i] ?? 0;
    const delta = value - before;
    before = value;
    deltas[i] = delta;
    if (delta < least) least = delta;
  }
  return least;
}

function mostOf(from: number, to: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = from; i < to; i++) most = Math.max(most, deltas[i] ?? 0);
  return most;
}

/** Bits of a value that fit into 32 together with the 7 that may be left over. */
const MOST_BITS = 24;

/** Packs `values[from…to − 1]`, least significant bit first, into exactly `size` bytes that there is room for. */
function packBits(values: Int32Array, from: number, to: number, width: number, size: number, out: Bytes): void {
  const { buffer } = out;
  let { at } = out;
  const end = at + size;
  out.at = end;
  let bits = 0;
  let held = 0;
  // It ends with the bytes: when the values are used up, zeros fill the last ones.
  for (let i = from; at < end; ) {
    if (bits < 8 && i < to) {
      held |= (values[i++] ?? 0) << bits;
      bits += width;
    } else {
      buffer[at++] = held;
      held >>>= 8;
      bits -= 8;
    }
  }
}

/** The same of `values[i] − base` in doubles, which hold 44 bits and the 7 that may be left over exactly. */
function packWide(
  values: Float64Array,
  from: number,
  to: number,
  base: number,
  width: number,
  size: number,
  out: Bytes,
): void {
  const { buffer } = out;
  let { at } = out;
  const end = at + size;
  out.at = end;
  let bits = 0;
  let held = 0;
  for (let i = from; at < end; ) {
    if (bits < 8 && i < to) {
      held += ((values[i++] ?? 0) - base) * 2 ** bits;
      bits += width;
    } else {
      buffer[at++] = held % 256;
      held = Math.floor(held / 256);
      bits -= 8;
    }
  }
}
