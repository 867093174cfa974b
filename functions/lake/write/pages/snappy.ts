/** Snappy's block format (google/snappy, format_description.txt), for readers that know no ZSTD. */
import { Bytes } from './bytes.ts';

const BLOCK = 1 << 16;
/** by hash of four bytes, where in the block these were last */
const places = new Uint16Array(1 << 14);

export function snappy(input: Buffer): Buffer {
  const out = new Bytes(32 + input.length + Math.ceil(input.length / 6));
  const view = new DataView(input.buffer, input.byteOffset, input.length);
  out.varint(input.length);
  for (let from = 0; from < input.length; from += BLOCK) {
    writeBlock(input, view, from, Math.min(from + BLOCK, input.length), out);
  }
  return out.written();
}

function writeBlock(input: Buffer, view: DataView, from: number, to: number, out: Bytes): void {
  places.fill(0);
  let done = from;
  for (let i = from + 1; i + 4 <= to; ) {
    const word = view.getInt32(i, true);
    const slot = Math.imul(word, 0x1e35a7bd) >>> 18;
    const before = from + (places[slot] ?? 0);
    places[slot] = i - from;
    if (before >= i || view.getInt32(before, true) !== word) {
      i++;
      continue;
    }
    let length = 4;
    while (i + length < to && input[before + length] === input[i + length]) length++;
    writeLiteral(input, done, i, out);
    writeCopies(i - before, length, out);
    i += length;
    done = i;
  }
  writeLiteral(input, done, to, out);
}

function writeLiteral(input: Buffer, from: number, to: number, out: Bytes): void {
  const most = to - from - 1;
  if (most < 0) return;
  if (most < 60) out.byte(most << 2);
  else {
    // 61: its length, less one, is in two bytes
    out.byte(61 << 2);
    out.byte(most & 255);
    out.byte(most >> 8);
  }
  out.bytes(input.subarray(from, to));
}

/** Copies with an offset of two bytes, of at most 64 bytes each. */
function writeCopies(offset: number, length: number, out: Bytes): void {
  for (let rest = length; rest > 0; rest -= 64) {
    out.byte(((Math.min(rest, 64) - 1) << 2) | 2);
    out.byte(offset & 255);
    out.byte(offset >> 8);
  }
}
