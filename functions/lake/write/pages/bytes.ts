/** A buffer that grows as bytes are written to it. */
import { release } from '../memory.ts';

/** Bytes written one after another into a buffer that grows. */
export class Bytes {
  buffer: Buffer;
  view: DataView;
  /** bytes written */
  at = 0;

  constructor(room = 1 << 16) {
    this.buffer = Buffer.allocUnsafeSlow(room);
    this.view = new DataView(this.buffer.buffer);
  }

  /** Makes room for so many more bytes. */
  need(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return;
    const longer = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.at + bytes));
    this.buffer.copy(longer, 0, 0, this.at);
    release(this.buffer);
    this.buffer = longer;
    this.view = new DataView(longer.buffer);
  }

  clear(): void {
    this.at = 0;
  }

  /** What has been written, not copied: valid until the next write. */
  written(): Buffer {
    return this.buffer.subarray(0, this.at);
  }

  byte(value: number): void {
    this.need(1);
    this.buffer[this.at++] = value;
  }

  uint32(value: number): void {
    this.need(4);
    this.view.setUint32(this.at, value, true);
    this.at += 4;
  }

  bytes(from: Uint8Array): void {
    this.need(from.length);
    this.buffer.set(from, this.at);
    this.at += from.length;
  }

  /** Unsigned LEB128 of a whole number below 2^53. */
  varint(value: number): void {
    this.need(8);
    let rest = value;
    for (; rest > 0x7fffffff; rest = Math.floor(rest / 128)) this.buffer[this.at++] = (rest % 128) | 0x80;
    for (; rest >= 0x80; rest >>>= 7) this.buffer[this.at++] = (rest & 0x7f) | 0x80;
    this.buffer[this.at++] = rest;
  }

  /** Zigzag LEB128 of a whole number, at most 2^52 from zero. */
  zigzag(value: number): void {
    this.varint(value >= 0 ? value * 2 : -value * 2 - 1);
  }
}
