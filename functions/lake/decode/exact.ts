import { Rejection } from '../vocabulary.ts';
import { type Json, type JsonFields, objectOf } from './fields.ts';

/**
 * The record again, with a bigint for each integer from 2^53 on, read from the text it was parsed from.
 * @throws Rejection number if a number can't be held exactly, as `1e400` or `9007199254740993.5`
 */
export const exactRecord = (text: string): JsonFields => objectOf(JSON.parse(text, reviveExactly), 'the record') ?? {};

/** The third argument is "JSON.parse source text access" (ECMAScript 2026): the text of each number. */
function reviveExactly(this: unknown, name: string, value: Json, context?: { source?: string }): Json {
  if (typeof value !== 'number' || Math.abs(value) < 2 ** 53) return value;
  const source = context?.source ?? '';
  const exact = integerOf(source);
  if (exact === null) throw new Rejection('number', `${name}: ${source.slice(0, 300)}`);
  return exact;
}

/** The integer that a JSON number (RFC 8259, 6) stands for; null if it has a fraction, or over 308 zeros of exponent. */
const integerOf = (source: string): bigint | null => {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(source) ?? [];
  const digits = (whole + fraction).replace(/0+$/, '');
  const zeros = whole.length - digits.length + Number(exponent);
  if (digits === '' || zeros < 0 || zeros > 308) return null;
  return BigInt(sign + digits + '0'.repeat(zeros));
};
