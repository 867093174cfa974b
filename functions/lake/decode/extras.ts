/** Builds the column `extras`: what a record holds that no other column takes. */
import type { OtherRecipient } from './draft.ts';
import { type Json, type JsonFields, jsonOf } from './fields.ts';

/** Where the flags stand in extras. */
const FLAGS = '_flags';
/** The field for entries of a recipient whose row was made from another entry. */
const OTHERS = '_other_recipients';

/**
 * What a record holds and no column takes, as JSON under its path: `{"mail":{"callerIdentity":"…"}}`; below a list, by
 * place: `{"bounce":{"bouncedRecipients":{"1":{"note":"…"}}}}`. Null if there is nothing.
 *
 * The text is written directly, so that a field called `__proto__` is a field like any other. `flags` say what was
 * changed of the record; should the record itself have a field of that name, that one is called `__flags`. `others` are
 * recipients that have no row of their own, and stand in the same way under `_other_recipients`.
 */
export const extrasOf = (
  record: JsonFields,
  known: Known,
  flags: readonly string[],
  others: readonly OtherRecipient[],
): string | null => {
  const fields = unknownFields(record, known);
  if (others.length > 0) fields.unshift(`"${OTHERS}":${jsonOf([...others])}`);
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
    if (text !== null) found.push(`${jsonOf(name === FLAGS || name === OTHERS ? `_${name}` : name)}:${text}`);
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

/**
 * Which fields of a record have a column, or are not worth one. Everything else, at any level, goes to `extras`.
 *
 * Left out on purpose, as they say nothing that a row doesn't:
 * - Pinpoint `event_version` and `application.sdk`: the format of the record and of the producer;
 * - Pinpoint `attributes.feedback`: repeats the event type, for a click the link;
 * - `commonHeaders` beside `headers`: repeats some of them. Without headers, what has no column is kept;
 * - anywhere: null, empty text, and empty objects and lists.
 */

/** Field name → fields within it; null: taken as a whole, whatever is in it. */
export type Known = ReadonlyMap<string, Known | null>;

/** The fields of a header. One and the same everywhere, as headers are most of a record and looked at by a shortcut. */
export const HEADER: Known = new Map([
  ['name', null],
  ['value', null],
]);

/** For messages with headers, which the common headers only repeat, and for those without. */
export interface KnownPair {
  withHeaders: Known;
  withoutHeaders: Known;
}

type Names = { readonly [name: string]: Names | 'headers' | null };

const known = (names: Names): Known =>
  new Map(Object.entries(names).map(([name, inner]) => [name, inner === 'headers' ? HEADER : inner && known(inner)]));

/** Fields that are taken as a whole. */
export const all = (...names: string[]): Names => Object.fromEntries(names.map((name) => [name, null]));

const SES_MAIL: Names = {
  ...all('timestamp', 'messageId', 'source', 'sourceArn', 'sendingAccountId', 'destination', 'headersTruncated'),
  ...all('sourceIp', 'tags'),
  headers: 'headers',
};

/** The fields of a SES record whose own object is called `object` and has these fields. */
export const knownSes = (object: string, own: Names): KnownPair => ({
  withHeaders: known({
    ...all('eventType', 'notificationType'),
    mail: { ...SES_MAIL, commonHeaders: all('from', 'to', 'cc', 'bcc', 'date', 'messageId', 'subject', 'replyTo') },
    [object]: own,
  }),
  withoutHeaders: known({
    ...all('eventType', 'notificationType'),
    mail: { ...SES_MAIL, commonHeaders: all('from', 'messageId', 'subject', 'replyTo') },
    [object]: own,
  }),
});

const PINPOINT_MAIL: Names = {
  ...all('message_id', 'message_send_timestamp', 'from_address', 'destination', 'headers_truncated'),
  headers: 'headers',
};

const pinpoint = (objects: string | readonly string[], own: Names, commonHeaders: Names): Known =>
  known({
    ...all('event_type', 'event_timestamp', 'arrival_timestamp', 'event_version', 'attributes', 'awsAccountId'),
    application: all('app_id', 'sdk'),
    facets: {
      email_channel: {
        mail_event: {
          mail: { ...PINPOINT_MAIL, common_headers: commonHeaders },
          ...Object.fromEntries([objects].flat().map((object) => [object, own])),
        },
      },
    },
  });

/** The fields of a Pinpoint record whose own object has one of the names and these fields. */
export const knownPinpoint = (objects: string | readonly string[], own: Names): KnownPair => ({
  withHeaders: pinpoint(objects, own, all('from', 'to', 'cc', 'bcc', 'date', 'message_id', 'subject', 'reply_to')),
  withoutHeaders: pinpoint(objects, own, all('from', 'message_id', 'subject', 'reply_to')),
});

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
