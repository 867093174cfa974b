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
