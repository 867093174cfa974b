type Grown = Uint8Array | Int32Array | Uint32Array | Float64Array;

const SMALLEST = 1024;

/** Room for at least `needed` elements: twice what there was, so that n appends copy 2n elements at most. */
export const roomFor = (needed: number, had: number): number => Math.max(needed, had * 2, SMALLEST);

/** A longer copy; what is new is zero. */
export function grown<A extends Grown>(array: A, make: new (length: number) => A, length: number): A {
  const longer = new make(length);
  longer.set(array);
  return longer;
}

/** Arrow's validity bitmap for so many rows: one bit a row, least significant first, 1 where there is a value. */
export const bitmap = (rows: number): Uint8Array => new Uint8Array((rows + 7) >> 3);

export function setBit(bits: Uint8Array, index: number): void {
  const byte = index >> 3;
  bits[byte] = (bits[byte] ?? 0) | (1 << (index & 7));
}
