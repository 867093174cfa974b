/** Parses a record again where JSON.parse would have rounded a large number. */
import { hash } from 'node:crypto';
import { Rejection } from '../vocabulary.ts';
import { type Json, type JsonFields, MOST_DIGITS, objectOf } from './fields.ts';

/**
 * The record again, with a bigint for each integer from 2^53 on, read from the text it was parsed from.
 *
 * Not by a reviver, which is called for every value: of small ones a MB took it 2.6 s. Here the text is gone over once, the
 * numbers in question give way to texts that are no others, and these are found again in what was parsed.
 * @throws Rejection number if a number can't be held exactly, as `1e400` or `9007199254740993.5`
 */
export const exactRecord = (text: string): JsonFields => {
  // No text can hold its own digest, however it is escaped.
  const mark = hash('sha256', text, 'hex');
  const sources: string[] = [];
  const root: JsonFields = { '': JSON.parse(marked(text, mark, sources)) };
  if (sources.length > 0) putExact(root, mark, sources);
  return objectOf(root[''], 'the record') ?? {};
};

/** `9e15`: the shortest number that may be too large. */
const SHORTEST = 4;

/** The text with a mark and a place among `sources` for each number from 2^53 on. */
const marked = (text: string, mark: string, sources: string[]): string => {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at + 1);
    } else if (isOfNumber(code)) {
      let end = at + 1;
      while (isOfNumber(text.charCodeAt(end))) end++;
      const source = end - at < SHORTEST ? '' : text.slice(at, end);
      if (Math.abs(Number(source)) >= 2 ** 53) {
        parts.push(text.slice(from, at), `"${mark}${sources.length}"`);
        sources.push(source);
        from = end;
      }
      at = end - 1;
    }
  }
  return parts.length === 0 ? text : parts.join('') + text.slice(from);
};

/** Where the string ends: at the next quote that an even number of backslashes precedes. */
const endOfString = (text: string, from: number): number => {
  for (let end = text.indexOf('"', from); end >= 0; end = text.indexOf('"', end + 1)) {
    let slash = end;
    while (text.charCodeAt(slash - 1) === BACKSLASH) slash--;
    if ((end - slash) % 2 === 0) return end;
  }
  return text.length;
};

/** A digit, a sign, a point, an exponent; outside of strings only `true`, `false` and `null` have an `e` besides. */
const isOfNumber = (code: number): boolean =>
  (code >= ZERO && code <= NINE) || code === 0x2d || code === 0x2b || code === 0x2e || code === 0x65 || code === 0x45;

/** In place of each mark the exact number; as deep as a record's nesting may be. */
function putExact(holder: JsonFields | Json[], mark: string, sources: readonly string[]): void {
  const values = holder as Record<string, Json>;
  for (const name of Object.keys(holder)) {
    const value = values[name];
    if (typeof value === 'object' && value !== null) putExact(value, mark, sources);
    else if (typeof value === 'string' && value.startsWith(mark)) {
      values[name] = exactly(name, sources[Number(value.slice(mark.length))] ?? '');
    }
  }
}

function exactly(name: string, source: string): bigint {
  const exact = Number.isFinite(Number(source)) ? integerOf(source) : null;
  if (exact === null) throw new Rejection('number', `${name}: ${source.slice(0, 300)}`);
  return exact;
}

/** The integer that a JSON number (RFC 8259, 6) stands for, one that a double can come near; null if it has a fraction. */
const integerOf = (source: string): bigint | null => {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(source) ?? [];
  const digits = significant(whole + fraction);
  const zeros = whole.length - digits.length + Number(exponent);
  // Zeros may lead, as in 0.001e30: their number is no measure of the integer's.
  if (digits === '' || zeros < 0 || zeros > MOST_DIGITS) return null;
  return BigInt(`${sign}${digits.slice(firstSignificant(digits))}${'0'.repeat(zeros)}`);
};

/** Without the zeros at its end. Not by a regular expression: those try again at each of a million zeros. */
const significant = (digits: string): string => {
  let end = digits.length;
  while (digits.charCodeAt(end - 1) === ZERO) end--;
  return digits.slice(0, end);
};

const firstSignificant = (digits: string): number => {
  let from = 0;
  while (digits.charCodeAt(from) === ZERO) from++;
  return from;
};

const ZERO = 0x30;
const NINE = 0x39;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
