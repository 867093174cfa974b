/** Groups the views by topic, in the order in which `views` lists them. */
export const TOPICS: Readonly<Record<string, readonly string[]>> = {
  'How is our mail doing?': [
    'deliverability_daily',
    'deliverability_by_mailbox_provider',
    'deliverability_by_recipient_domain',
    'deliverability_by_sending_domain',
    'deliverability_by_outgoing_ip',
    'deliverability_by_tenant',
    'deliverability_by_engagement_recency',
    'deliverability_by_horizon',
    'deliverability_facts',
  ],
  'What is wrong, and where do we stand?': [
    'deliverability_anomalies',
    'reputation_status',
    'sender_requirements',
    'bulk_senders_daily',
    'event_volume_daily',
  ],
  'Campaigns, journeys, tests': [
    'deliverability_by_campaign',
    'deliverability_by_journey',
    'deliverability_by_subject',
    'treatment_comparison',
    'link_performance',
    'link_clicks_daily',
    'time_to_engage',
    'engagement_by_hour',
    'engagement_hourly',
    'client_usage_daily',
    'machine_activity_daily',
  ],
  'Bounces, delays, complaints': [
    'bounce_diagnostics',
    'delivery_delays_daily',
    'delivery_latency_daily',
    'complaints_daily',
    'unsubscribes_daily',
  ],
  'One mail, one person': ['message_timeline', 'recipient_engagement', 'suppression_candidates'],
  'The lake itself': ['data_quality_daily', 'data_freshness'],
  'What views are made from': ['email_events', 'message_outcomes', 'message_recency'],
};

/** Anything by topic, in order; what has none comes last. */
export function byTopic<T extends { name: string }>(entries: readonly T[]): [topic: string, entries: T[]][] {
  const topics = Object.entries(TOPICS).map(([topic, names]): [string, T[]] => [
    topic,
    names.flatMap((name) => entries.find((entry) => entry.name === name) ?? []),
  ]);
  const placed = new Set(Object.values(TOPICS).flat());
  const others = entries.filter(({ name }) => !placed.has(name));
  return [...topics, ['More', others] satisfies [string, T[]]].filter(([, of]) => of.length > 0);
}
