import { type Reason, Rejection } from '../vocabulary.ts';
import { isTooDeep, parseJson } from './json.ts';
import type { RecordPlace } from './place.ts';
import type { RecordVisitor } from './record.ts';
import {
  findStart,
  isPlausible,
  isSentence,
  isSpace,
  LOOKAHEAD,
  LOOKBEHIND,
  maybeSentence,
  SENTENCE,
  type Start,
} from './resync.ts';
import { JsonScanner } from './scanner.ts';
import { Stretch } from './stretch.ts';
import { Window } from './window.ts';

export interface SplitLimits {
  /** bytes */
  recordBytes: number;
  /** nesting */
  depth: number;
}

/**
 * Splits bytes into JSON values and tells the visitor of each, whatever stands between them: line feeds, nothing, white
 * space, or the brackets and commas of a top-level array.
 *
 * No proper beginning of a JSON object is JSON itself. So the end of a record is guessed (the end of the line, or the
 * next `}{`), and if JSON.parse agrees, the guess was right; only if it doesn't, the bytes are scanned one by one. What
 * can't be read at all is one rejected record up to where the next one surely begins (resync.ts).
 */
export class Splitter {
  readonly #limits: SplitLimits;
  readonly #visitor: RecordVisitor;
  readonly #place: RecordPlace;
  readonly #window = new Window();
  readonly #scanner: JsonScanner;
  readonly #stretch = new Stretch();
  #state: 'between' | 'oversize' | 'broken' = 'between';
  /** how the records seem to be delimited; `loose`: no guess */
  #style: 'line' | 'joined' | 'loose' = 'line';
  /** the scanner is in the middle of the record at window.at */
  #scanning = false;
  #array: 'none' | 'open' | 'doubtful' = 'none';
  /** in state broken: where the search goes on, and what was found and is being scanned; offsets in the object */
  #cursor = 0;
  #candidate: Start | undefined;
  /** bytes that may still be scanned in vain: keeps hostile input from making the search for a start quadratic */
  #patience: number;
  /** something was found that makes this an event stream, however damaged */
  #found = false;
  #junk = false;

  /** @param place is pointed at each record before the visitor is called */
  constructor(limits: SplitLimits, visitor: RecordVisitor, place: RecordPlace) {
    this.#limits = limits;
    this.#visitor = visitor;
    this.#place = place;
    this.#scanner = new JsonScanner(limits.depth);
    this.#patience = Math.max(4 * limits.recordBytes, 1024 * 1024);
  }

  /** Takes the next bytes, of any number, which must not be changed afterwards. */
  push(chunk: Buffer): void {
    this.#patience += 4 * chunk.length;
    let rest = chunk;
    if (this.#state === 'between' && !this.#scanning && this.#window.left > 0) {
      // finish the record that was cut with a small copy, instead of moving the whole chunk behind its beginning
      const cut = 1 + (this.#style === 'joined' ? chunk.indexOf('}{') : chunk.indexOf(0x0a));
      if (cut > 0 && cut < chunk.length) {
        this.#append(chunk.subarray(0, cut));
        this.#drain(false);
        rest = chunk.subarray(cut);
      }
    }
    this.#append(rest);
    this.#drain(false);
  }

  /**
   * There is no more.
   *
   * @param broken why a record ends too early, if one does
   * @returns events: was there anything of an event stream; junk: was there anything else; told: did a record get
   * `broken` as its reason
   */
  end(broken: Reason): { events: boolean; junk: boolean; told: boolean } {
    this.#drain(true);
    let told = false;
    if (this.#state !== 'between') {
      if (this.#stretch.reason === 'json') this.#stretch.reason = broken;
      told = this.#stretch.reason === broken;
      this.#closeStretch(this.#window.bytes.length);
    } else if (this.#array === 'open' && broken === 'json') {
      this.#junk = true;
      this.#stretch.begin(this.length, 'json', 'the array that the records stand in is not closed');
      this.#closeStretch(this.#window.bytes.length);
    }
    return { events: this.#found, junk: this.#junk, told };
  }

  /** bytes pushed */
  get length(): number {
    return this.#window.offset + this.#window.bytes.length;
  }

  #append(chunk: Buffer): void {
    if (this.#state !== 'between') this.#stretch.keep(this.#window);
    this.#window.append(chunk);
  }

  #drain(final: boolean): void {
    let going = true;
    while (going) {
      if (this.#state === 'between') going = this.#next(final);
      else if (this.#state === 'oversize') going = this.#passOversize();
      else going = this.#resync(final);
    }
  }

  /** One step from between two records. False if it takes more bytes, or there are none left. */
  #next(final: boolean): boolean {
    const { bytes } = this.#window;
    const inArray = this.#array !== 'none';
    let at = this.#window.at;
    if (!this.#scanning) while (at < bytes.length && (isSpace(bytes[at]) || (inArray && bytes[at] === COMMA))) at++;
    this.#window.at = at;
    if (at === bytes.length) return false;
    const byte = bytes[at];
    if (byte === OPEN_OBJECT) return this.#record(at, final);
    if (byte === OPEN_ARRAY && !inArray) this.#array = 'open';
    else if (byte === CLOSE_ARRAY && inArray) this.#array = 'none';
    else if (byte === BYTE_ORDER_MARK[0]) return this.#byteOrderMark(at, final);
    else if (byte === SENTENCE[0]) return this.#sentence(at, final);
    else if (inArray) return this.#scan(at, final);
    else return this.#broke(at, 'json', 'neither an object nor an array of objects begins here');
    this.#window.at = at + 1;
    return true;
  }

  #byteOrderMark(at: number, final: boolean): boolean {
    const mark = this.#window.bytes.subarray(at, at + 3);
    if (mark.equals(BYTE_ORDER_MARK)) this.#window.at = at + 3;
    else if (mark.length < 3 && !final) return false;
    else this.#broke(at, 'json', 'neither an object nor an array of objects begins here');
    return true;
  }

  #sentence(at: number, final: boolean): boolean {
    if (isSentence(this.#window.bytes, at)) {
      this.#found = true;
      this.#point(at, at + SENTENCE.length);
      this.#visitor.skip('ses_topic_validation', this.#place);
      this.#window.at = at + SENTENCE.length;
      return true;
    }
    if (!final && maybeSentence(this.#window.bytes, at)) return false;
    return this.#broke(at, 'json', 'neither an object nor an array of objects begins here');
  }

  #record(start: number, final: boolean): boolean {
    if (this.#scanning || this.#style === 'loose' || this.#array !== 'none') return this.#scan(start, final);
    const window = this.#window;
    const newline = window.newline(start);
    // one line may be all there is in many megabytes: without its end in sight, `}{` is looked for
    const join = this.#style === 'joined' || newline < 0 ? window.join(start) : -1;
    if (join >= 0 && (newline < 0 || join < newline)) {
      return this.#guess(start, join + 1, 'joined') || this.#scan(start, final);
    }
    if (newline < 0 && !final) return window.left > this.#limits.recordBytes && this.#scan(start, final);
    const end = newline < 0 ? window.bytes.length : newline;
    if (this.#guess(start, end, 'line')) return true;
    const second = window.join(start);
    if (second >= 0 && second < end && this.#guess(start, second + 1, 'joined')) return true;
    return this.#scan(start, final);
  }

  /** Is bytes[start]…bytes[end - 1], but for white space, one record? Then it is done with. */
  #guess(start: number, end: number, style: 'line' | 'joined'): boolean {
    if (end - start > this.#limits.recordBytes) return false;
    let to = end;
    while (isSpace(this.#window.bytes[to - 1])) to--;
    if (!this.#take(start, to)) {
      this.#patience -= end - start;
      return false;
    }
    this.#style = style;
    return true;
  }

  #take(start: number, end: number): boolean {
    const window = this.#window;
    const parsed = parseJson(window.bytes.toString('utf8', start, end));
    if (parsed === undefined) return false;
    const { value, text } = parsed;
    window.at = end;
    if (typeof value === 'object') this.#found = true;
    else this.#junk = true;
    if (!window.isUtf8(start, end)) this.#reject(start, end, 'invalid_utf8', 'bytes that are no UTF-8');
    else if (isTooDeep(text, this.#limits.depth)) this.#reject(start, end, 'too_deep', this.#depthDetail());
    else {
      this.#point(start, end);
      this.#visitor.record(value, text, this.#place);
    }
    return true;
  }

  #scan(start: number, final: boolean): boolean {
    const window = this.#window;
    const scanner = this.#scanner;
    if (!this.#scanning) {
      if (this.#patience < 0)
        return this.#broke(start, 'json', 'not JSON on one line, in an object that is broken often');
      scanner.reset();
      this.#scanning = true;
    }
    scanner.feed(window.bytes, start + scanner.length);
    if (scanner.status === 'open') {
      if (scanner.length > this.#limits.recordBytes) return this.#passOver(start);
      if (!final) return false;
    }
    this.#scanning = false;
    const end = start + scanner.length;
    const isDeep = scanner.maxDepth > this.#limits.depth;
    if (scanner.status === 'whole') {
      if (scanner.length > this.#limits.recordBytes) this.#reject(start, end, 'record_too_large', this.#sizeDetail());
      else if (isDeep) this.#reject(start, end, 'too_deep', this.#depthDetail());
      else if (!this.#take(start, end)) {
        this.#patience -= scanner.length;
        return this.#broke(start, 'json', 'a number, word or escape that JSON does not have');
      }
      const next = window.bytes[end];
      const isLine = (next === LINE_FEED || next === CARRIAGE_RETURN) && !isWithin(window.newline(start), end);
      this.#style = next === OPEN_OBJECT ? 'joined' : isLine ? 'line' : 'loose';
      window.at = end;
      return true;
    }
    this.#patience -= scanner.length;
    const what = scanner.status === 'open' ? 'the data end' : 'it goes wrong';
    if (isDeep) return this.#broke(start, 'too_deep', this.#depthDetail());
    return this.#broke(start, 'json', `${what} after ${scanner.length} bytes`);
  }

  /** The record is too large to be kept: from now on only its end is looked for. */
  #passOver(start: number): boolean {
    const from = this.#window.offset + start;
    this.#scanning = false;
    this.#found = true;
    this.#stretch.begin(from, 'record_too_large', this.#sizeDetail());
    this.#cursor = from + this.#scanner.length;
    this.#state = 'oversize';
    return true;
  }

  #passOversize(): boolean {
    const window = this.#window;
    const scanner = this.#scanner;
    scanner.feed(window.bytes, this.#cursor - window.offset);
    this.#cursor = this.#stretch.from + scanner.length;
    if (scanner.status === 'open') {
      window.at = Math.max(window.at, window.bytes.length - LOOKAHEAD);
      return false;
    }
    if (scanner.status === 'whole') {
      const end = this.#cursor - window.offset;
      this.#closeStretch(end);
      window.at = end;
      this.#style = 'line';
    } else {
      // it was cut off, and the next record has begun within what seemed to be its last string
      this.#state = 'broken';
      this.#cursor = Math.max(this.#cursor - LOOKBACK, window.offset + window.at);
    }
    return true;
  }

  /** No record can be read at bytes[start]: what follows is one broken stretch, up to where a record surely begins. */
  #broke(start: number, reason: Reason, detail: string): boolean {
    const { bytes, offset } = this.#window;
    this.#junk = true;
    if (reason !== 'json' || isObjectStart(bytes, start)) this.#found = true;
    if (this.#array === 'open') this.#array = 'doubtful';
    this.#stretch.begin(offset + start, reason, detail);
    this.#cursor = offset + start + 1;
    this.#candidate = undefined;
    this.#state = 'broken';
    return true;
  }

  /** One step of finding the end of a broken stretch. False if it takes more bytes. */
  #resync(final: boolean): boolean {
    const window = this.#window;
    if (this.#candidate === undefined) {
      const to = window.bytes.length - (final ? 0 : LOOKAHEAD);
      const start = findStart(window.bytes, this.#cursor - window.offset, to);
      if (start === undefined) {
        this.#cursor = Math.max(this.#cursor, window.offset + to);
        window.at = Math.max(window.at, this.#cursor - window.offset - LOOKBEHIND);
        return false;
      }
      this.#candidate = { at: window.offset + start.at, value: window.offset + start.value, kind: start.kind };
      this.#scanner.reset();
      window.at = Math.max(window.at, start.at - LOOKBEHIND);
    }
    const candidate = this.#candidate;
    const at = candidate.at - window.offset;
    const verdict = this.#try(candidate, final);
    if (verdict === 'wait') return false;
    this.#candidate = undefined;
    if (verdict === 'refused') {
      this.#patience -= this.#scanner.length;
      this.#cursor = candidate.at + 1;
      if (candidate.kind !== 'line') return true;
      this.#closeStretch(at);
      const isDeep = this.#scanner.maxDepth > this.#limits.depth;
      return this.#broke(at, isDeep ? 'too_deep' : 'json', isDeep ? this.#depthDetail() : 'the line is no JSON either');
    }
    this.#closeStretch(at);
    if (verdict === 'oversize') return this.#passOver(at);
    if (candidate.value > candidate.at) this.#array = 'open';
    this.#style = candidate.kind === 'line' ? 'line' : 'joined';
    window.at = candidate.value - window.offset;
    return true;
  }

  /** Does a record begin there? Only if it can be read to its end. */
  #try(candidate: Start, final: boolean): 'wait' | 'accepted' | 'refused' | 'oversize' {
    if (candidate.kind === 'sentence') return 'accepted';
    const window = this.#window;
    const scanner = this.#scanner;
    const from = candidate.value - window.offset;
    const isObject = candidate.value === candidate.at;
    let to: number;
    if (this.#patience < 0) {
      // no more scanning: one look at the line
      if (candidate.kind !== 'line' || !isObject) return 'refused';
      const newline = window.newline(from);
      to = newline < 0 ? window.bytes.length : newline;
      if (to - from > this.#limits.recordBytes) return 'refused';
      if (newline < 0 && !final) return 'wait';
    } else {
      scanner.feed(window.bytes, from + scanner.length);
      if (scanner.status === 'open' && !final) {
        if (scanner.length <= this.#limits.recordBytes) return 'wait';
        return candidate.kind === 'line' && isObject ? 'oversize' : 'refused';
      }
      if (scanner.status !== 'whole') return 'refused';
      if (scanner.maxDepth > this.#limits.depth || scanner.length > this.#limits.recordBytes) return 'accepted';
      to = from + scanner.length;
    }
    const parsed = parseJson(window.bytes.toString('utf8', from, to));
    return parsed !== undefined && isPlausible(parsed.value, candidate.kind) ? 'accepted' : 'refused';
  }

  /** The stretch ends before bytes[to], white space not counted. */
  #closeStretch(to: number): void {
    const { bytes, offset } = this.#window;
    let end = to;
    while (end > 0 && offset + end > this.#stretch.from && isSpace(bytes[end - 1])) end--;
    this.#stretch.point(this.#place, offset + end, this.#window);
    this.#state = 'between';
    this.#visitor.reject(new Rejection(this.#stretch.reason, this.#stretch.detail), this.#place);
  }

  #point(start: number, end: number): void {
    this.#place.point(this.#window.offset + start, end - start, this.#window.bytes, start, end);
  }

  #reject(start: number, end: number, reason: Reason, detail: string): void {
    this.#found = true;
    this.#point(start, end);
    this.#visitor.reject(new Rejection(reason, detail), this.#place);
  }

  #depthDetail(): string {
    return `nested deeper than ${this.#limits.depth}`;
  }

  #sizeDetail(): string {
    return `larger than ${this.#limits.recordBytes} bytes`;
  }
}

/** How far back the next record is looked for when a large one proves to be broken. */
const LOOKBACK = 64 * 1024;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;

function isWithin(hit: number, end: number): boolean {
  return hit >= 0 && hit < end;
}

/** `{"`, which hardly anything but JSON begins with */
function isObjectStart(bytes: Buffer, start: number): boolean {
  let at = start + 1;
  while (at < start + 64 && isSpace(bytes[at])) at++;
  return bytes[start] === OPEN_OBJECT && bytes[at] === 0x22;
}
