import { Rejection } from '../vocabulary.ts';
import { classify, type EventRecord, hasHeaders } from './classify.ts';
import { clear, type Draft, makeDraft } from './draft.ts';
import { checkHeaders, emitEvents, emitHeaders } from './emit.ts';
import { exactRecord } from './exact.ts';
import { extrasOf } from './extras.ts';
import type { JsonFields } from './fields.ts';
import { makeParts, type Parts } from './parts.ts';
import { takePinpoint } from './pinpoint.ts';
import { takeSes } from './ses.ts';
import type { Decode, MakeDecoder } from './sink.ts';
import { hasLoneSurrogates, LONE_SURROGATE, mayHaveLoneSurrogates, wellFormed } from './surrogates.ts';
import { survey, UNKNOWN_FIELDS, UNSAFE_NUMBERS } from './survey.ts';
import { isTimeSuspect } from './time.ts';

/**
 * Makes a decoder: records (innermost JSON values) in, rows of events, headers and clicks out. It keeps drafts and what
 * it remembers of repeated texts, nothing that changes a row: a record's rows depend on that record alone.
 */
export const makeDecoder: MakeDecoder = (settings) => {
  const draft = makeDraft();
  const parts = makeParts(settings);
  const carriers: ReadonlySet<string> = new Set(settings.headerCarriers);

  const decode: Decode = (value, text, context, sink) => {
    const record = classify(value);
    if (record.source === null) return { is: 'skipped', type: record.word };
    takeGuarded(record, text, draft, parts);

    const row = draft.event;
    row.delivered_to_lake_at = context.deliveredAt;
    row.is_time_suspect = isTimeSuspect(row.occurred_at, row.sent_at, context.deliveredAt);
    const carriesHeaders = draft.headers.length > 0 && row.sent_at !== null && carriers.has(row.event_type);
    if (carriesHeaders) checkHeaders(draft);
    const link = draft.isClick ? parts.link(row.link ?? '') : null;

    // From here on the sink has part of the record: nothing in the record may be a reason to fail.
    if (!emitEvents(draft, link, context, sink)) return { is: 'duplicate' };
    if (carriesHeaders && row.sent_at !== null) emitHeaders(draft, row.sent_at, sink);
    return { is: 'accepted', source: record.source, eventType: draft.eventType };
  };
  return decode;
};

/** The reader bounds nesting; should a record come from elsewhere, it is rejected like one that the reader found. */
const takeGuarded = (record: EventRecord, text: string, draft: Draft, parts: Parts): void => {
  try {
    take(record, text, draft, parts);
  } catch (error) {
    if (error instanceof RangeError) throw new Rejection('too_deep', 'the record is nested too deep to be read');
    throw error;
  }
};

/** Fills the draft with all that the record says, but for what differs between its rows. @throws Rejection */
const take = (record: EventRecord, text: string, draft: Draft, parts: Parts): void => {
  let fields: JsonFields = record.fields;
  const known = hasHeaders(record) ? record.kind.known.withHeaders : record.kind.known.withoutHeaders;
  const found = survey(fields, known);
  if (found & UNSAFE_NUMBERS) fields = exactRecord(text);
  const isBroken = mayHaveLoneSurrogates(text) && hasLoneSurrogates(fields);
  if (isBroken) fields = wellFormed(fields);

  clear(draft);
  const { event } = draft;
  event.source = record.source;
  event.feed = record.feed;
  event.native_type = record.word;
  draft.eventType = record.kind.eventType;
  if (record.source === 'ses') takeSes(fields, record.kind, draft, parts);
  else takePinpoint(fields, record.kind, draft, parts);
  event.event_type = draft.eventType;
  event.extras = found & UNKNOWN_FIELDS || isBroken ? extrasOf(fields, known, isBroken ? [LONE_SURROGATE] : []) : null;
};
