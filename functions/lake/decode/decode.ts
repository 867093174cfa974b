/** Decodes one JSON record into rows of events, headers and clicks. */

import { isErasedRecord } from '../read/marks.ts';
import { events } from '../tables/events.ts';
import { Rejection } from '../vocabulary.ts';
import { classify, type EventRecord, hasHeaders } from './classify.ts';
import { clear, type Draft, makeDraft } from './draft.ts';
import { checkHeaders, emitEvents, emitHeaders } from './emit.ts';
import { exactRecord } from './exact-numbers.ts';
import { extrasOf, survey, UNKNOWN_FIELDS, UNSAFE_NUMBERS } from './extras.ts';
import type { JsonFields } from './fields.ts';
import { makeParsers, type Parsers } from './parsers.ts';
import { takePinpoint } from './pinpoint.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import { hiddenRecipient, withoutErased } from './recipients.ts';
import { rowHider } from './row-code.ts';
import { takeSes } from './ses.ts';
import { hasLoneSurrogates, LONE_SURROGATE, mayHaveLoneSurrogates, wellFormed } from './surrogates.ts';
import { isTimeSuspect } from './time.ts';
import type { Decode, MakeDecoder } from './types.ts';

/**
 * Makes a decoder: records (innermost JSON values) in, rows of events, headers and clicks out. It keeps drafts and what
 * it remembers of repeated texts, nothing that changes a row: a record's rows depend on that record alone.
 *
 * With `hide`, addresses are hashed once all is known of a record and before anything is put into a row: whom an event is about
 * is found by ways of writing an address, ids rest on the hash, and a link is taken apart as it will be kept.
 */
export const makeDecoder: MakeDecoder = (settings, hide) => {
  const draft = makeDraft();
  const parsers = makeParsers(settings);
  const carriers: ReadonlySet<string> = new Set(settings.headerCarriers);
  const mostRowBytes = ROWS_PER_RECORD * settings.limits.recordBytes;

  const decode: Decode = (value, text, context, sink) => {
    const record = classify(value);
    if (record.source === null) return isErasedRecord(value) ? { is: 'erased' } : { is: 'skipped', type: record.word };
    takeGuarded(record, text, context.hasEscapes ?? true, draft, parsers);

    // Others are in the mail, too: they are counted as before, and no row is about somebody who was forgotten.
    const recipients = withoutErased(draft.recipients);
    if (recipients.length === 0 && draft.recipients.length > 0) return { is: 'erased' };
    draft.recipients = recipients;

    const row = draft.event;
    row.delivered_to_lake_at = context.deliveredAt;
    row.is_time_suspect = isTimeSuspect(row.occurred_at, row.sent_at, context.deliveredAt);
    const carriesHeaders = draft.headers.length > 0 && row.sent_at !== null && carriers.has(row.event_type);
    if (carriesHeaders) checkHeaders(draft);
    if (draft.recipients.length * text.length > mostRowBytes) checkRows(draft, mostRowBytes);
    if (hide) hideDraft(draft, hide);
    const link = draft.isClick ? parsers.link(row.link ?? '') : null;

    // From here on the sink has part of the record, so nothing in the record may make this fail any more.
    if (!emitEvents(draft, link, context, sink)) return { is: 'duplicate' };
    if (carriesHeaders && row.sent_at !== null) emitHeaders(draft, row.sent_at, sink, hide);
    return { is: 'accepted', source: record.source, eventType: draft.eventType };
  };
  return decode;
};

/** The rows of a record may take so many times what the largest record takes. */
const ROWS_PER_RECORD = 4;

/**
 * Each recipient's row repeats what the record says of all: a few kilobytes of text and thousands of addresses would
 * make gigabytes of rows. @throws Rejection record_too_large
 */
const checkRows = ({ event, recipients }: Draft, limit: number): void => {
  let shared = 0;
  for (const [name, value] of Object.entries(event)) {
    if (typeof value === 'string' && !OF_THE_ROW.has(name)) shared += value.length;
  }
  let total = shared * recipients.length;
  for (const { given, action, status, diagnostic, reported } of recipients) {
    for (const text of [given, action, status, diagnostic, reported]) total += text?.length ?? 0;
  }
  if (total <= limit) return;
  throw new Rejection('record_too_large', `its ${recipients.length} recipients would make rows of ${total} characters`);
};

/** Hashes what rows are made of; emitHeaders does so with headers. */
const hideDraft = (draft: Draft, hide: Pseudonyms): void => {
  hideEvent(draft.event, hide);
  if (draft.linkTags !== null) draft.linkTags = hide.json(draft.linkTags);
  draft.recipients = draft.recipients.map((recipient) => hiddenRecipient(recipient, hide));
};

/** Columns that are filled row by row: before that they hold values of the previous record. */
const OF_THE_ROW: ReadonlySet<string> = new Set([
  ...['event_id', 'recipient', 'recipient_key', 'recipient_domain', 'bounce_action', 'smtp_status', 'diagnostic_code'],
  'reported_recipient',
  ...['attempt', 'source_key'],
]);

const hideEvent = rowHider(events, OF_THE_ROW);

/** The reader limits nesting. A record from elsewhere that is nested too deep is rejected in the same way. */
const takeGuarded = (record: EventRecord, text: string, hasEscapes: boolean, draft: Draft, parsers: Parsers): void => {
  try {
    take(record, text, hasEscapes, draft, parsers);
  } catch (error) {
    if (error instanceof RangeError) throw new Rejection('too_deep', 'the record is nested too deep to be read');
    throw error;
  }
};

/** Fills the draft with all that the record says, but for what differs between its rows. @throws Rejection */
const take = (record: EventRecord, text: string, hasEscapes: boolean, draft: Draft, parsers: Parsers): void => {
  let fields: JsonFields = record.fields;
  const known = hasHeaders(record) ? record.kind.known.withHeaders : record.kind.known.withoutHeaders;
  const found = survey(fields, known);
  if (found & UNSAFE_NUMBERS) fields = exactRecord(text);
  const isBroken = hasEscapes && mayHaveLoneSurrogates(text) && hasLoneSurrogates(fields);
  if (isBroken) fields = wellFormed(fields);

  clear(draft);
  const { event } = draft;
  event.source = record.source;
  event.feed = record.feed;
  event.native_type = record.word;
  draft.eventType = record.kind.eventType;
  if (record.source === 'ses') takeSes(fields, record.kind, draft, parsers);
  else takePinpoint(fields, record.kind, draft, parsers);
  event.event_type = draft.eventType;
  if (found & UNKNOWN_FIELDS || isBroken || draft.others.length > 0) {
    event.extras = extrasOf(fields, known, isBroken ? [LONE_SURROGATE] : [], draft.others);
  }
};
