/** Finds halves of characters (lone UTF-16 surrogates) in a record's text, which UTF-8 can't hold. */
import type { Json, JsonFields } from './fields.ts';

/** The flag that extras carries. */
export const LONE_SURROGATE = 'lone_surrogate';

/** Whether text parsed from `json` can hold a surrogate without its other half: only an escape can make one. */
export const mayHaveLoneSurrogates = (json: string): boolean => json.includes('\\u') || !json.isWellFormed();

export const hasLoneSurrogates = (value: Json): boolean => {
  if (typeof value === 'string') return !value.isWellFormed();
  if (value === null || typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.some(hasLoneSurrogates);
  return Object.entries(value).some(([name, inner]) => !name.isWellFormed() || hasLoneSurrogates(inner));
};

/** A copy in which each lone surrogate is U+FFFD, in names too. */
export const wellFormed = (fields: JsonFields): JsonFields =>
  // fromEntries defines fields, so that one called __proto__ stays a field.
  Object.fromEntries(Object.entries(fields).map(([name, inner]) => [name.toWellFormed(), wellFormedValue(inner)]));

const wellFormedValue = (value: Json): Json => {
  if (typeof value === 'string') return value.toWellFormed();
  if (value === null || typeof value !== 'object') return value;
  return Array.isArray(value) ? value.map(wellFormedValue) : wellFormed(value);
};
