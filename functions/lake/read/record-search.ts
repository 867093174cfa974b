/** Finds the next readable record after broken bytes. */
import { isSpace, parseJson } from './json.ts';
import { findStart, isPlausible, LOOKAHEAD, LOOKBEHIND, partOfBrokenRecord, type Start } from './resync.ts';
import type { JsonScanner } from './scanner.ts';
import type { Window } from './window.ts';

export interface SplitLimits {
  /** bytes */
  recordBytes: number;
  /** nesting */
  depth: number;
}

/** `at` and `value` are offsets in the object. */
export interface FoundStart extends Start {
  /** accepted: it can be read to its end; oversize: a new record, but larger than the limit; refused: neither */
  verdict: 'accepted' | 'oversize' | 'refused';
}

/**
 * The search for the next record behind one that is broken. Believes in a start only if all of the record can be read.
 */
export class RecordSearch {
  readonly #limits: SplitLimits;
  readonly #scanner: JsonScanner;
  readonly #budget: ScanBudget;
  /** where the search goes on */
  #cursor = 0;
  /** what is being scanned */
  #candidate: Start | undefined;

  constructor(limits: SplitLimits, scanner: JsonScanner, budget: ScanBudget) {
    this.#limits = limits;
    this.#scanner = scanner;
    this.#budget = budget;
  }

  /** Bytes before this offset have been passed over. */
  get cursor(): number {
    return this.#candidate?.at ?? this.#cursor;
  }

  /** @param from offset in the object */
  begin(from: number): void {
    this.#cursor = from;
    this.#candidate = undefined;
  }

  /** The next possible start and the verdict on it; undefined if that takes more bytes. Frees the window. */
  step(window: Window, inArray: boolean, final: boolean): FoundStart | undefined {
    this.#candidate ??= this.#next(window, final);
    if (this.#candidate === undefined) return undefined;
    const candidate = this.#candidate;
    const verdict = this.#judge(candidate, window, inArray, final);
    if (verdict === undefined) return undefined;
    this.#candidate = undefined;
    this.#cursor = candidate.at + 1;
    if (verdict === 'refused') this.#budget.spend(Math.min(this.#scanner.length, this.#limits.recordBytes));
    return { ...candidate, verdict };
  }

  #next(window: Window, final: boolean): Start | undefined {
    const { bytes, offset } = window;
    const to = bytes.length - (final ? 0 : LOOKAHEAD);
    const start = findStart(bytes, this.#cursor - offset, to);
    if (start === undefined) this.#cursor = Math.max(this.#cursor, offset + to);
    window.at = Math.max(window.at, (start?.at ?? this.#cursor - offset) - LOOKBEHIND);
    this.#scanner.reset();
    return start && { at: offset + start.at, value: offset + start.value, kind: start.kind };
  }

  #judge(start: Start, window: Window, inArray: boolean, final: boolean): FoundStart['verdict'] | undefined {
    if (start.kind === 'topic_validation') return 'accepted';
    const { recordBytes } = this.#limits;
    const from = start.value - window.offset;
    const isLine = start.kind === 'line' && start.value === start.at;
    let to: number;
    let isDoubtful = false;
    if (this.#budget.isSpent(start.at)) {
      // no more scanning: one look at the line
      if (!isLine) return 'refused';
      const newline = window.newline(from);
      to = newline < 0 ? window.bytes.length : newline;
      if (to - from > recordBytes) return 'refused';
      if (newline < 0 && !final) return undefined;
      // Most lines of a broken run are cut off: to see that costs less than to parse them.
      if (!isClosed(window.bytes, from, to)) return 'refused';
    } else {
      const scanner = this.#scanner;
      scanner.feed(window.bytes, from + scanner.length);
      if (scanner.length > recordBytes) return isLine ? 'oversize' : 'refused';
      if (scanner.status === 'open' && !final) return undefined;
      if (scanner.status !== 'whole') return 'refused';
      to = from + scanner.length;
      const torn = partOfBrokenRecord(window.bytes, from, to, inArray || start.value > start.at, final);
      if (torn === undefined) return undefined;
      if (torn === 'yes') return 'refused';
      isDoubtful = torn === 'maybe';
    }
    const parsed = parseJson(window.bytes.toString('utf8', from, to));
    return parsed !== undefined && isPlausible(parsed.value, isDoubtful ? 'known' : start.kind)
      ? 'accepted'
      : 'refused';
  }
}

/** Is the last byte that is no white space a closing brace or bracket? */
function isClosed(bytes: Buffer, from: number, to: number): boolean {
  let end = to;
  while (end > from && isSpace(bytes[end - 1])) end--;
  return bytes[end - 1] === 0x7d || bytes[end - 1] === 0x5d;
}

/** Starts that may be scanned as far as the largest record goes; of what comes after them all together may be no more. */
const FREE_STARTS = 16;
const CREDIT = 1024 * 1024;

/**
 * How many bytes may still be scanned without finding a record. Keeps hostile input from making the search for the next
 * record quadratic: all that failed may be no more than a fixed number of bytes and four times what has been read. After
 * some starts the fixed number is small, so that a small object costs little, too. It depends on where in the object one is, never on how the bytes came in, so that the same object always gives the same
 * records.
 */
export class ScanBudget {
  readonly #credit: number;
  #spent = 0;
  #starts = 0;

  /** @param recordBytes the largest record */
  constructor(recordBytes: number) {
    this.#credit = Math.max(4 * recordBytes, CREDIT);
  }

  spend(bytes: number): void {
    this.#spent += bytes;
    this.#starts++;
  }

  /** @param offset of the record that is to be scanned */
  isSpent(offset: number): boolean {
    return this.#spent > (this.#starts <= FREE_STARTS ? this.#credit : CREDIT) + 4 * offset;
  }
}
