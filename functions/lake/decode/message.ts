/** Reads the headers of a message: all of them, or the one with a given name. */
import type { EventRow } from '../tables/events.ts';
import { domainOf } from './address.ts';
import type { Draft } from './draft.ts';
import { decodedWords } from './encoded-words.ts';
import { type Field, type Json, type JsonFields, listOf, objectOf, textOf } from './fields.ts';
import type { Parsers } from './parsers.ts';

/** A header's value, or null if the message doesn't have it. Both sources write a missing value as the text "null". */
export const headerText = (value: Field, path: string, place = -1): string | null => {
  const text = textOf(value, path, place);
  return text === 'null' ? null : text;
};

/**
 * The header of that name (lower case) among a message's headers, null if it isn't there. For the few records whose
 * common headers are missing; so it doesn't complain about headers that can't be read.
 */
export const findHeader = (headers: readonly Json[], name: string): string | null => {
  for (const header of headers) {
    if (header === null || typeof header !== 'object' || Array.isArray(header)) continue;
    if (typeof header.name !== 'string' || header.name.length !== name.length) continue;
    if (header.name.toLowerCase() === name && typeof header.value === 'string' && header.value !== 'null') {
      return header.value;
    }
  }
  return null;
};

/** What the common headers are called in a source. */
export interface HeaderNames {
  /** path of the common headers */
  path: string;
  messageId: string;
  replyTo: string;
}

/**
 * Fills what the headers tell, from the common headers, else from the headers: From, Reply-To, Message-ID, Subject.
 * Without a From header, as in most bounce notifications, the envelope's sender stands in; for the domain a tag does
 * before it, as the envelope's domain is often not the brand's.
 *
 * @param tagDomain what the tag `ses:from-domain` says
 */
export const takeHeaders = (
  draft: Draft,
  parsers: Parsers,
  common: JsonFields | null,
  names: HeaderNames,
  envelopeSender: string | null,
  tagDomain: string | null,
): void => {
  const { event, headers } = draft;
  const { path } = names;
  const header = firstHeader(common?.from, `${path}.from[]`) ?? findHeader(headers, 'from');
  const from = header ?? envelopeSender;
  const sender = from === null ? undefined : parsers.sender(from);
  event.from_address = sender?.address || null;
  event.from_name = sender?.name ?? null;
  const envelope = envelopeSender === from || envelopeSender === null ? sender : parsers.sender(envelopeSender);
  event.from_domain = header === null ? null : (sender?.domain ?? null);
  event.from_domain_basis = 'header';
  if (event.from_domain === null) takeOtherDomain(event, tagDomain, envelope?.domain ?? null);
  event.envelope_from = envelopeSender === null ? null : envelope?.address || null;
  const replyTo =
    joinedHeader(common?.[names.replyTo], `${path}.${names.replyTo}[]`) ?? findHeader(headers, 'reply-to');
  event.reply_to = replyTo === null ? null : decodedWords(replyTo) || null;
  event.rfc_message_id =
    headerText(common?.[names.messageId], `${path}.${names.messageId}`) || findHeader(headers, 'message-id');
  const subject = headerText(common?.subject, `${path}.subject`) ?? findHeader(headers, 'subject');
  event.subject = subject === null ? null : decodedWords(subject);
};

/** The From header tells no domain. */
const takeOtherDomain = (event: EventRow, tag: string | null, envelope: string | null): void => {
  const fromTag = tag === null ? null : domainOf(`_@${tag.trim()}`);
  event.from_domain = fromTag ?? envelope;
  event.from_domain_basis = fromTag !== null ? 'tag' : envelope === null ? null : 'envelope';
};

/** SES lists the From header's addresses; of the few that have several, the first is whom readers see. */
const firstHeader = (value: Field, path: string): string | null => {
  if (typeof value === 'string') return headerText(value, path) || null;
  const list = listOf(value);
  return list.length === 0 ? null : headerText(list[0], path, 0) || null;
};

const joinedHeader = (value: Field, path: string): string | null => {
  if (value === undefined) return null;
  const texts = listOf(value).map((item, place) => headerText(item, path, place));
  return texts.filter((text) => text !== null).join(', ') || null;
};

/** The common headers of a message, and its headers into the draft. @throws Rejection wrong_type */
export const commonHeadersOf = (draft: Draft, headers: Field, headersPath: string, common: Field, path: string) => {
  draft.headers = listOf(headers);
  draft.headersPath = headersPath;
  return objectOf(common, path);
};
