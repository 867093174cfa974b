import { hash } from 'node:crypto';
import type { EventRow } from '../tables/events.ts';
import { type Draft, nobody, type Recipient } from './draft.ts';
import { objectOf, requiredText, textOf } from './fields.ts';
import type { Link } from './link.ts';
import { headerText } from './message.ts';
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
  event.event_id = eventId(event);
  if (!sink.event(event)) return false;
  if (link !== null) emitClick(draft, link, sink);
  return true;
};

const emitClick = (draft: Draft, link: Link, sink: RowSink): void => {
  const { click, event } = draft;
  click.event_id = event.event_id;
  click.occurred_at = event.occurred_at;
  click.sent_at = event.sent_at;
  click.message_id = event.message_id;
  click.recipient = event.recipient;
  click.recipient_key = event.recipient_key;
  click.recipient_domain = event.recipient_domain;
  click.source = event.source;
  click.configuration_set = event.configuration_set;
  click.campaign_id = event.campaign_id;
  click.campaign_activity_id = event.campaign_activity_id;
  click.treatment_id = event.treatment_id;
  click.journey_id = event.journey_id;
  click.journey_run_id = event.journey_run_id;
  click.journey_activity_id = event.journey_activity_id;
  click.link = event.link;
  click.link_scheme = link.scheme;
  click.link_host = link.host;
  click.link_path = link.path;
  click.link_query = link.query;
  click.utm_source = link.utmSource;
  click.utm_medium = link.utmMedium;
  click.utm_campaign = link.utmCampaign;
  click.utm_term = link.utmTerm;
  click.utm_content = link.utmContent;
  click.link_tags = draft.linkTags;
  click.is_unsubscribe = event.is_unsubscribe === true;
  click.ip_address = event.ip_address;
  click.user_agent = event.user_agent;
  click.client_name = event.client_name;
  click.device_class = event.device_class;
  click.is_bot_agent = event.is_bot_agent === true;
  click.feed = event.feed;
  click.attempt = event.attempt;
  click.source_key = event.source_key;
  click.source_ordinal = event.source_ordinal;
  sink.click(click);
};

/** Reads all headers, so that nothing is in the sink when one turns out unreadable. @throws Rejection */
export const checkHeaders = (draft: Draft): void => {
  const { headers, headersPath } = draft;
  for (let place = 0; place < headers.length; place++) {
    const item = headers[place];
    if (typeof item === 'object' && item !== null && !Array.isArray(item)) {
      if (typeof item.name === 'string' && item.name !== '' && typeof item.value === 'string') continue;
    }
    const fields = objectOf(item, headersPath, place);
    requiredText(fields?.name, `${headersPath}.name`, place);
    textOf(fields?.value, `${headersPath}.value`, place);
  }
};

/** Puts a row for each header into the sink. `checkHeaders` has looked at them before. */
export const emitHeaders = (draft: Draft, sentAt: number, sink: RowSink): void => {
  const { event, header, headers, headersPath } = draft;
  header.message_id = event.message_id;
  header.sent_at = sentAt;
  header.source = event.source;
  header.from_domain = event.from_domain;
  header.feed = event.feed;
  header.attempt = event.attempt;
  header.source_key = event.source_key;
  header.source_ordinal = event.source_ordinal;
  for (let place = 0; place < headers.length; place++) {
    const fields = objectOf(headers[place], headersPath, place);
    const name = requiredText(fields?.name, `${headersPath}.name`, place);
    header.position = place;
    const spelling = spellingAt(place, name);
    header.name = spelling.name;
    header.name_lower = spelling.lower;
    header.value = headerText(fields?.value, `${headersPath}.value`, place);
    sink.header(header);
  }
};

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
 */
export const eventId = (row: EventRow): string =>
  hash(
    'sha256',
    `["${row.source}","${row.event_type}",${JSON.stringify(row.message_id)},${quoted(row.recipient_key)},${
      row.occurred_at
    },${quoted(row.feedback_id)},${quoted(row.ip_address)},${quoted(row.user_agent)},${quoted(row.link)}]`,
  ).slice(0, 32);

const quoted = (text: string | null): string => (text === null ? 'null' : JSON.stringify(text));
