/** Decodes a record of Amazon SES. */
import type { Draft } from './draft.ts';
import { flagOf, type JsonFields, missingField, objectOf, requiredObject, requiredText, wordOf } from './fields.ts';
import { instantOf } from './instant.ts';
import { commonHeadersOf, findHeader, takeHeaders } from './message.ts';
import type { Parsers } from './parsers.ts';
import { readAddresses } from './recipients.ts';
import type { SesKind } from './ses-kinds.ts';
import { SES_KINDS } from './ses-kinds.ts';
import { fromDomainTag } from './tags.ts';

/** By the record's own word for its type, whatever its case and spacing; undefined if it is no such event. */
export const sesKind = (word: string): SesKind | undefined =>
  SES_KINDS.get(word) ?? SES_KINDS.get(word.toLowerCase().replace(/[\s_-]+/g, ''));

export const sesHasHeaders = (record: JsonFields): boolean => {
  const mail = record.mail;
  return typeof mail === 'object' && mail !== null && !Array.isArray(mail) && hasSome(mail.headers);
};

const hasSome = (value: unknown): boolean => Array.isArray(value) && value.length > 0;

const HEADER_NAMES = { path: 'mail.commonHeaders', messageId: 'messageId', replyTo: 'replyTo' };

/**
 * Fills the draft from a SES record. Everything is read, and so validated, here.
 * @throws Rejection missing_field, wrong_type, timestamp, number
 */
export const takeSes = (record: JsonFields, kind: SesKind, draft: Draft, parsers: Parsers): void => {
  const { event } = draft;
  const mail = requiredObject(record.mail, 'mail');
  event.message_id = requiredText(mail.messageId, 'mail.messageId');
  const own = requiredObject(record[kind.object], kind.object);
  event.sent_at = instantOf(mail.timestamp, 'mail.timestamp');
  const time = kind.hasTime ? instantOf(own.timestamp, `${kind.object}.timestamp`) : event.sent_at;
  if (time === null) throw missingField(kind.hasTime ? `${kind.object}.timestamp` : 'mail.timestamp');
  event.occurred_at = time;
  event.occurred_at_basis = kind.hasTime ? 'event' : 'send';
  readAddresses(mail.destination, 'mail.destination[]', draft.destinations);
  // A record without a list of recipients is not about mail without recipients.
  event.recipient_count =
    mail.destination === undefined || mail.destination === null ? null : draft.destinations.length;

  const common = commonHeadersOf(draft, mail.headers, 'mail.headers[]', mail.commonHeaders, 'mail.commonHeaders');
  const tags = objectOf(mail.tags, 'mail.tags');
  takeHeaders(draft, parsers, common, HEADER_NAMES, wordOf(mail.source, 'mail.source'), fromDomainTag(tags));
  event.has_truncated_headers = flagOf(mail.headersTruncated, 'mail.headersTruncated');
  event.source_ip = wordOf(mail.sourceIp, 'mail.sourceIp');
  event.account_id = wordOf(mail.sendingAccountId, 'mail.sendingAccountId');
  const arn = wordOf(mail.sourceArn, 'mail.sourceArn');
  if (arn !== null) {
    const identity = parsers.identity(arn);
    event.region = identity.region;
    event.sending_identity = identity.name;
    event.account_id ??= identity.account;
  }
  if (tags !== null) parsers.tags.fromTags(tags, event);
  event.configuration_set ??= findHeader(draft.headers, 'x-ses-configuration-set');
  kind.take(own, draft, parsers);
};
