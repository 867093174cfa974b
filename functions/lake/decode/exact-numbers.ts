/** Parses a record again where JSON.parse would have rounded a large number. */
import { Rejection } from '../vocabulary.ts';
import { type Json, type JsonFields, MOST_DIGITS, objectOf } from './fields.ts';

/**
 * The record again, with a bigint for each integer from 2^53 on, read from the text it was parsed from.
 * @throws Rejection number if a number can't be held exactly, as `1e400` or `9007199254740993.5`
 */
export const exactRecord = (text: string): JsonFields => objectOf(JSON.parse(text, reviveExactly), 'the record') ?? {};

/** The third argument is "JSON.parse source text access" (ECMAScript 2026): the text of each number. */
function reviveExactly(this: unknown, name: string, value: Json, context?: { source?: string }): Json {
  if (typeof value !== 'number' || Math.abs(value) < 2 ** 53) return value;
  const source = context?.source ?? '';
  const exact = Number.isFinite(value) ? integerOf(source) : null;
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
