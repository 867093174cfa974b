/**
 * The sheets, in the order of a mail team's questions. To add a visual, add an entry: what it shows (visuals.ts), of which
 * view, by which columns. The tests ask every visual's question of a lake, and hold every column against its view.
 */
import { asCount, asRate, by, byDay, byNumber, max, rate, sum } from './fields.ts';
import { bars, heat, type Limit, lines, number, rows, table, type Visual } from './visuals.ts';

export interface Sheet {
  id: string;
  name: string;
  about: string;
  visuals: Visual[];
}

/** @param limits thresholds by name (seed thresholds) */
export function sheetsOf(limits: ReadonlyMap<string, number>): Sheet[] {
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
        number({ id: 'ok-sent', title: 'Sent', from: 'deliverability_facts', value: sum('sent'), day: 'send_date' }),
        number({
          id: 'ok-delivery',
          title: 'Delivery rate',
          from: 'deliverability_facts',
          value: rate('delivery_rate'),
          day: 'send_date',
        }),
        number({
          id: 'ok-bounce',
          title: 'Hard bounce rate, as SES counts',
          from: 'deliverability_facts',
          value: rate('reputation_bounce_rate'),
          day: 'send_date',
        }),
        number({
          id: 'ok-complaint',
          title: 'Complaint rate',
          note: 'Of providers that tell of complaints: not Gmail',
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
            by('reputation_scope'),
            by('from_domain'),
            by('configuration_set'),
            by('status'),
            by('bounce_status'),
            by('complaint_status'),
          ],
          values: [sum('sent'), max('reputation_bounce_rate', 'percent'), max('complaint_rate', 'percent')],
          height: 8,
        }),
        rows({
          id: 'ok-incidents',
          title: 'What is worse than expected',
          note: 'Compared with the days before, at the same age of the mail',
          from: 'deliverability_anomalies',
          columns: [
            byDay('send_date'),
            by('metric'),
            by('mailbox_provider'),
            by('from_domain'),
            by('mail_kind'),
            asRate('rate'),
            asRate('expected_rate'),
            asCount('numerator'),
            asCount('denominator'),
          ],
          where: ['is_anomaly', 'is_worse'],
          newestFirst: byDay('send_date'),
        }),
        table({
          id: 'ok-fresh',
          title: 'How fresh is this?',
          from: 'data_freshness',
          groups: [by('last_audit_findings'), byDay('newest_delivered_at'), byDay('newest_settled_date')],
          values: [max('lag_seconds', 'seconds'), max('last_audit_drifts')],
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
          title: 'Delivery rate',
          from: 'deliverability_facts',
          values: [rate('delivery_rate')],
          day: 'send_date',
          each: by('mailbox_provider'),
        }),
        lines({
          id: 'providers-latency',
          title: 'Seconds until 95 of 100 mails are delivered',
          from: 'delivery_latency_daily',
          values: [max('p95_seconds', 'seconds')],
          day: 'send_date',
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
        lines({
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
          day: 'send_date',
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
            by('example_diagnostic'),
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
          groups: [by('campaign_id')],
          values: [
            sum('sent'),
            rate('delivery_rate'),
            rate('human_open_rate'),
            rate('unique_click_rate'),
            rate('unsubscribe_rate'),
            rate('complaint_rate'),
          ],
        }),
        rows({
          id: 'campaigns-tests',
          title: 'A/B tests',
          note: 'Compared with the control; the interval holds the true rate in 95 of 100 cases',
          from: 'treatment_comparison',
          columns: [
            by('campaign_id'),
            by('treatment_id'),
            asCount('delivered'),
            asRate('human_open_rate'),
            asRate('human_open_rate_low'),
            asRate('human_open_rate_high'),
            byNumber('is_human_open_rate_significant'),
            asRate('unique_click_rate'),
            byNumber('is_unique_click_rate_significant'),
          ],
        }),
        table({
          id: 'campaigns-links',
          title: 'Links',
          from: 'link_performance',
          groups: [by('campaign_id'), by('link')],
          values: [sum('human_clicks'), sum('clicks'), sum('unsubscribes')],
        }),
        bars({
          id: 'campaigns-hours',
          title: 'Hours until people open',
          from: 'time_to_engage',
          values: [sum('human_opened'), sum('human_clicked')],
          each: byNumber('hours_since_delivery'),
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
          day: 'send_date',
        }),
        lines({
          id: 'engagement-clicks',
          title: 'Clicks of people and of all',
          from: 'deliverability_facts',
          values: [sum('unique_human_clicks'), sum('unique_clicks')],
          day: 'send_date',
        }),
        heat({
          id: 'engagement-hours',
          title: 'When do people click?',
          note: 'In the report time zone; 1 is Monday; all days together',
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
          title: 'What Gmail and Yahoo judge by',
          note: 'Complaints at providers that tell of them; Gmail tells in its Postmaster Tools alone',
          from: 'deliverability_facts',
          values: [rate('complaint_rate')],
          day: 'send_date',
          each: by('from_domain'),
          limits: [
            limit('gmail_yahoo_spam_recommended', 'Keep below'),
            limit('gmail_yahoo_spam_limit', 'Never reach'),
            limit('ses_complaint_pause', 'SES may pause'),
          ],
          width: 36,
        }),
        lines({
          id: 'senders-complaints',
          title: 'Complaints',
          from: 'complaints_daily',
          values: [sum('complaints')],
          day: 'event_date',
          each: by('mailbox_provider'),
        }),
        lines({
          id: 'senders-unsubscribes',
          title: 'Unsubscribes',
          from: 'unsubscribes_daily',
          values: [sum('unsubscribes')],
          day: 'event_date',
          each: by('unsubscribe_method'),
        }),
      ],
    },
    {
      id: 'one-message',
      name: 'One message',
      about: 'What happened to one mail, in order. Give its message id: each look is a query to Athena.',
      visuals: [
        rows({
          id: 'message-timeline',
          title: 'Timeline',
          from: 'message_timeline',
          columns: [
            byDay('occurred_at'),
            byNumber('event_order'),
            by('event_name'),
            by('description'),
            by('machine_reason'),
            by('enhanced_status'),
          ],
          height: 18,
        }),
      ],
    },
    {
      id: 'data-quality',
      name: 'Data quality',
      about: 'Is everything accounted for, and how much was skipped, repeated or rejected?',
      visuals: [
        lines({
          id: 'quality-records',
          title: 'What became of records',
          from: 'data_quality_daily',
          values: [sum('accepted'), sum('duplicate'), sum('skipped'), sum('quarantined')],
          day: 'ingest_date',
        }),
        lines({
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
          values: [sum('records'), sum('records_accounted'), sum('missing_objects'), sum('changed_objects')],
        }),
      ],
    },
  ];
}
