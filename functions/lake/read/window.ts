/** The part of an object that the splitter holds in memory. */
import { isUtf8 } from 'node:buffer';

/** The part of an object that is in memory: what has arrived and is not yet done with. */
export class Window {
  /** valid from `at` on */
  bytes: Buffer = Buffer.alloc(0);
  /** the first byte that is still wanted */
  at = 0;
  /** where bytes[0] lies in the object */
  offset = 0;
  /** true if `bytes` is the beginning of #store, which is ours and may have room behind */
  #owned = false;
  #store: Buffer = this.bytes;
  #utf8: boolean | undefined;
  #escapes: boolean | undefined;
  readonly #newlines = new Finder(Buffer.from('\n'));
  readonly #joins = new Finder(Buffer.from('}{'));

  get left(): number {
    return this.bytes.length - this.at;
  }

  /** Takes a chunk. What is left is moved before it, into a store that doubles, so that the cost stays linear. */
  append(chunk: Buffer): void {
    this.#utf8 = undefined;
    this.#escapes = undefined;
    const { left, at } = this;
    const used = this.bytes.length;
    if (left > 0 && this.#owned && used + chunk.length <= this.#store.length) {
      chunk.copy(this.#store, used);
      this.bytes = this.#store.subarray(0, used + chunk.length);
      return;
    }
    this.offset += at;
    this.#newlines.shift(at);
    this.#joins.shift(at);
    this.#owned = left > 0;
    if (left === 0) this.bytes = chunk;
    else {
      this.#store = Buffer.allocUnsafe(Math.max(left + chunk.length, left > chunk.length ? 2 * left : 0));
      this.bytes.copy(this.#store, 0, at);
      chunk.copy(this.#store, left);
      this.bytes = this.#store.subarray(0, left + chunk.length);
    }
    if (!this.#owned) this.#store = this.bytes;
    this.at = 0;
  }

  /** The next line feed from `start`, which must not go back; -1 if there is none yet. */
  newline(start: number): number {
    return this.#newlines.find(this.bytes, start);
  }

  /** The next `}{` from `start`, which must not go back; -1 if there is none yet. */
  join(start: number): number {
    return this.#joins.find(this.bytes, start);
  }

  /** Is what lies between, not before `at`, UTF-8? Asked for each record, answered for the whole window at once if that is clean. */
  isUtf8(from: number, to: number): boolean {
    this.#utf8 ??= isUtf8(this.bytes.subarray(this.at, wholeCharacters(this.bytes)));
    return this.#utf8 || isUtf8(this.bytes.subarray(from, to));
  }

  /** Does `\u` stand anywhere in the window, not before `at`? Answered for the whole window at once, like isUtf8. */
  get hasEscapes(): boolean {
    this.#escapes ??= this.bytes.includes(ESCAPE, this.at);
    return this.#escapes;
  }
}

const ESCAPE = Buffer.from('\\u');

/** The end of the last character that isn't cut at the end of the bytes. */
function wholeCharacters(bytes: Buffer): number {
  for (let i = bytes.length - 1; i >= Math.max(0, bytes.length - 3); i--) {
    const byte = bytes[i] ?? 0;
    // a leading byte says how long its character is (RFC 3629, 3)
    if (byte >= 0xc0) return i + (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > bytes.length ? i : bytes.length;
    if (byte < 0x80) break;
  }
  return bytes.length;
}

/** Finds the same bytes again and again, looking at nothing twice. */
class Finder {
  readonly #needle: Buffer;
  #hit = -1;
  #searched = 0;

  constructor(needle: Buffer) {
    this.#needle = needle;
  }

  find(bytes: Buffer, start: number): number {
    if (this.#hit >= start) return this.#hit;
    const from = Math.max(start, this.#searched - this.#needle.length + 1);
    this.#hit = bytes.indexOf(this.#needle, from);
    this.#searched = this.#hit < 0 ? bytes.length : this.#hit + this.#needle.length;
    return this.#hit;
  }

  shift(by: number): void {
    this.#hit = this.#hit < by ? -1 : this.#hit - by;
    this.#searched = Math.max(0, this.#searched - by);
  }
}
