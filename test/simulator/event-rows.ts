/** The rows that a record makes, as decode would: by table and day. */
import { utcDate } from '#lake/days.ts';
import { ERASED } from '#lake/decode/address-texts.ts';
import type { MailEvent } from './mail.ts';
import type { Row } from './rows.ts';

export interface Source {
  attempt: string;
  key: string;
  ordinal: number;
}

export interface PlacedRow {
  table: 'events' | 'headers' | 'clicks';
  dt: string;
  row: Row;
}

/** One row a recipient. */
export const eventRows = (event: MailEvent, source: Source): PlacedRow[] =>
  event.recipients
    .filter((recipient) => recipient !== ERASED)
    .map((recipient) => ({
      table: 'events',
      dt: utcDate(event.at),
      row: {
        event_id: `${event.type}/${event.message}/${recipient}/${event.at}`,
        event_type: event.type,
        message_id: event.message,
        recipient_key: recipient,
        occurred_at: event.at,
        sent_at: event.sentAt,
        ...lineage(event, source),
      },
    }));

/** Only of records that carry headers into the table: sends. */
export const headerRows = (event: MailEvent, source: Source): PlacedRow[] =>
  event.headers.map(([name, value], position) => ({
    table: 'headers',
    dt: utcDate(event.sentAt),
    row: {
      message_id: event.message,
      position,
      name,
      name_lower: name.toLowerCase(),
      value,
      sent_at: event.sentAt,
      ...lineage(event, source),
    },
  }));

export const clickRows = (event: MailEvent, source: Source): PlacedRow[] =>
  event.type !== 'click'
    ? []
    : eventRows(event, source).map(({ dt, row: { event_type: _, ...row } }) => ({ table: 'clicks', dt, row }));

const lineage = ({ feed }: MailEvent, { attempt, key, ordinal }: Source): Row => ({
  feed,
  source_key: key,
  source_ordinal: ordinal,
  attempt,
});
