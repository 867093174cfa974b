/**
 * Thrift's compact protocol (apache/thrift, thrift-compact-protocol.md), as far as Parquet's page headers and footer need
 * it. Field numbers are those of apache/parquet-format, parquet.thrift.
 */
import type { Bytes } from './bytes.ts';

/** Field numbers, ascending, with their values. What is undefined is left out. */
export type Struct = readonly (readonly [field: number, value: Value | undefined])[];

export type Value =
  | { i32: number }
  | { i64: number }
  | { bool: boolean }
  | { binary: string | Uint8Array }
  | { struct: Struct }
  | { list: readonly Value[] };

const TYPE = { true: 1, false: 2, i32: 5, i64: 6, binary: 8, list: 9, struct: 12 } as const;

export function writeStruct(struct: Struct, out: Bytes): void {
  let last = 0;
  for (const [field, value] of struct) {
    if (value === undefined) continue;
    out.byte(((field - last) << 4) | typeOf(value));
    last = field;
    writeValue(value, out);
  }
  out.byte(0);
}

function writeValue(value: Value, out: Bytes): void {
  if ('i32' in value) out.zigzag(value.i32);
  else if ('i64' in value) out.zigzag(value.i64);
  else if ('binary' in value) {
    const bytes = typeof value.binary === 'string' ? Buffer.from(value.binary) : value.binary;
    out.varint(bytes.length);
    out.bytes(bytes);
  } else if ('struct' in value) writeStruct(value.struct, out);
  else if ('list' in value) writeList(value.list, out);
  // the value of a boolean is in its type
}

function writeList(list: readonly Value[], out: Bytes): void {
  const type = list[0] === undefined ? TYPE.i32 : typeOf(list[0]);
  if (list.length < 15) out.byte((list.length << 4) | type);
  else {
    out.byte(0xf0 | type);
    out.varint(list.length);
  }
  for (const item of list) writeValue(item, out);
}

function typeOf(value: Value): number {
  if ('i32' in value) return TYPE.i32;
  if ('i64' in value) return TYPE.i64;
  if ('bool' in value) return value.bool ? TYPE.true : TYPE.false;
  if ('binary' in value) return TYPE.binary;
  return 'struct' in value ? TYPE.struct : TYPE.list;
}
