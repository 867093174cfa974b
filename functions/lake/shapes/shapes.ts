/**
 * Shapes of records: what records of one kind have in common, byte for byte, with room for their values.
 *
 *     {"eventType":"Open","mail":{"messageId":"a1"},"open":{"n":7}}
 *     {"eventType":"Open","mail":{"messageId":"·"},"open":{"n":·}}       its shape, with a text and an integer
 *
 * The shapes known are a trie: a node is the stretch of bytes up to a value, and what kind of value stands behind it. A
 * record that matches is JSON, because the record that its shape was learned from was, and its values are spans of bytes:
 * nothing is parsed.
 */

/** What stands behind the bytes of a node. */
export const TEXT = 1;
export const INTEGER = 2;
export const END = 3;

/** A value that may differ from record to record. */
export interface Leaf {
  /** such as `mail.headers[3].value` */
  path: string;
  route: readonly (string | number)[];
  kind: typeof TEXT | typeof INTEGER;
  /** where its bytes lie, without quotes */
  from: number;
  to: number;
}

export class Node<P> {
  readonly literal: Buffer;
  readonly kind: number;
  readonly length: number;
  /** the literal by eight bytes, but for what the last eight have */
  readonly words: Float64Array;
  /** the last four and eight bytes; NaN if there are fewer */
  readonly tail: number;
  readonly last: number;
  readonly next: Node<P>[] = [];
  /** of an end: what is to be done with records of the shape */
  plan: P | null = null;

  constructor(literal: Uint8Array, kind: number) {
    this.literal = Buffer.from(literal);
    this.kind = kind;
    this.length = literal.length;
    const words = Math.max(0, this.length - 1) >> 3;
    this.words = Float64Array.from({ length: words }, (_, i) => this.literal.readDoubleLE(i * 8));
    this.tail = this.length < 4 ? Number.NaN : this.literal.readInt32LE(this.length - 4);
    this.last = this.length < 8 ? Number.NaN : this.literal.readDoubleLE(this.length - 8);
  }

  /**
   * Do the bytes from `at` on begin with the literal? Eight at a time, as doubles, which no more than their bytes are the
   * same: a literal holds no byte of zero, so none of them is zero. One that is NaN is like nothing, and its shape unknown.
   *
   *     for (const [i, byte] of literal.entries()) if (bytes[at + i] !== byte) return false;
   */
  matches(bytes: Uint8Array, view: DataView, at: number): boolean {
    const { length, words } = this;
    const end = at + length;
    if (end > bytes.length) return false;
    if (length < 8) {
      if (length >= 4 && this.tail !== view.getInt32(end - 4, true)) return false;
      const rest = length >= 4 ? length - 4 : length;
      for (let i = 0; i < rest; i++) if (this.literal[i] !== bytes[at + i]) return false;
      return true;
    }
    if (this.last !== view.getFloat64(end - 8, true)) return false;
    for (let i = 0, p = at; i < words.length; i++, p += 8) if (words[i] !== view.getFloat64(p, true)) return false;
    return true;
  }
}

const MOST_LEAVES = 1000;
const MOST_NODES = 20_000;
/** Whatever the digits, a double holds an integer of so many. */
const MOST_DIGITS = 15;

export class Shapes<P> {
  /** of the record matched last: where each value begins, and one behind it */
  readonly spans = new Int32Array(2 * MOST_LEAVES);
  /** 1 where a text has a backslash */
  readonly escaped = new Uint8Array(MOST_LEAVES);
  /** one behind the record matched last */
  end = 0;
  /** whether one of its texts is empty, or `null` */
  hasBlank = false;
  readonly #root = new Node<P>(new Uint8Array(0), 0);
  #nodes = 0;

  get isFull(): boolean {
    return this.#nodes >= MOST_NODES;
  }

  /** The end of the shape of the record at `from`; null if it has none that is known. */
  match(bytes: Uint8Array, view: DataView, from: number): Node<P> | null {
    let node = this.#root;
    let at = from;
    this.hasBlank = false;
    for (let leaf = 0; ; leaf++) {
      const { next } = node;
      let found: Node<P> | null = null;
      for (let i = 0; i < next.length && found === null; i++) {
        const one = next[i];
        if (one?.matches(bytes, view, at)) found = one;
      }
      if (found === null) return null;
      node = found;
      at += node.length;
      if (node.kind === END) {
        this.end = at;
        return node;
      }
      const end = node.kind === TEXT ? this.#textEnd(bytes, view, at, leaf) : integerEnd(bytes, at);
      if (end < 0) return null;
      if (isBlank(bytes, at, end)) this.hasBlank = true;
      this.spans[2 * leaf] = at;
      this.spans[2 * leaf + 1] = end;
      if (node.kind === INTEGER) this.escaped[leaf] = 0;
      at = end;
    }
  }

  /** Adds the shape of a JSON text whose values are these, in order, and returns its end. */
  learn(text: Uint8Array, leaves: readonly Leaf[]): Node<P> {
    let node = this.#root;
    let from = 0;
    for (const leaf of leaves) {
      node = this.#nextOf(node, text.subarray(from, leaf.from), leaf.kind);
      from = leaf.to;
    }
    return this.#nextOf(node, text.subarray(from), END);
  }

  #nextOf(node: Node<P>, literal: Uint8Array, kind: number): Node<P> {
    const known = node.next.find((one) => one.kind === kind && Buffer.compare(one.literal, literal) === 0);
    if (known) return known;
    const made = new Node<P>(literal, kind);
    this.#nodes++;
    node.next.push(made);
    // A literal may be the beginning of another, as `"` is of `""`: the longer one is tried first.
    node.next.sort((a, b) => b.length - a.length);
    return made;
  }

  /**
   * Where the text that begins at `from` ends; −1 if it has none that is read here. Eight bytes at a time:
   *
   *     while (byte !== '"') at += byte === '\\' ? 2 : 1;
   */
  #textEnd(bytes: Uint8Array, view: DataView, from: number, leaf: number): number {
    const limit = bytes.length;
    let at = from;
    let hasEscapes = 0;
    for (;;) {
      for (const last = limit - 8; at <= last; at += 8) {
        const first = specialBytes(view.getInt32(at, true));
        const second = specialBytes(view.getInt32(at + 4, true));
        if ((first | second) === 0) continue;
        // The lowest bit is that of the first such byte.
        at += first !== 0 ? placeOf(first) : 4 + placeOf(second);
        break;
      }
      let byte = at < limit ? (bytes[at] ?? 0) : 0;
      while (byte !== QUOTE && byte !== BACKSLASH && byte >= 0x20) byte = ++at < limit ? (bytes[at] ?? 0) : 0;
      if (byte === QUOTE) break;
      if (byte !== BACKSLASH || at + 1 >= limit || !isShortEscape(bytes[at + 1] ?? 0)) return -1;
      hasEscapes = 1;
      at += 2;
    }
    this.escaped[leaf] = hasEscapes;
    return at;
  }
}

/**
 * Has the highest bit of each of four bytes set that is a quote, a backslash or below 0x20, up to the first such byte; behind it
 * it may be wrong. A byte below 0x20 has its highest bit set when 0x20 is taken off, a byte of zero when 1 is.
 */
const specialBytes = (four: number): number =>
  ((four - 0x20202020) | ((four ^ 0x22222222) - 0x01010101) | ((four ^ 0x5c5c5c5c) - 0x01010101)) & ~four & 0x80808080;

/** Which of four bytes has the lowest bit. */
const placeOf = (bits: number): number => (31 - Math.clz32(bits & -bits)) >> 3;

/** A whole number as JSON writes it; what may follow it is in the next literal, so that `1.5` and `1e3` don't match. */
function integerEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && isDigit(bytes[at])) at++;
  const isInteger = at > from && at - from <= MOST_DIGITS && (bytes[from] !== ZERO || at === from + 1);
  return isInteger ? at : -1;
}

/**
 * The values of a JSON object that may differ within its shape; null if it has no shape worth knowing. Of the shape are:
 * empty texts and the text `null`, which SES and Pinpoint write for what is missing; texts whose path `isFixed`; words;
 * empty objects and lists. White space between values, names with escapes and names that are there twice are left to
 * JSON.parse, and so are numbers that are no short whole ones.
 * @param text valid JSON
 */
export function leavesOf(text: Uint8Array, depth: number, isFixed: (path: string) => boolean): Leaf[] | null {
  const leaves: Leaf[] = [];
  const route: (string | number)[] = [];
  let at = 0;
  const add = (path: string, kind: Leaf['kind'], from: number, to: number): void =>
    void leaves.push({ path, route: [...route], kind, from, to });

  const value = (path: string, level: number): boolean => {
    if (level > depth || leaves.length >= MOST_LEAVES) return false;
    const byte = text[at];
    if (byte === OPEN_OBJECT) return object(path, level);
    if (byte === OPEN_ARRAY) return array(path, level);
    const from = at;
    if (byte === QUOTE) {
      const to = closingQuote(text, from + 1);
      at = to + 1;
      if (isFixed(path)) return !text.subarray(from, to).includes(BACKSLASH);
      if (!isBlank(text, from + 1, to)) add(path, TEXT, from + 1, to);
      return true;
    }
    if (isDigit(byte)) {
      while (isDigit(text[at])) at++;
      if (at - from <= MOST_DIGITS) add(path, INTEGER, from, at);
      return isDelimiter(text[at]) && at - from <= MOST_DIGITS;
    }
    while (isSmallLetter(text[at])) at++;
    return at > from && isDelimiter(text[at]);
  };

  const object = (path: string, level: number): boolean => {
    const names = new Set<string>();
    if (text[++at] === CLOSE_OBJECT) return ++at > 0;
    for (;;) {
      if (text[at] !== QUOTE) return false;
      const to = closingQuote(text, at + 1);
      const name = Buffer.from(text.subarray(at + 1, to)).toString();
      if (name.includes('\\') || name === '__proto__' || names.has(name)) return false;
      names.add(name);
      at = to + 1;
      if (text[at++] !== COLON) return false;
      route.push(name);
      if (!value(path === '' ? name : `${path}.${name}`, level + 1)) return false;
      route.pop();
      if (text[at] === CLOSE_OBJECT) return ++at > 0;
      if (text[at++] !== COMMA) return false;
    }
  };

  const array = (path: string, level: number): boolean => {
    if (text[++at] === CLOSE_ARRAY) return ++at > 0;
    for (let place = 0; ; place++) {
      route.push(place);
      if (!value(`${path}[${place}]`, level + 1)) return false;
      route.pop();
      if (text[at] === CLOSE_ARRAY) return ++at > 0;
      if (text[at++] !== COMMA) return false;
    }
  };

  return text[0] === OPEN_OBJECT && value('', 0) && at === text.length ? leaves : null;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const ZERO = 0x30;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

const SHORT_ESCAPES: ReadonlySet<number> = new Set(Buffer.from('"\\/ntrbf'));
/** An escape of two characters; `\u` is left to JSON.parse. */
const isShortEscape = (byte: number): boolean => SHORT_ESCAPES.has(byte);

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;
const isSmallLetter = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x61 && byte <= 0x7a;
const isDelimiter = (byte: number | undefined): boolean =>
  byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_ARRAY;

function closingQuote(text: Uint8Array, from: number): number {
  let at = from;
  while (text[at] !== QUOTE) at += text[at] === BACKSLASH ? 2 : 1;
  return at;
}

const NULL = Buffer.from('null');
/** Is the text empty, or `null`, which SES and Pinpoint write for what is missing? */
export const isBlank = (bytes: Uint8Array, from: number, to: number): boolean =>
  to === from ||
  (to - from === NULL.length && bytes[from] === NULL[0] && NULL.every((byte, i) => bytes[from + i] === byte));
