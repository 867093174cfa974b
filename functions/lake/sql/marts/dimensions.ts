/** The columns by which the views of the deliverability family group, view by view. */
import { DIMENSION_COLUMNS } from '../../settings.ts';
import { tenancy } from '../../tables/shared.ts';

/** A column that a view of the family groups by. */
export interface Dimension {
  name: string;
  type: 'varchar' | 'date';
  /** its meaning; by default that of the source */
  doc?: string;
  /** no part of the grain: another dimension decides it */
  isDecided?: boolean;
}

/** One view of the deliverability family: the same measures and rates by other dimensions. */
export interface FamilyView {
  name: string;
  /** ends with the grain: "One row per …" */
  doc: string;
  /** the facts, or where the dimensions are beyond their grain, each recipient-message, or with its recency */
  source: 'deliverability_facts' | 'message_outcomes' | 'message_recency';
  dimensions: readonly Dimension[];
  /** the mail it is about, as a condition on the source */
  where?: string;
}

const send_date = { name: 'send_date', type: 'date' } as const;
const dt = { name: 'dt', type: 'varchar', isDecided: true } as const;
const varchar = (name: string, doc?: string): Dimension =>
  doc === undefined ? { name, type: 'varchar' } : { name, type: 'varchar', doc };

/** What the facts are by; whatever is within this grain is a roll-up of them. */
export const FACT_DIMENSIONS: readonly Dimension[] = [
  { ...send_date, doc: 'The UTC day of sending.' },
  { ...dt, doc: 'The same day as text, as partitioned: filter on it to read few files.' },
  varchar('mailbox_provider', '= message_outcomes'),
  ...['from_domain', 'configuration_set', 'campaign_id', 'treatment_id', 'journey_id', ...Object.keys(tenancy)].map(
    (name) => varchar(name, '= recipient_messages'),
  ),
  ...DIMENSION_COLUMNS.map((name) => varchar(name, '= recipient_messages')),
];

export const FAMILY: readonly FamilyView[] = [
  {
    name: 'deliverability_daily',
    doc: 'How the mail of each day did, in one line. One row per send date.',
    source: 'deliverability_facts',
    dimensions: [send_date, dt],
  },
  {
    name: 'deliverability_by_mailbox_provider',
    doc: 'Whether a mailbox provider turns our mail away. One row per send date and mailbox provider.',
    source: 'deliverability_facts',
    dimensions: [send_date, dt, varchar('mailbox_provider')],
  },
  {
    name: 'deliverability_by_recipient_domain',
    doc: "How mail to each domain did: the long tail behind the providers. One row per send date and recipient's domain.",
    source: 'message_outcomes',
    dimensions: [send_date, dt, varchar('recipient_domain'), { ...varchar('mailbox_provider'), isDecided: true }],
  },
  {
    name: 'deliverability_by_sending_domain',
    doc: 'Which of our identities is in trouble. One row per send date, From domain and configuration set.',
    source: 'deliverability_facts',
    dimensions: [send_date, dt, varchar('from_domain'), varchar('configuration_set')],
  },
  {
    name: 'deliverability_by_campaign',
    doc: 'How each campaign did, whenever it was sent; mail of no campaign is left out. For days of a campaign see deliverability_facts. One row per campaign, activity and treatment.',
    source: 'message_outcomes',
    dimensions: [varchar('campaign_id'), varchar('campaign_activity_id'), varchar('treatment_id')],
    where: 'campaign_id is not null',
  },
  {
    name: 'deliverability_by_journey',
    doc: 'How each step of each journey did, whenever it was sent; mail of no journey is left out. For days of a journey see deliverability_facts. One row per journey, run and activity.',
    source: 'message_outcomes',
    dimensions: [varchar('journey_id'), varchar('journey_run_id'), varchar('journey_activity_id')],
    where: 'journey_id is not null',
  },
  {
    name: 'deliverability_by_outgoing_ip',
    doc: 'Whether one of our sending addresses is blocked somewhere. SES names the address on few kinds of events and Pinpoint on none: what has none stands under NULL. One row per send date, outgoing IP and mailbox provider.',
    source: 'message_outcomes',
    dimensions: [send_date, dt, varchar('outgoing_ip'), varchar('mailbox_provider')],
  },
  {
    name: 'deliverability_by_subject',
    doc: 'Which subject lines work, day by day. Where each mail has a subject of its own (names, order numbers), so has each a row. One row per send date, subject and campaign.',
    source: 'message_outcomes',
    dimensions: [send_date, dt, varchar('subject'), varchar('campaign_id')],
  },
  {
    name: 'deliverability_by_tenant',
    doc: 'How the mail of each tenant did, and of each value of the tags that the setting `dimensions` names, such as a template or a team. One row per send date, tenant and dimensions.',
    source: 'deliverability_facts',
    dimensions: [send_date, dt, varchar('tenant'), ...DIMENSION_COLUMNS.map((name) => varchar(name))],
  },
  {
    name: 'deliverability_by_engagement_recency',
    doc: "Whether mail to people who haven't engaged for long brings the bounces and complaints: mail by how long before it its recipient last opened or clicked a mail (message_recency). All days are read, whatever is asked for. One row per send date, recency and mailbox provider.",
    source: 'message_recency',
    dimensions: [send_date, dt, varchar('engagement_recency'), varchar('mailbox_provider')],
  },
];
