/** Declares the table `clicks`. */
import {
  agent,
  bot_verdict,
  configuration_set,
  dimensions,
  feed,
  lineage,
  message_id,
  origin,
  recipient,
  recipient_domain,
  recipient_key,
  sent_at,
  source,
  tenancy,
} from './shared.ts';
import { boolean, defineTable, type RowOf, required, string, timestamp } from './table.ts';

const few = { storage: 'dictionary' } as const;

export const clicks = defineTable({
  name: 'clicks',
  doc: 'Clicks, unsubscribe clicks included, with the link taken apart.',
  grain: 'One row per click event.',
  key: ['event_id'],
  partition: 'the UTC day of occurred_at',
  format: 'parquet',
  columns: {
    event_id: required(string("The event's id, as in events.", { person: 'mail' })),
    occurred_at: required(timestamp('When it was clicked.', { storage: 'delta' })),
    sent_at,
    message_id,
    recipient,
    recipient_key,
    recipient_domain,
    source,
    configuration_set,
    ...origin,
    link: string('The link as reported.', { ...few, person: 'text' }),
    link_scheme: string('Such as `https`, in lower case; NULL where the link is no URL.', few),
    link_host: string('Host in ASCII (IDNA), lower case.', few),
    link_path: string('Path, percent-encoding kept.', { ...few, person: 'text' }),
    link_query: string('Query without `?`, percent-encoding kept.', { ...few, person: 'text' }),
    utm_source: string('Decoded utm_source of the query.', { ...few, person: 'text' }),
    utm_medium: string('Decoded utm_medium of the query.', { ...few, person: 'text' }),
    utm_campaign: string('Decoded utm_campaign of the query.', { ...few, person: 'text' }),
    utm_term: string('Decoded utm_term of the query.', { ...few, person: 'text' }),
    utm_content: string('Decoded utm_content of the query.', { ...few, person: 'text' }),
    link_tags: string('The tags of the link, JSON.', { ...few, person: 'text', json: true }),
    is_unsubscribe: required(boolean('The link is the unsubscribe link.')),
    ...agent,
    is_bot_agent: required(boolean("The user agent is a known bot's.")),
    feed,
    ...lineage,
    ...tenancy,
    bot_verdict,
    ...dimensions,
  },
});

export type ClickRow = RowOf<typeof clicks>;
