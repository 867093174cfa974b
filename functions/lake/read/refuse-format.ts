/** Refuses objects of another format or encoding by their first bytes. */
import { isUtf8 } from 'node:buffer';
import { ObjectRejection } from '../vocabulary.ts';

/**
 * Refuses what can't hold UTF-8 JSON, by its first bytes, before the rest of it is read.
 *
 * @param head the beginning of the (decompressed) object, 512 bytes unless it is shorter
 * @throws ObjectRejection encoding, not_event_stream
 */
export function refuseForeign(head: Uint8Array): void {
  const encoding = wideEncoding(head);
  if (encoding !== undefined) throw new ObjectRejection('encoding', `the object is ${encoding}; only UTF-8 is read`);
  const format = binaryFormat(head);
  if (format !== undefined) throw new ObjectRejection('not_event_stream', `the object is ${format}, not JSON events`);
}

/** By byte-order mark, else by where the zeros of ASCII text stand (the rule of RFC 4627, 3). */
function wideEncoding(head: Uint8Array): string | undefined {
  if (startsWith(head, [0xff, 0xfe, 0, 0]) || startsWith(head, [0, 0, 0xfe, 0xff])) return 'UTF-32';
  if (startsWith(head, [0xff, 0xfe]) || startsWith(head, [0xfe, 0xff])) return 'UTF-16';
  if (isWideText(head, 4, 0) || isWideText(head, 4, 3)) return 'UTF-32';
  if (isWideText(head, 2, 0) || isWideText(head, 2, 1)) return 'UTF-16';
  return undefined;
}

/** Are the first two units of `width` bytes ASCII text whose significant byte stands at `at`, the others zero? */
function isWideText(head: Uint8Array, width: number, at: number): boolean {
  if (head.length < 2 * width) return false;
  return head.subarray(0, 2 * width).every((byte, index) => (index % width === at ? isText(byte) : byte === 0));
}

function isText(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

/** Signatures with a byte that no text has. */
const BINARY: readonly (readonly [name: string, signature: readonly number[]])[] = [
  ['a PNG image', [0x89, 0x50, 0x4e, 0x47]],
  ['a JPEG image', [0xff, 0xd8, 0xff]],
  ['a .DS_Store file', [0, 0, 0, 1, 0x42, 0x75, 0x64, 0x31]],
  ['a ZIP archive', [0x50, 0x4b, 3, 4]],
  ['an empty ZIP archive', [0x50, 0x4b, 5, 6]],
  ['Avro', [0x4f, 0x62, 0x6a, 1]],
  ['gzip in more than three layers', [0x1f, 0x8b, 0x08]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]],
  ['a 7z archive', [0x37, 0x7a, 0xbc, 0xaf]],
  ['Snappy', [0xff, 6, 0, 0, 0x73, 0x4e, 0x61, 0x50]],
  ['LZ4', [4, 0x22, 0x4d, 0x18]],
  ['an ELF program', [0x7f, 0x45, 0x4c, 0x46]],
];

/** Signatures that are text: they count only if bytes follow that no text has. */
const BINARY_IF_NOT_TEXT: readonly (readonly [name: string, signature: string])[] = [
  ['Parquet', 'PAR1'],
  ['encrypted Parquet', 'PARE'],
  ['ORC', 'ORC'],
  ['a GIF image', 'GIF8'],
  ['a RIFF file', 'RIFF'],
  ['PDF', '%PDF-'],
  ['bzip2', 'BZh'],
  ['an SQLite database', 'SQLite format 3'],
];

function binaryFormat(head: Uint8Array): string | undefined {
  for (const [name, signature] of BINARY) if (startsWith(head, signature)) return name;
  for (const [name, signature] of BINARY_IF_NOT_TEXT) {
    if (startsWith(head, Buffer.from(signature)) && !looksLikeText(head.subarray(0, 512))) return name;
  }
  return undefined;
}

function looksLikeText(head: Uint8Array): boolean {
  // a character may be cut at the end of the sample
  const whole = [0, 1, 2, 3].some((cut) => isUtf8(head.subarray(0, head.length - cut)));
  return whole && head.every((byte) => byte >= 0x80 || isText(byte));
}

function startsWith(head: Uint8Array, signature: ArrayLike<number>): boolean {
  if (head.length < signature.length) return false;
  for (let i = 0; i < signature.length; i++) if (head[i] !== signature[i]) return false;
  return true;
}
