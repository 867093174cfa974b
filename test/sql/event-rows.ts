/** Rows of `events` for the tests of views. */
import { addDays } from '#lake/days.ts';
import type { Row } from './lake-fixture.ts';

/** A mail of which a story is told, event by event. */
export interface Mail {
  message_id: string;
  recipient_key: string | null;
  /** `YYYY-MM-DD HH:MM:SS` */
  sent_at: string;
  /** what all its events say, such as its campaign */
  says?: Row;
}

/** An event of a mail `seconds` after its sending. */
export function happened(mail: Mail, event_type: string, seconds = 0, details: Row = {}): Row {
  const sent = Date.parse(`${mail.sent_at.replace(' ', 'T')}Z`);
  const occurred_at = new Date(sent + seconds * 1000).toISOString().replace('T', ' ').replace('Z', '');
  const row: Row = {
    event_id: [mail.message_id, mail.recipient_key, event_type, seconds, details.link, details.user_agent].join('|'),
    source: 'ses',
    feed: 'event_publishing',
    event_type,
    native_type: event_type,
    occurred_at,
    occurred_at_basis: 'event',
    sent_at: mail.sent_at,
    delivered_to_lake_at: `${addDays(occurred_at.slice(0, 10), 1)} 00:00:00`,
    is_time_suspect: false,
    message_id: mail.message_id,
    recipient: mail.recipient_key,
    recipient_key: mail.recipient_key,
    recipient_domain: mail.recipient_key?.split('@')[1] ?? null,
    recipient_count: mail.recipient_key === null ? 2 : 1,
    attempt: 'unit.version',
    source_key: 'raw/a.gz',
    source_ordinal: 0,
    dt: occurred_at.slice(0, 10),
    ...mail.says,
    ...details,
  };
  return row;
}

/** Copies of events, as a second delivery of the same records would leave them until the day is settled. */
export const copied = (events: readonly Row[]): Row[] =>
  events.map((event) => ({ ...event, attempt: 'later.version', source_key: 'raw/z.gz', source_ordinal: 9 }));
