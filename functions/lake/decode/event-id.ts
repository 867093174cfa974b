import { hash } from 'node:crypto';
import type { EventRow } from '../tables/events.ts';

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
