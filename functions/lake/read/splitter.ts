/** Splits the bytes of an object into JSON values, whatever separates them. */
import type { Limits } from '../settings.ts';
import { type Reason, refusal } from '../vocabulary.ts';
import { isHarmless, quotedRecord, quotingOf, textEnd } from './between.ts';
import { BrokenRun } from './broken-run.ts';
import type { SplitInner } from './event-search.ts';
import { isSpace, isTooDeep, type Parsed, parseJson } from './json.ts';
import { looksLikeEvent, looksLikeEventStart } from './marks.ts';
import { type KnownReader, RecordPlace, type RecordVisitor } from './record.ts';
import { RecordSearch, ScanBudget, type SplitLimits } from './record-search.ts';
import {
  isFollowedByObject,
  isObjectStart,
  isPlausible,
  LOOKBEHIND,
  partOfBrokenRecord,
  separatorLength,
} from './resync.ts';
import { JsonScanner } from './scanner.ts';
import { isTopicValidation, mayBeTopicValidation, TOPIC_VALIDATION } from './topic-validation.ts';
import { Window } from './window.ts';

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
  readonly #brokenRun = new BrokenRun();
  #state: 'between' | 'oversize' | 'broken' = 'between';
  /** how the records seem to be delimited; `loose`: no guess */
  #style: 'line' | 'joined' | 'loose' = 'line';
  /** the scanner is in the middle of the record at window.at */
  #scanning = false;
  #array: 'none' | 'open' | 'doubtful' = 'none';
  readonly #search: RecordSearch;
  readonly #budget: ScanBudget;
  readonly #known: KnownReader | undefined;
  /** something was found that makes this an event stream, however damaged */
  #found = false;
  #junk = false;
  /** harmless text has stood between records */
  #between = false;
  /** the text right before the current record: harmless only if that record is whole */
  #textBefore: Buffer | undefined;

  /**
   * @param place is pointed at each record before the visitor is called
   * @param known asked first whether it can read a record
   */
  constructor(limits: SplitLimits, visitor: RecordVisitor, place: RecordPlace, known?: KnownReader) {
    this.#known = known;
    this.#limits = limits;
    this.#visitor = visitor;
    this.#place = place;
    this.#scanner = new JsonScanner(limits.depth);
    this.#budget = new ScanBudget(limits.recordBytes);
    this.#search = new RecordSearch(limits, this.#scanner, this.#budget);
  }

  /** Takes the next bytes, of any number, which must not be changed afterwards. */
  push(chunk: Buffer): void {
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
      if (this.#brokenRun.reason === 'json') this.#brokenRun.reason = broken;
      told = this.#brokenRun.reason === broken;
      this.#closeStretch(this.#window.bytes.length);
    } else if (this.#array === 'open' && broken === 'json') {
      // all that stood in it was whole
      this.#between = true;
    }
    if (this.#between && this.#found) {
      this.#point(this.#window.bytes.length, this.#window.bytes.length);
      this.#visitor.skip('between_records', this.#place);
    }
    return { events: this.#found, junk: this.#junk, told };
  }

  #append(chunk: Buffer): void {
    if (this.#state === 'oversize')
      this.#brokenRun.keep(this.#window, this.#brokenRun.from + this.#scanner.length - LOOKBACK);
    if (this.#state === 'broken') this.#brokenRun.keep(this.#window, this.#search.cursor);
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
    if (byte === OPEN_OBJECT) {
      const quoting = inArray || this.#scanning ? undefined : quotingOf(bytes, at);
      if (quoting !== undefined) return this.#quoted(at, quoting, final);
      return this.#knows(at, final) || this.#record(at, final);
    }
    if (byte === TOPIC_VALIDATION[0] && !inArray) return this.#topicValidation(at, final);
    if (byte === OPEN_ARRAY && !inArray) {
      const isArray = opensArray(bytes, at, final);
      if (isArray === undefined) return false;
      if (!isArray) return this.#text(at, final);
      this.#array = 'open';
    } else if (byte === CLOSE_ARRAY && inArray) this.#array = 'none';
    else {
      const separator = separatorLength(bytes, at, final);
      if (separator === undefined) return false;
      if (separator === 0) return inArray ? this.#scan(at, final) : this.#text(at, final);
      at += separator - 1;
    }
    this.#window.at = at + 1;
    return true;
  }

  /** Reads a record of a known shape whose end is certain. @returns false if it is no such record */
  #knows(start: number, final: boolean): boolean {
    const window = this.#window;
    if (this.#known === undefined || this.#scanning || this.#style === 'loose' || this.#array !== 'none') return false;
    if (this.#budget.isSpent(window.offset + start)) return false;
    const { bytes } = window;
    const end = this.#known.match(bytes, start);
    if (end < 0 || end - start > this.#limits.recordBytes) return false;
    const lineEnd = bytes[end] === CARRIAGE_RETURN ? end + 1 : end;
    const isLine = bytes[lineEnd] === LINE_FEED || (final && end === bytes.length);
    const isJoined = bytes[end] === OPEN_OBJECT;
    if (!isLine && !isJoined) return false;
    // Where a text holds `}{`, it is not certain where the record ends.
    if (isJoined || this.#style === 'joined') {
      const join = window.join(start);
      if (join >= 0 && join < end - 1) return false;
    }
    if (!window.isUtf8(start, end) || !this.#known.read(0)) return false;
    window.at = end;
    this.#endText();
    this.#found = true;
    this.#style = isJoined ? 'joined' : 'line';
    return true;
  }

  #topicValidation(at: number, final: boolean): boolean {
    if (isTopicValidation(this.#window.bytes, at)) {
      this.#found = true;
      this.#point(at, at + TOPIC_VALIDATION.length);
      this.#visitor.skip('ses_topic_validation', this.#place);
      this.#window.at = at + TOPIC_VALIDATION.length;
      return true;
    }
    if (!final && mayBeTopicValidation(this.#window.bytes, at)) return false;
    return this.#text(at, final);
  }

  /** Something else than a record begins at bytes[at]: text to be passed over, or the rest of something broken. */
  #text(at: number, final: boolean): boolean {
    const { bytes } = this.#window;
    const end = textEnd(bytes, at, final);
    if (end === undefined) return false;
    if (end < 0 || !isHarmless(bytes.subarray(at, end))) return this.#broke(at, 'json', NO_START);
    this.#junk = true;
    this.#window.at = end;
    if (bytes[end] === OPEN_OBJECT) this.#textBefore = Buffer.from(bytes.subarray(at, end));
    else this.#between = true;
    return true;
  }

  /** A whole record follows: then the text before it is harmless. */
  #endText(): void {
    if (this.#textBefore !== undefined) this.#between = true;
    this.#textBefore = undefined;
  }

  /** A record that stands quoted in a line of CSV, or in a string. */
  #quoted(at: number, quoting: 'csv' | 'json', final: boolean): boolean {
    const window = this.#window;
    const found = quotedRecord(window.bytes, at, quoting, final || window.left > this.#limits.recordBytes);
    if (found === undefined) return false;
    if (found !== null && found.end - at <= this.#limits.recordBytes) {
      const parsed = parseJson(found.text);
      const isEvent = parsed !== undefined && looksLikeEvent(parsed.text);
      if (isEvent && window.isUtf8(at, found.end)) return this.#takeQuoted(at, found.end, parsed);
    }
    this.#budget.spend(Math.min(window.left, this.#limits.recordBytes));
    return this.#broke(at, 'json', NO_START);
  }

  #takeQuoted(at: number, end: number, { value, text }: Parsed): boolean {
    this.#found = true;
    this.#endText();
    this.#window.at = end;
    if (isTooDeep(text, this.#limits.depth)) this.#reject(at, end, 'too_deep', this.#depthDetail());
    else {
      this.#point(at, end);
      this.#place.hasEscapes = true;
      this.#visitor.record(value, text, this.#place);
    }
    return true;
  }

  #record(start: number, final: boolean): boolean {
    const window = this.#window;
    if (this.#budget.isSpent(window.offset + start)) return this.#lastGuess(start, final);
    if (this.#scanning || this.#style === 'loose' || this.#array !== 'none') return this.#scan(start, final);
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

  /** When the scan budget is spent: both guesses, once the whole line is in sight. */
  #lastGuess(start: number, final: boolean): boolean {
    const window = this.#window;
    const newline = window.newline(start);
    if (newline < 0 && !final && window.left <= this.#limits.recordBytes) return false;
    const end = newline < 0 ? window.bytes.length : newline;
    const join = window.join(start);
    if (join >= 0 && join < end && this.#guess(start, join + 1, 'joined')) return true;
    if ((newline >= 0 || final) && this.#guess(start, end, 'line')) return true;
    return this.#broke(start, 'json', NO_BUDGET);
  }

  /** Is bytes[start]…bytes[end - 1], but for white space, one record? Then it is done with. */
  #guess(start: number, end: number, style: 'line' | 'joined'): boolean {
    if (end - start > this.#limits.recordBytes) return false;
    let to = end;
    while (isSpace(this.#window.bytes[to - 1])) to--;
    if (!this.#take(start, to)) return false;
    this.#style = style;
    return true;
  }

  #take(start: number, end: number): boolean {
    const window = this.#window;
    const parsed = parseJson(window.bytes.toString('utf8', start, end));
    if (parsed === undefined) return false;
    const { value, text } = parsed;
    const isUtf8 = window.isUtf8(start, end);
    const { hasEscapes } = window;
    window.at = end;
    this.#endText();
    if (typeof value === 'object') this.#found = true;
    else this.#junk = true;
    if (!isUtf8) this.#reject(start, end, 'invalid_utf8', 'bytes that are no UTF-8');
    else if (isTooDeep(text, this.#limits.depth, end - start))
      this.#reject(start, end, 'too_deep', this.#depthDetail());
    else {
      this.#point(start, end);
      this.#place.hasEscapes = hasEscapes;
      this.#visitor.record(value, text, this.#place);
    }
    return true;
  }

  #scan(start: number, final: boolean): boolean {
    const window = this.#window;
    const scanner = this.#scanner;
    const { recordBytes, depth } = this.#limits;
    if (!this.#scanning) {
      if (this.#budget.isSpent(window.offset + start)) return this.#broke(start, 'json', NO_BUDGET);
      scanner.reset();
      this.#scanning = true;
    }
    scanner.feed(window.bytes, start + scanner.length);
    const { status, length } = scanner;
    if (status !== 'whole' && length > recordBytes) return this.#passOver(start);
    if (status === 'open' && !final) return false;
    if (status !== 'whole') {
      this.#budget.spend(length);
      if (scanner.maxDepth > depth) return this.#broke(start, 'too_deep', this.#depthDetail());
      return this.#broke(
        start,
        'json',
        `${status === 'open' ? 'the data end' : 'it goes wrong'} after ${length} bytes`,
      );
    }
    const end = start + length;
    const torn =
      length <= recordBytes ? partOfBrokenRecord(window.bytes, start, end, this.#array !== 'none', final) : 'no';
    const isPart = torn === 'maybe' ? this.#isPart(start, end, final) : torn && torn === 'yes';
    if (isPart === undefined) return false;
    if (isPart) this.#broke(start, 'json', 'a part of a record without its beginning');
    else if (length > recordBytes) {
      this.#endText();
      this.#reject(start, end, 'record_too_large', this.#sizeDetail());
    } else if (!this.#take(start, end)) this.#broke(start, 'json', 'a number, word or escape that JSON does not have');
    this.#scanning = false;
    if (this.#state === 'broken') {
      this.#budget.spend(Math.min(length, recordBytes));
      return true;
    }
    const next = window.bytes[end];
    // a record over several lines is followed by others: don't try them line by line
    const lineEnd = next === CARRIAGE_RETURN ? end + 1 : end;
    // a carriage return alone ends no line: guessing to the next line feed would read all that lies between for each record
    const isLine = window.bytes[lineEnd] === LINE_FEED && window.newline(start) === lineEnd;
    this.#style = next === OPEN_OBJECT ? 'joined' : isLine ? 'line' : 'loose';
    window.at = end;
    return true;
  }

  /** A comma or closing bracket follows the value: is it a part of something, and no record that is joined to others? */
  #isPart(start: number, end: number, final: boolean): boolean | undefined {
    const { bytes } = this.#window;
    const isFollowed = isFollowedByObject(bytes, end, final);
    if (isFollowed === undefined) return undefined;
    const value = parseJson(bytes.toString('utf8', start, end))?.value ?? null;
    return !isPlausible(value, isFollowed ? 'line' : 'known');
  }

  /** The record is too large to be kept: from now on only its end is looked for. */
  #passOver(start: number): boolean {
    const from = this.#window.offset + start;
    this.#scanning = false;
    this.#found = true;
    this.#endText();
    this.#brokenRun.begin(from, 'record_too_large', this.#sizeDetail());
    this.#state = 'oversize';
    return true;
  }

  #passOversize(): boolean {
    const window = this.#window;
    const scanner = this.#scanner;
    scanner.feed(window.bytes, this.#brokenRun.from + scanner.length - window.offset);
    const end = this.#brokenRun.from + scanner.length - window.offset;
    if (scanner.status === 'open') {
      window.at = Math.max(window.at, window.bytes.length - LOOKBACK - LOOKBEHIND);
      return false;
    }
    if (scanner.status === 'whole') {
      this.#closeStretch(end);
      window.at = end;
      this.#style = 'line';
    } else {
      // it was cut off, and the next record has begun within what seemed to be its last string
      this.#state = 'broken';
      this.#search.begin(Math.max(window.offset + end - LOOKBACK, this.#brokenRun.from + 1));
    }
    return true;
  }

  /** No record can be read at bytes[start]: what follows is one broken run, up to where a record surely begins. */
  #broke(start: number, reason: Reason, detail: string): boolean {
    const { offset } = this.#window;
    this.#junk = true;
    if (reason !== 'json') this.#found = true;
    if (this.#array === 'open') this.#array = 'doubtful';
    this.#brokenRun.begin(offset + start, reason, detail, this.#textBefore);
    this.#textBefore = undefined;
    this.#search.begin(offset + start + 1);
    this.#scanning = false;
    this.#state = 'broken';
    return true;
  }

  /** One step of finding the end of a broken run. False if it takes more bytes. */
  #resync(final: boolean): boolean {
    const window = this.#window;
    const found = this.#search.step(window, this.#array !== 'none', final);
    if (found === undefined) return false;
    const at = found.at - window.offset;
    if (found.verdict === 'refused') {
      if (found.kind !== 'line') return true;
      this.#closeStretch(at);
      if (this.#scanner.maxDepth > this.#limits.depth) return this.#broke(at, 'too_deep', this.#depthDetail());
      return this.#broke(at, 'json', 'the line is no JSON either');
    }
    this.#closeStretch(at);
    if (found.verdict === 'oversize') return this.#passOver(at);
    if (found.value > found.at) this.#array = 'open';
    // no guess in the middle of a line: it would reach to the line's end, again behind each of its broken pieces
    this.#style = found.kind === 'line' ? 'line' : 'loose';
    window.at = found.value - window.offset;
    return true;
  }

  /** The broken run ends before bytes[to], white space not counted. */
  #closeStretch(to: number): void {
    this.#brokenRun.point(this.#place, this.#window.offset + to, this.#window);
    this.#state = 'between';
    this.#found ||= this.#isBrokenRecord();
    this.#visitor.reject(refusal(this.#brokenRun.reason, this.#brokenRun.detail), this.#place);
  }

  /**
   * What begins like an object is a broken record; behind text, as in CSV or HTML, only with the marks of an event. Asked
   * when the run is known to its end, so that it does not depend on how much of it was in the window.
   */
  #isBrokenRecord(): boolean {
    const { before } = this.#brokenRun;
    const run = Buffer.from(this.#place.raw(before + MARKED).buffer);
    if (!isObjectStart(run, before)) return false;
    return before === 0 || looksLikeEventStart(run.toString('utf8', before));
  }

  #point(start: number, end: number): void {
    this.#place.point(this.#window.offset + start, end - start, this.#window.bytes, start, end);
  }

  #reject(start: number, end: number, reason: Reason, detail: string): void {
    this.#found = true;
    this.#point(start, end);
    this.#visitor.reject(refusal(reason, detail), this.#place);
  }

  #depthDetail(): string {
    return `nested deeper than ${this.#limits.depth}`;
  }

  #sizeDetail(): string {
    return `larger than ${this.#limits.recordBytes} bytes`;
  }
}

const NO_BUDGET = 'no JSON on one line, in an object that is broken too often to look closer';
const NO_START = 'neither an object nor an array of objects begins here';
/** Bytes of a broken record in which marks of an event are looked for. */
const MARKED = 4096;
/** How far back the next record is looked for when a large one proves to be broken. */
const LOOKBACK = 64 * 1024;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const QUOTE = 0x22;

/** Does the bracket at bytes[at] begin an array of records, rather than text such as `[INFO]`? Undefined if it takes more bytes. */
function opensArray(bytes: Buffer, at: number, final: boolean): boolean | undefined {
  for (let next = at + 1; next < at + 64; next++) {
    const byte = bytes[next];
    if (byte === undefined) return final ? true : undefined;
    if (!isSpace(byte)) return byte === OPEN_OBJECT || byte === OPEN_ARRAY || byte === CLOSE_ARRAY || byte === QUOTE;
  }
  return true;
}

/** Splits what came in an envelope as bytes, with the limits of the object. What stands between records isn't told. */
export function splitInner(limits: Limits): SplitInner {
  return (bytes, visitor) => {
    let told = 0;
    const inner = new Splitter(
      limits,
      {
        record: (value, text, place) => {
          told++;
          visitor.record(value, text, place);
        },
        skip: (kind, place) => {
          if (kind === 'between_records') return;
          told++;
          visitor.skip(kind, place);
        },
        reject: (rejection, place) => {
          told++;
          visitor.reject(rejection, place);
        },
      },
      new RecordPlace(),
    );
    inner.push(bytes);
    inner.end('json');
    return told > 0;
  };
}
