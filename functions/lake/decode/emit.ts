/** Turns a filled draft into rows: one for each recipient, header and click. */
import { hash } from 'node:crypto';
import { clicks } from '../tables/clicks.ts';
import { type EventRow, events } from '../tables/events.ts';
import { headers } from '../tables/headers.ts';
import { type Draft, nobody, type Recipient } from './draft.ts';
import { objectOf, requiredText, textOf } from './fields.ts';
import type { Link } from './link.ts';
import { headerText } from './message.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import { rowCopier } from './row-code.ts';
import type { RecordContext, RowSink } from './types.ts';

/** Puts one row for each recipient into the sink, or one without a recipient. True if any of them was new. */
export const emitEvents = (draft: Draft, link: Link | null, context: RecordContext, sink: RowSink): boolean => {
  const { event, recipients } = draft;
  event.attempt = context.attempt;
  event.source_key = context.sourceKey;
  event.source_ordinal = context.sourceOrdinal;
  if (recipients.length === 0) return emitEvent(draft, nobody, link, sink);
  let isNew = false;
  for (const recipient of recipients) {
    if (emitEvent(draft, recipient, link, sink)) isNew = true;
  }
  return isNew;
};

const emitEvent = (draft: Draft, recipient: Recipient, link: Link | null, sink: RowSink): boolean => {
  const { event } = draft;
  event.recipient = recipient.given;
  event.recipient_key = recipient.key;
  event.recipient_domain = recipient.domain;
  event.bounce_action = recipient.action;
  event.smtp_status = recipient.status;
  event.diagnostic_code = recipient.diagnostic;
  event.reported_recipient = recipient.reported;
  event.event_id = eventId(event, recipient.named);
  if (!sink.event(event)) return false;
  if (link !== null) emitClick(draft, link, sink);
  return true;
};

const emitClick = (draft: Draft, link: Link, sink: RowSink): void => {
  const { click, event } = draft;
  copyToClick(event, click);
  Object.assign(click, link);
  click.link_tags = draft.linkTags;
  sink.click(click);
};

const copyToClick = rowCopier(events, clicks);

/** Reads all headers, so that nothing is in the sink when one turns out unreadable. @throws Rejection */
export const checkHeaders = (draft: Draft): void => {
  const { headersPath } = draft;
  for (let place = 0; place < draft.headers.length; place++) {
    const item = draft.headers[place];
    if (typeof item === 'object' && item !== null && !Array.isArray(item)) {
      if (typeof item.name === 'string' && item.name !== '' && typeof item.value === 'string') continue;
    }
    const fields = objectOf(item, headersPath, place);
    requiredText(fields?.name, `${headersPath}.name`, place);
    textOf(fields?.value, `${headersPath}.value`, place);
  }
};

/** Puts a row for each header into the sink. `checkHeaders` has looked at them before. */
export const emitHeaders = (draft: Draft, sentAt: number, sink: RowSink, hide?: Pseudonyms): void => {
  const { event, header, headersPath } = draft;
  copyToHeader(event, header);
  header.sent_at = sentAt;
  for (let place = 0; place < draft.headers.length; place++) {
    const fields = objectOf(draft.headers[place], headersPath, place);
    const given = requiredText(fields?.name, `${headersPath}.name`, place);
    const name = hide ? hide.text(given) : given;
    header.position = place;
    const spelling = spellingAt(place, name);
    header.name = spelling.name;
    header.name_lower = spelling.lower;
    const value = headerText(fields?.value, `${headersPath}.value`, place);
    header.value = hide && value !== null ? hide.header(spelling.lower, value) : value;
    sink.header(header);
  }
};

const copyToHeader = rowCopier(events, headers);

interface Spelling {
  name: string;
  lower: string;
}

const MOST_PLACES = 64;
const spellings: Spelling[] = [];

/**
 * The name and the name in lower case. A sender's mails have the same headers in the same order, so it is the one that
 * stood in this place last, nearly always; and the same string objects again are quick to find in a dictionary.
 */
const spellingAt = (place: number, name: string): Spelling => {
  const last = spellings[place];
  if (last?.name === name) return last;
  const spelling = { name, lower: name.toLowerCase() };
  if (place < MOST_PLACES) spellings[place] = spelling;
  return spelling;
};

/**
 * The id of an event: the first 128 bits, in hex, of SHA-256 over the JSON array of source, event_type, message_id,
 * recipient_key, occurred_at (ms), feedback_id, ip_address, user_agent and link. Nothing in it changes with a
 * redelivery; two opens of one mail in the same ms by different agents stay two.
 *
 * @param named recipient_key as the event itself gives it: the recipient that we conclude from it must not change the id
 */
export const eventId = (row: EventRow, named: string | null): string =>
  hash('sha256', eventIdText(row, named)).slice(0, 32);

/** What is hashed. */
export const eventIdText = (row: EventRow, named: string | null): string =>
  `["${row.source}","${row.event_type}",${JSON.stringify(row.message_id)},${quoted(named)},${row.occurred_at},${quoted(
    row.feedback_id,
  )},${quoted(row.ip_address)},${quoted(row.user_agent)},${quoted(row.link)}]`;

const quoted = (text: string | null): string => (text === null ? 'null' : JSON.stringify(text));
