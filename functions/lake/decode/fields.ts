/** Reads typed fields of a JSON record; each error names the field's path. */
import { Rejection } from '../vocabulary.ts';

/** A JSON value whose numbers are exact: a bigint stands where the text has an integer that no double holds. */
export type Json = string | number | bigint | boolean | null | Json[] | JsonFields;
export type JsonFields = { [key: string]: Json };
export type Field = Json | undefined;

/*
 * Typed reading of fields. What has one reading only is coerced: a number where text is wanted and
 * the other way round, a list of one for its element and a single value for a list of one, null and [] for nothing.
 * Everything else is a Rejection that names the path. In a path, `[]` stands for the place in the list given beside it.
 */

/** Text as given, the empty string included. @throws Rejection wrong_type */
export const textOf = (value: Field, path: string, place = -1): string | null => {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return null;
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) {
    if (value.length === 0) return null;
    if (value.length === 1 && !Array.isArray(value[0])) return textOf(value[0], path, place);
  }
  throw wrongType('text', value, path, place);
};

/** Text, or null where it is empty: for everything in which an empty string says no more than a missing one. */
export const wordOf = (value: Field, path: string, place = -1): string | null => textOf(value, path, place) || null;

/** @throws Rejection missing_field, wrong_type */
export const requiredText = (value: Field, path: string, place = -1): string => {
  const text = textOf(value, path, place);
  if (text === null || text === '') throw missingField(path, place);
  return text;
};

/** @throws Rejection wrong_type */
export const objectOf = (value: Field, path: string, place = -1): JsonFields | null => {
  if (value === undefined || value === null) return null;
  if (typeof value === 'object') {
    if (!Array.isArray(value)) return value;
    if (value.length === 0) return null;
    if (value.length === 1 && !Array.isArray(value[0])) return objectOf(value[0], path, place);
  }
  throw wrongType('an object', value, path, place);
};

/** @throws Rejection missing_field, wrong_type */
export const requiredObject = (value: Field, path: string): JsonFields => {
  const object = objectOf(value, path);
  if (object === null) throw missingField(path);
  return object;
};

const NOTHING: readonly Json[] = [];

/** Never fails: a single value is a list of one. */
export const listOf = (value: Field): readonly Json[] => {
  if (Array.isArray(value)) return value;
  return value === undefined || value === null ? NOTHING : [value];
};

/** @throws Rejection wrong_type */
export const flagOf = (value: Field, path: string): boolean | null => {
  if (typeof value === 'boolean') return value;
  const text = wordOf(value, path);
  if (text === null) return null;
  const word = text.trim().toLowerCase();
  if (word === 'true' || word === '1') return true;
  if (word === 'false' || word === '0') return false;
  throw wrongType('true or false', value, path);
};

const INT64_MAX = 2n ** 63n - 1n;
/** Digits of the longest integer that a double can come near; longer ones aren't worth the time to read them. */
export const MOST_DIGITS = 309;

/** A whole number, as a bigint if no double holds it. @throws Rejection wrong_type; number if it has a fraction or needs over 64 bits */
export const wholeOf = (value: Field, path: string): number | bigint | null => {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  const text = typeof value === 'boolean' ? null : wordOf(value, path)?.trim();
  if (text === undefined || text === '') return null;
  if (text === null || !/^[+-]?\d+(?:\.\d+)?$/.test(text)) throw wrongType('a number', value, path);
  const [whole = '', fraction = ''] = text.split('.');
  if (/[1-9]/.test(fraction)) throw new Rejection('number', `${path} is not a whole number: ${shown(value)}`);
  const exact = whole.length > MOST_DIGITS ? INT64_MAX + 1n : BigInt(whole.replace('+', ''));
  if (exact > INT64_MAX || exact < -INT64_MAX - 1n) {
    throw new Rejection('number', `${path} does not fit 64 bits: ${shown(value)}`);
  }
  const double = Number(exact);
  return Number.isSafeInteger(double) ? double : exact;
};

/** JSON text, in which bigints are the integers they came from. */
export const jsonOf = (value: Json): string => {
  try {
    return JSON.stringify(value);
  } catch (error) {
    // A bigint; or nesting deeper than any record has that the reader let through.
    if (error instanceof RangeError) throw error;
    return exactJson(value);
  }
};

const exactJson = (value: Json): string => {
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(exactJson).join(',')}]`;
  return `{${Object.entries(value)
    .map(([name, inner]) => `${JSON.stringify(name)}:${exactJson(inner)}`)
    .join(',')}}`;
};

/** JSON text of an object or list that holds something, else null. */
export const jsonUnlessEmpty = (value: JsonFields | readonly Json[] | null): string | null => {
  if (value === null) return null;
  for (const _ in value) return jsonOf(value as Json);
  return null;
};

const at = (path: string, place: number): string => (place < 0 ? path : path.replace('[]', `[${place}]`));

/** For a rejection's detail. Cuts before it serialises where it can: the value may be megabytes long. */
export const shown = (value: Field): string =>
  value === undefined ? 'nothing' : jsonOf(typeof value === 'string' ? value.slice(0, 300) : value).slice(0, 300);

export const wrongType = (wanted: string, value: Field, path: string, place = -1): Rejection =>
  new Rejection('wrong_type', `${at(path, place)} should be ${wanted}: ${shown(value)}`);

export const missingField = (path: string, place = -1): Rejection => new Rejection('missing_field', at(path, place));
