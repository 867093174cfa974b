/** The values that columns may have (event types, reasons, …), declared once. */

/** One vocabulary over both sources, in the order of a mail's life. */
export const EVENT_TYPES = [
  'send',
  'rendering_failure',
  'rejected',
  'delivery_delay',
  'delivered',
  'hard_bounce',
  'soft_bounce',
  'undetermined_bounce',
  'open',
  'click',
  'unsubscribe',
  'resubscribe',
  'complaint',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export type Source = 'pinpoint' | 'ses';

/** Where a record came from; settle prefers the first in this (alphabetical) order. */
export type Feed = 'event_publishing' | 'notification' | 'pinpoint';

/** Why a record, or an object as a whole, went to quarantine. */
export const REASONS = {
  encoding: 'the object is UTF-16 or UTF-32, not UTF-8',
  firehose_error: "a Firehose error record whose rawData can't be decoded",
  gzip_crc: 'the object is damaged gzip: no row of it can be trusted',
  gzip_trailing: 'bytes after the end of the gzip data',
  gzip_truncated: 'the gzip data ends too early: what follows the last whole record is lost',
  invalid_utf8: 'the record is not valid UTF-8',
  json: 'the record is not valid JSON',
  missing_field: 'a field without which the event means nothing is missing',
  not_event_stream: 'the object holds no events (CSV, image, Parquet, …)',
  number: "a number that can't be held exactly",
  poison: 'the object made its unit fail three times',
  record_too_large: 'the record is larger than the limit',
  timestamp: "a time that can't be read",
  too_deep: 'the record is nested deeper than the limit',
  too_large: 'the object is larger than the limit when decompressed',
  unknown_envelope: 'it bears the marks of a mail event, in an envelope that is not known yet',
  wrong_type: 'a field has a type that has no unambiguous reading',
} as const;
export type Reason = keyof typeof REASONS;

/** Why a record can't become rows. */
export interface Refusal {
  readonly reason: Reason;
  /** path and value, cut; for the quarantine table, never for a log */
  readonly detail: string;
}

const MOST_DETAIL = 500;

/** For what is not thrown: an error takes ten times as long to make, and a MB may hold 300,000 records that are refused. */
export const refusal = (reason: Reason, detail: string): Refusal => ({
  reason,
  detail: detail.length > MOST_DETAIL ? `${detail.slice(0, MOST_DETAIL)}…` : detail,
});

/** The record can't become rows. Thrown by the decoder before it has appended anything of the record. */
export class Rejection extends Error implements Refusal {
  override name = 'Rejection';
  readonly reason: Reason;
  readonly detail: string;
  constructor(reason: Reason, detail: string) {
    // Where in the code says nothing, and took half of the time.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(`${reason}: ${detail}`);
    Error.stackTraceLimit = stackTraceLimit;
    this.reason = reason;
    this.detail = refusal(reason, detail).detail;
  }
}

/** The object as a whole can't be read: nothing of it counts but one quarantined record. */
export class ObjectRejection extends Rejection {
  override name = 'ObjectRejection';
}
