/**
 * The sheets, in the order of a mail team's questions. To add a visual, add an entry: what it shows (visuals.ts), of which
 * view, by which columns. The tests ask every visual's question of a lake, and hold every column against its view.
 */
import { asCount, asRate, by, byDay, byNumber, byWeek, inSentence, max, rate, sum } from './fields.ts';
import { bars, columns, heat, type Limit, lines, number, rows, table, type Visual } from './visuals.ts';

export interface Sheet {
  id: string;
  name: string;
  about: string;
  visuals: Visual[];
}

const LAST_WEEK = 'The last whole week';

/** @param limits thresholds by name (seed thresholds) @param persons whether single persons and mails may be shown */
export function sheetsOf(limits: ReadonlyMap<string, number>, persons: boolean): Sheet[] {
  const limit = (name: string, words: string): Limit => {
    const value = limits.get(name);
    if (value === undefined) throw new Error(`no such threshold: ${name}`);
    return { name: words, value };
  };
  return [
    {
      id: 'are-we-ok',
      name: 'Are we OK?',
      about:
        'The status of each sender, the numbers of the last weeks, what is out of the ordinary, and how fresh this is.',
      visuals: [
        number({
          id: 'ok-sent',
          title: 'Sent',
          note: LAST_WEEK,
          from: 'deliverability_facts',
          value: sum('sent'),
          day: 'send_date',
        }),
        number({
          id: 'ok-delivery',
          title: 'Delivery rate',
          note: LAST_WEEK,
          from: 'deliverability_facts',
          value: rate('delivery_rate'),
          day: 'send_date',
        }),
        number({
          id: 'ok-bounce',
          title: 'Hard bounce rate, as SES counts',
          note: LAST_WEEK,
          from: 'deliverability_facts',
          value: rate('reputation_bounce_rate'),
          day: 'send_date',
        }),
        number({
          id: 'ok-complaint',
          title: 'Complaint rate',
          note: `${LAST_WEEK}; Gmail tells of none`,
          from: 'deliverability_facts',
          value: rate('complaint_rate'),
          day: 'send_date',
        }),
        table({
          id: 'ok-status',
          title: 'Status of each sender',
          note: 'By the thresholds of Amazon SES, Gmail and Yahoo, over the latest sends',
          from: 'reputation_status',
          groups: [
            by('status'),
            by('reputation_scope'),
            by('account_id'),
            by('region'),
            by('from_domain'),
            by('configuration_set'),
            by('bounce_status'),
            by('complaint_status'),
            by('gmail_yahoo_status'),
          ],
          values: [sum('sent'), max('reputation_bounce_rate', 'percent'), max('complaint_rate', 'percent')],
          height: 10,
        }),
        rows({
          id: 'ok-incidents',
          title: 'What is worse than expected',
          note: 'Compared with the days before, at the same age of the mail',
          from: 'deliverability_anomalies',
          columns: [
            byDay('send_date'),
            by('mailbox_provider'),
            by('from_domain'),
            by('mail_kind'),
            inSentence('What happened'),
          ],
          where: ['is_anomaly', 'is_worse'],
          newestFirst: byDay('send_date'),
        }),
        rows({
          id: 'ok-fresh',
          title: 'How fresh is this?',
          note: 'What had come when the dashboard was last read anew: after a rollup, and at 05:30 UTC',
          from: 'data_freshness',
          columns: [
            byDay('newest_delivered_at'),
            byDay('newest_transformed_at'),
            byDay('newest_settled_date'),
            byDay('newest_rolled_up_at'),
            byDay('last_audited_at'),
            byNumber('last_audit_drifts'),
            by('last_audit_findings'),
          ],
          height: 5,
        }),
      ],
    },
    {
      id: 'providers',
      name: 'Providers',
      about: 'Is a mailbox provider turning us away?',
      visuals: [
        heat({
          id: 'providers-heat',
          title: 'Hard bounce rate by provider and day',
          from: 'deliverability_facts',
          rows: by('mailbox_provider'),
          columns: byDay('send_date'),
          value: rate('hard_bounce_rate'),
          width: 36,
        }),
        lines({
          id: 'providers-delivery',
          title: 'Delivery rate, week by week',
          isCutOff: true,
          from: 'deliverability_facts',
          values: [rate('delivery_rate')],
          over: byWeek('send_date'),
          each: by('mailbox_provider'),
        }),
        lines({
          id: 'providers-latency',
          title: 'Seconds until 95 of 100 mails are delivered, at most',
          from: 'delivery_latency_daily',
          values: [max('p95_seconds', 'seconds')],
          over: byDay('send_date'),
          each: by('mailbox_provider'),
        }),
        table({
          id: 'providers-all',
          title: 'Each provider',
          from: 'deliverability_facts',
          groups: [by('mailbox_provider')],
          values: [
            sum('sent'),
            rate('delivery_rate'),
            rate('hard_bounce_rate'),
            rate('soft_bounce_rate'),
            rate('complaint_rate'),
            rate('human_open_rate'),
          ],
        }),
        table({
          id: 'providers-delays',
          title: 'Who lets us wait, and why',
          from: 'delivery_delays_daily',
          groups: [by('mailbox_provider'), by('meaning'), by('what_to_do')],
          values: [sum('delayed'), max('longest_seconds', 'seconds')],
        }),
      ],
    },
    {
      id: 'bounces',
      name: 'Bounces',
      about: 'Why does mail bounce, in words, and what to do?',
      visuals: [
        bars({
          id: 'bounces-reasons',
          title: 'Reasons',
          from: 'bounce_diagnostics',
          values: [sum('bounces')],
          each: by('meaning'),
          stacked: by('bounce_kind'),
        }),
        columns({
          id: 'bounces-course',
          title: 'Bounces by kind',
          from: 'bounce_diagnostics',
          values: [sum('bounces')],
          day: 'event_date',
          each: by('bounce_kind'),
        }),
        lines({
          id: 'bounces-reputation',
          title: 'What Amazon SES judges by',
          from: 'deliverability_facts',
          values: [rate('reputation_bounce_rate')],
          over: byDay('send_date'),
          limits: [limit('ses_bounce_review', 'SES reviews'), limit('ses_bounce_pause', 'SES may pause')],
          width: 36,
        }),
        table({
          id: 'bounces-what-to-do',
          title: 'What to do',
          from: 'bounce_diagnostics',
          groups: [
            by('mailbox_provider'),
            by('enhanced_status'),
            by('meaning'),
            by('what_to_do'),
            ...(persons ? [by('example_diagnostic')] : []),
          ],
          values: [sum('bounces')],
          height: 12,
        }),
      ],
    },
    {
      id: 'campaigns',
      name: 'Campaigns',
      about: 'How did each campaign do, and which treatment is better?',
      visuals: [
        table({
          id: 'campaigns-all',
          title: 'Each campaign',
          from: 'deliverability_facts',
          present: ['campaign_id'],
          groups: [by('campaign_id')],
          values: [
            sum('sent'),
            rate('delivery_rate'),
            rate('human_open_rate'),
            rate('human_click_rate'),
            rate('unsubscribe_rate'),
            rate('complaint_rate'),
          ],
        }),
        rows({
          id: 'campaigns-tests',
          title: 'A/B tests',
          note: 'Low and high: the interval that holds the true rate in 95 of 100 cases. Significant, 1: better or worse than the control beyond chance',
          from: 'treatment_comparison',
          columns: [
            by('campaign_id'),
            by('treatment_id'),
            asCount('delivered'),
            asRate('human_open_rate'),
            asRate('human_open_rate_low'),
            asRate('human_open_rate_high'),
            byNumber('is_human_open_rate_significant'),
            asRate('human_click_rate'),
            asRate('human_click_rate_low'),
            asRate('human_click_rate_high'),
            byNumber('is_human_click_rate_significant'),
          ],
        }),
        table({
          id: 'campaigns-links',
          title: 'Links',
          from: 'link_performance',
          present: ['campaign_id'],
          groups: [by('campaign_id'), by(persons ? 'link' : 'link_host')],
          values: [sum('human_clicks'), sum('clicks'), sum('unsubscribes')],
        }),
        lines({
          id: 'campaigns-hours',
          title: 'People who have opened or clicked, by hours since the delivery',
          from: 'time_to_engage',
          values: [sum('human_opened'), sum('human_clicked')],
          over: byNumber('hours_since_delivery'),
          width: 36,
        }),
      ],
    },
    {
      id: 'engagement',
      name: 'Engagement',
      about: 'Who opens and clicks: people, or machines?',
      visuals: [
        lines({
          id: 'engagement-opens',
          title: 'Opens of people and of all',
          from: 'deliverability_facts',
          values: [sum('unique_human_opens'), sum('unique_opens')],
          over: byDay('send_date'),
        }),
        lines({
          id: 'engagement-clicks',
          title: 'Clicks of people and of all',
          from: 'deliverability_facts',
          values: [sum('unique_human_clicks'), sum('unique_clicks')],
          over: byDay('send_date'),
        }),
        heat({
          id: 'engagement-hours',
          title: 'When do people click?',
          note: 'In the report time zone; 1 is Monday',
          from: 'engagement_by_hour',
          rows: byNumber('day_of_week'),
          columns: byNumber('hour_of_day'),
          value: sum('human_clicks'),
        }),
        bars({
          id: 'engagement-clients',
          title: 'Mail clients',
          from: 'client_usage_daily',
          values: [sum('human_opens')],
          each: by('client_name'),
          stacked: by('device_class'),
        }),
      ],
    },
    {
      id: 'senders',
      name: 'Senders and compliance',
      about: 'What Gmail and Yahoo ask of senders, sender by sender.',
      visuals: [
        table({
          id: 'senders-requirements',
          title: 'Headers that providers ask for',
          from: 'sender_requirements',
          groups: [by('from_domain')],
          values: [
            sum('messages'),
            rate('list_unsubscribe_share'),
            rate('one_click_share'),
            rate('message_id_share'),
            rate('feedback_id_share'),
          ],
          height: 7,
        }),
        table({
          id: 'senders-domains',
          title: 'Each sender',
          from: 'deliverability_facts',
          groups: [by('from_domain'), by('configuration_set')],
          values: [
            sum('sent'),
            sum('suppressed_bounces'),
            rate('delivery_rate'),
            rate('reputation_bounce_rate'),
            rate('complaint_rate'),
          ],
        }),
        lines({
          id: 'senders-reputation',
          title: 'What Gmail and Yahoo judge by, week by week',
          note: 'Complaints at providers that tell of them; Gmail tells in its Postmaster Tools alone',
          from: 'deliverability_facts',
          values: [rate('complaint_rate')],
          over: byWeek('send_date'),
          each: by('from_domain'),
          limits: [
            limit('gmail_yahoo_spam_recommended', 'Keep below'),
            limit('gmail_yahoo_spam_limit', 'Never reach'),
            limit('ses_complaint_pause', 'SES may pause'),
          ],
          width: 36,
        }),
        columns({
          id: 'senders-complaints',
          title: 'Complaints',
          from: 'complaints_daily',
          values: [sum('complaints')],
          day: 'event_date',
          each: by('mailbox_provider'),
        }),
        columns({
          id: 'senders-unsubscribes',
          title: 'Unsubscribes',
          from: 'unsubscribes_daily',
          values: [sum('unsubscribes')],
          day: 'event_date',
          each: by('unsubscribe_method'),
        }),
      ],
    },
    ...(persons ? [ONE_MESSAGE] : []),
    {
      id: 'data-quality',
      name: 'Data quality',
      about: 'Is everything accounted for, and how much was skipped, repeated or rejected?',
      visuals: [
        columns({
          id: 'quality-records',
          title: 'What became of records',
          from: 'data_quality_daily',
          values: [sum('accepted'), sum('duplicate'), sum('skipped'), sum('quarantined')],
          day: 'ingest_date',
        }),
        columns({
          id: 'quality-volume',
          title: 'Events by type',
          from: 'event_volume_daily',
          values: [sum('events')],
          day: 'event_date',
          each: by('event_name'),
        }),
        table({
          id: 'quality-days',
          title: 'Each day',
          from: 'data_quality_daily',
          groups: [byDay('ingest_date'), by('quarantined_by_reason'), by('skipped_by_type')],
          first: byDay('ingest_date'),
          values: [sum('records'), sum('records_accounted'), sum('missing_objects'), sum('changed_objects')],
        }),
      ],
    },
  ];
}

/** Rows of persons: only where the config says so. */
const ONE_MESSAGE: Sheet = {
  id: 'one-message',
  name: 'One message or person',
  about: 'What happened to one mail, or to all mail of one person. Each look is a query to Athena.',
  visuals: [
    rows({
      id: 'message-timeline',
      title: 'One message',
      from: 'message_timeline',
      asks: { parameter: 'MessageId', title: 'Message id', column: 'message_id' },
      columns: [
        byDay('occurred_at'),
        by('recipient_key'),
        by('event_name'),
        by('description'),
        by('machine_reason'),
        by('enhanced_status'),
      ],
      oldestFirst: byDay('occurred_at'),
    }),
    rows({
      id: 'person-timeline',
      title: 'One person',
      from: 'message_timeline',
      asks: { parameter: 'Address', title: 'Address, in small letters', column: 'recipient_key' },
      columns: [
        byDay('occurred_at'),
        by('message_id'),
        by('event_name'),
        by('description'),
        by('machine_reason'),
        by('enhanced_status'),
      ],
      newestFirst: byDay('occurred_at'),
      height: 14,
    }),
  ],
};
