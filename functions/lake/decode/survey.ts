import type { Json, JsonFields } from './fields.ts';
import { HEADER, type Known } from './known.ts';

/** The record has fields that no column takes. */
export const UNKNOWN_FIELDS = 1;
/** The record has numbers that a double may not hold exactly. */
export const UNSAFE_NUMBERS = 2;

/**
 * Looks at every value of a record once: flags for what the usual way of decoding would lose. It allocates nothing, as
 * nearly no record has any of it.
 */
export const survey = (fields: JsonFields, known: Known): number => {
  let found = 0;
  for (const name in fields) {
    const value = fields[name];
    if (typeof value === 'string') {
      if (value !== '' && known.get(name) === undefined) found |= UNKNOWN_FIELDS;
    } else if (value !== null && value !== undefined) {
      const inner = known.get(name);
      if (typeof value !== 'object') {
        if (inner === undefined) found |= UNKNOWN_FIELDS;
        if (typeof value === 'number' && !isSafe(value)) found |= UNSAFE_NUMBERS;
      } else if (inner === undefined) {
        if (holdsSomething(value)) found |= UNKNOWN_FIELDS;
        found |= numbersIn(value);
      } else if (inner === null) found |= numbersIn(value);
      else if (Array.isArray(value)) found |= inner === HEADER ? surveyHeaders(value) : surveyList(value, inner);
      else found |= survey(value, inner);
    }
  }
  return found;
};

const surveyList = (list: readonly Json[], known: Known): number => {
  let found = 0;
  for (const value of list) {
    if (typeof value === 'number') found |= numbersIn(value);
    else if (value !== null && typeof value === 'object') {
      found |= Array.isArray(value) ? surveyList(value, known) : survey(value, known);
    }
  }
  return found;
};

/** The same for a list of headers, with a shortcut for those that are a name and a text each. */
export const surveyHeaders = (list: readonly Json[]): number => {
  let found = 0;
  for (const header of list) {
    if (header !== null && typeof header === 'object' && !Array.isArray(header)) {
      let isPlain = true;
      for (const name in header) {
        if ((name !== 'name' && name !== 'value') || typeof header[name] !== 'string') isPlain = false;
      }
      if (!isPlain) found |= survey(header, HEADER);
    } else found |= surveyList([header], HEADER);
  }
  return found;
};

const isSafe = (value: number): boolean => value < 9007199254740992 && value > -9007199254740992;

const numbersIn = (value: Json): number => {
  if (typeof value === 'number') return isSafe(value) ? 0 : UNSAFE_NUMBERS;
  if (value === null || typeof value !== 'object') return 0;
  let found = 0;
  if (Array.isArray(value)) for (const inner of value) found |= typeof inner === 'string' ? 0 : numbersIn(inner);
  else for (const name in value) found |= numbersIn(value[name] ?? null);
  return found;
};

/** Whether there is anything in it but null, empty text, and empty objects and lists. */
export const holdsSomething = (value: Json): boolean => {
  if (value === null || value === '') return false;
  if (typeof value !== 'object') return true;
  if (Array.isArray(value)) return value.some(holdsSomething);
  for (const name in value) if (holdsSomething(value[name] ?? null)) return true;
  return false;
};
