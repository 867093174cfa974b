/** Recognises text that looks like an e-mail event, so that it is never skipped without notice. */
import type { JsonValue } from './record.ts';

/*
 * Patterns that show a mail event in text that could not be read as one, however it is written: in lower case, with quotes
 * escaped or doubled, as Python or Java print it, URL-encoded, flattened, or as attribute values of DynamoDB. Each
 * pattern takes time in proportion to the text.
 */

/** Between a name and its colon: quotes, escaped any number of times, and spaces. */
const QUOTES = String.raw`(?:[\\"'\s]|%22|%20|&quot;|u0022){0,40}`;
const SEPARATOR = '(?:[:=.]|%3A)';
const MAIL = new RegExp(`(?<![A-Za-z@._-])mail${QUOTES}${SEPARATOR}|mail[._]{1,2}message_?id`, 'i');
const MESSAGE_ID = /message_?id/i;
const OF_SES =
  /(?:event|notification)_?type|bounced_?recipients|complained_?recipients|delayed_?recipients|smtp_?response|sending_?account_?id|source_?arn|common_?headers/i;
const PINPOINT =
  /_email\.(?:send|delivered|hardbounce|softbounce|complaint|rejected|open|click|unsubscribe|rendering_failure)/i;
const OF_PINPOINT = /event_?type|mail_?event/i;
/** The beginning of an event that was cut off before its mail. */
const BEGINNING = new RegExp(
  `(?:event|notification)_?type${QUOTES}${SEPARATOR}${QUOTES}(?:send|delivery|bounce|complaint|reject|open|click|rendering failure|deliverydelay|subscription)(?![a-z])`,
  'i',
);
const WITHIN =
  /mail|bounce_?type|feedback_?id|smtp_?response|processing_?time|user_?agent|link_?tags|complained|delay_?type|template_?name|contact_?list/i;

/** Could this text hold a mail event? */
export function looksLikeEvent(text: string): boolean {
  if (PINPOINT.test(text) && OF_PINPOINT.test(text)) return true;
  return MAIL.test(text) && MESSAGE_ID.test(text) && OF_SES.test(text);
}

/** The same for text that may end in the middle of an event. */
export function looksLikeEventStart(text: string): boolean {
  return looksLikeEvent(text) || (BEGINNING.test(text) && WITHIN.test(text));
}

/** Every event of SES has one of these objects, beside `mail`. */
const OWN_OBJECTS = [
  ...['send', 'delivery', 'bounce', 'complaint', 'reject', 'open', 'click', 'failure', 'deliveryDelay'],
  'subscription',
];

/** As isOwnEvent, and an event of SES that has lost its mail: the decoder says what it misses. */
export function isEventInside(value: JsonValue): boolean {
  if (isOwnEvent(value)) return true;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  if (typeof value.eventType !== 'string' && typeof value.notificationType !== 'string') return false;
  return OWN_OBJECTS.some((name) => typeof value[name] === 'object' && value[name] !== null);
}

/** Is it an event of either source by its own words, read or skipped by the decoder? Nearly every record is. */
export function isOwnEvent(value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { event_type: pinpoint, mail } = value;
  // Pinpoint's other families (`_SMS.…`, `_session.…`) begin like its e-mail events.
  if (typeof pinpoint === 'string' && pinpoint.startsWith('_')) return true;
  if (typeof value.eventType !== 'string' && typeof value.notificationType !== 'string') return isErasedRecord(value);
  return typeof mail === 'object' && mail !== null;
}

/** What stands in raw data where a record about a forgotten person stood: each record keeps its number and its place. */
export const ERASED_RECORD = '{"erased":1}';

export function isErasedRecord(value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value.erased !== 1) return false;
  return Object.keys(value).length === 1;
}
