/** Decodes a record of Amazon Pinpoint. */
import type { Draft } from './draft.ts';
import { flagOf, type JsonFields, missingField, objectOf, requiredObject, requiredText, wordOf } from './fields.ts';
import { instantOf } from './instant.ts';
import { commonHeadersOf, takeHeaders } from './message.ts';
import type { Parsers } from './parsers.ts';
import { MAIL_EVENT, PINPOINT_KINDS, type PinpointKind } from './pinpoint-kinds.ts';
import { readAddresses } from './recipients.ts';
import { fromDomainTag } from './tags.ts';

/** By event_type; undefined if it is no e-mail event. */
export const pinpointKind = (word: string): PinpointKind | undefined =>
  PINPOINT_KINDS.get(word) ?? PINPOINT_KINDS.get(word.toLowerCase());

const MAIL = `${MAIL_EVENT}.mail`;
const HEADERS = `${MAIL}.headers[]`;
const COMMON = `${MAIL}.common_headers`;
const DESTINATION = `${MAIL}.destination[]`;
const HEADER_NAMES = { path: COMMON, messageId: 'message_id', replyTo: 'reply_to' };

const inner = (value: JsonFields | null, name: string): JsonFields | null => {
  const field = value?.[name];
  return typeof field === 'object' && field !== null && !Array.isArray(field) ? field : null;
};

export const pinpointHasHeaders = (record: JsonFields): boolean => {
  const headers = inner(inner(inner(inner(record, 'facets'), 'email_channel'), 'mail_event'), 'mail')?.headers;
  return Array.isArray(headers) && headers.length > 0;
};

/**
 * Fills the draft from a Pinpoint record. Everything is read, and so validated, here. event_timestamp is the sending's
 * time on every event of a mail; arrival_timestamp is when Pinpoint heard of the event.
 * @throws Rejection missing_field, wrong_type, timestamp, number
 */
export const takePinpoint = (record: JsonFields, kind: PinpointKind, draft: Draft, parsers: Parsers): void => {
  const { event } = draft;
  const facets = requiredObject(record.facets, 'facets');
  const channel = requiredObject(facets.email_channel, 'facets.email_channel');
  const mailEvent = requiredObject(channel.mail_event, MAIL_EVENT);
  const mail = requiredObject(mailEvent.mail, MAIL);
  event.message_id = requiredText(mail.message_id, `${MAIL}.message_id`);
  const own = ownObject(mailEvent, kind);
  const arrived = instantOf(record.arrival_timestamp, 'arrival_timestamp');
  const sent = instantOf(record.event_timestamp, 'event_timestamp');
  const time = arrived ?? sent;
  if (time === null) throw missingField('arrival_timestamp');
  event.occurred_at = time;
  event.occurred_at_basis = arrived === null ? 'send' : 'arrival';
  event.sent_at = instantOf(mail.message_send_timestamp, `${MAIL}.message_send_timestamp`) ?? sent;
  readAddresses(mail.destination, DESTINATION, draft.destinations);
  event.recipient_count =
    mail.destination === undefined || mail.destination === null ? null : draft.destinations.length;

  const common = commonHeadersOf(draft, mail.headers, HEADERS, mail.common_headers, COMMON);
  const attributes = objectOf(record.attributes, 'attributes');
  const envelope = wordOf(mail.from_address, `${MAIL}.from_address`);
  takeHeaders(draft, parsers, common, HEADER_NAMES, envelope, fromDomainTag(attributes));
  event.has_truncated_headers = flagOf(mail.headers_truncated, `${MAIL}.headers_truncated`);
  event.account_id = wordOf(record.awsAccountId, 'awsAccountId');
  event.application_id = wordOf(objectOf(record.application, 'application')?.app_id, 'application.app_id');
  if (attributes !== null) parsers.tags.fromAttributes(attributes, event);
  kind.take(own, draft, parsers, attributes);
};

const ownObject = (mailEvent: JsonFields, kind: PinpointKind): JsonFields => {
  for (const name of kind.objects) {
    const own = objectOf(mailEvent[name], `${MAIL_EVENT}.${name}`);
    if (own !== null) return own;
  }
  throw missingField(`${MAIL_EVENT}.${kind.objects[0]}`);
};
