/** Rows of `recipient_messages` for the tests of views. */
import type { Row } from './lake-fixture.ts';

/**
 * A row of recipient_messages: a mail that was sent and delivered a second later, to its only recipient, and that nothing
 * else happened to; unless `details` say otherwise.
 */
export function outcome(message_id: string, details: Row = {}): Row {
  const sent_at = String(details.sent_at ?? '2026-03-02 09:00:00');
  const recipient_key = String(details.recipient_key ?? `${message_id}@web.de`);
  return {
    message_id,
    recipient_key,
    recipient_domain: recipient_key.split('@')[1] ?? null,
    source: 'ses',
    recipient_count: 1,
    sent_at,
    has_send_event: true,
    delivered_at: later(sent_at, 1),
    opens: 0,
    human_opens: 0,
    clicks: 0,
    human_clicks: 0,
    delays: 0,
    is_trackable: true,
    dt: sent_at.slice(0, 10),
    ...details,
  };
}

/** So many mails of which the first ones have something more to tell: `[[3, { opens: 1 }], [2, { … }]]`. */
export function outcomes(name: string, count: number, told: readonly [number, Row][], all: Row = {}): Row[] {
  const details = told.flatMap(([times, row]) => Array.from({ length: times }, () => row));
  return Array.from({ length: count }, (_, at) => outcome(`${name}-${at}`, { ...all, ...details[at] }));
}

/** `YYYY-MM-DD HH:MM:SS` so many seconds later. */
export const later = (time: string, seconds: number): string =>
  new Date(Date.parse(`${time.replace(' ', 'T')}Z`) + seconds * 1000).toISOString().replace('T', ' ').replace('Z', '');

/** An open by a person on the same day. */
export const opened = (sent_at = '2026-03-02 09:00:00', seconds = 600): Row => ({
  opens: 1,
  human_opens: 1,
  first_opened_at: later(sent_at, seconds),
  last_opened_at: later(sent_at, seconds),
  first_human_opened_at: later(sent_at, seconds),
});

export const bounced = (kind: 'hard' | 'soft' | 'undetermined', details: Row = {}): Row => ({
  delivered_at: null,
  bounced_at: '2026-03-02 09:00:05',
  bounce_kind: kind,
  ...details,
});
