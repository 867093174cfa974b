import { type Json, type JsonFields, jsonOf } from './fields.ts';
import { HEADER, type Known } from './known.ts';
import { holdsSomething, surveyHeaders } from './survey.ts';

/** Where the flags stand in extras. */
const FLAGS = '_flags';

/**
 * What a record holds and no column takes, as JSON under its path: `{"mail":{"callerIdentity":"…"}}`; below a list, by
 * place: `{"bounce":{"bouncedRecipients":{"1":{"note":"…"}}}}`. Null if there is nothing.
 *
 * The text is written directly, so that a field called `__proto__` is a field like any other. `flags` say what was
 * changed of the record; should the record itself have a field of that name, that one is called `__flags`.
 */
export const extrasOf = (record: JsonFields, known: Known, flags: readonly string[]): string | null => {
  const fields = unknownFields(record, known);
  if (flags.length > 0) fields.unshift(`"${FLAGS}":${jsonOf([...flags])}`);
  return fields.length > 0 ? `{${fields.join(',')}}` : null;
};

const unknownFields = (fields: JsonFields, known: Known | null): string[] => {
  const found: string[] = [];
  for (const name in fields) {
    const value = fields[name];
    const inner = known?.get(name);
    if (value === undefined || inner === null) continue;
    const text = inner === undefined ? unknownValue(value) : unknownWithin(value, inner);
    if (text !== null) found.push(`${jsonOf(name === FLAGS ? `_${FLAGS}` : name)}:${text}`);
  }
  return found;
};

const unknownValue = (value: Json): string | null => (holdsSomething(value) ? jsonOf(value) : null);

const unknownWithin = (value: Json, known: Known): string | null => {
  // Where a known object has another type, the decoder has either coerced or rejected it.
  if (value === null || typeof value !== 'object') return null;
  if (known === HEADER && Array.isArray(value) && surveyHeaders(value) === 0) return null;
  const found: string[] = [];
  if (!Array.isArray(value)) found.push(...unknownFields(value, known));
  else {
    value.forEach((inner, place) => {
      const text = unknownWithin(inner, known);
      if (text !== null) found.push(`"${place}":${text}`);
    });
  }
  return found.length > 0 ? `{${found.join(',')}}` : null;
};
