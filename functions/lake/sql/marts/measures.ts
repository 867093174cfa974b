/** The counts of the deliverability family, declared once: its views, the report and the headlines are made from this list. */

/** A count (sql/README.md, "Definitions") over rows of `message_outcomes`, which can be added up over every dimension. */
export interface Measure {
  name: string;
  /** what it counts, as the dictionary says it */
  doc: string;
  /** conditions on a recipient-message that must all hold; mail to simulator addresses is left out unless they ask for it */
  where: readonly string[];
  /** the column to add up; without it recipient-messages are counted */
  sum?: string;
}

export const MEASURES = [
  {
    name: 'sent',
    doc: 'Recipient-messages sent, those to simulator addresses left out, as from all counts but the last.',
    where: ['is_sent'],
  },
  {
    name: 'sends_without_event',
    doc: 'Of sent: proved by a later event only. Many of them mean that sends are not published.',
    where: ['is_sent', 'not has_send_event'],
  },
  {
    name: 'delivered',
    doc: 'Recipient-messages with a delivery, or proved delivered by what the recipient did, and without a hard bounce.',
    where: ['is_delivered'],
  },
  {
    name: 'hard_bounces',
    doc: 'Recipient-messages whose gravest bounce is hard. Suppressed ones are no bounces.',
    where: ["bounce_kind = 'hard'"],
  },
  {
    name: 'soft_bounces',
    doc: 'Recipient-messages whose gravest bounce is soft. Automatic replies (out of office) look the same, so that a mail may be delivered, too.',
    where: ["bounce_kind = 'soft'"],
  },
  {
    name: 'undetermined_bounces',
    doc: 'Recipient-messages whose gravest bounce is undetermined.',
    where: ["bounce_kind = 'undetermined'"],
  },
  {
    name: 'suppressed_bounces',
    doc: 'Recipient-messages that were never sent out, as a suppression list or the like stopped them: neither bounces nor complaints.',
    where: ['is_suppressed'],
  },
  {
    name: 'reputation_sent',
    doc: 'Sent, without the suppressed, where the volume is published: what reputation_bounce_rate is of.',
    where: ['is_sent', 'not is_suppressed', 'is_volume_observed'],
  },
  {
    name: 'reputation_hard_bounces',
    doc: 'Of reputation_sent: bounced hard.',
    where: ["bounce_kind = 'hard'", 'is_volume_observed'],
  },
  { name: 'complaints', doc: 'Recipient-messages with a complaint.', where: ['complained_at is not null'] },
  {
    name: 'feedback_delivered',
    doc: 'Delivered (presumed so where Delivery events are not published) to providers that tell senders of complaints, where complaints can be seen.',
    where: ['is_presumed_delivered', 'is_complaint_observed'],
  },
  {
    name: 'feedback_complaints',
    doc: 'Of feedback_delivered: complained.',
    where: ['is_presumed_delivered', 'is_complaint_observed', 'complained_at is not null'],
  },
  {
    name: 'rejected',
    doc: 'Recipient-messages that the service rejected.',
    where: ['rejected_at is not null'],
  },
  {
    name: 'rendering_failures',
    doc: 'Recipient-messages whose template failed to render.',
    where: ['rendering_failed_at is not null'],
  },
  {
    name: 'delayed',
    doc: 'Recipient-messages with a delivery delay, whatever became of them.',
    where: ['delays > 0'],
  },
  {
    name: 'trackable_delivered',
    doc: 'Of delivered: the only recipient of the message, with opens or clicks tracked. Unique and total opens and clicks are of these.',
    where: ['is_trackable_delivered'],
  },
  {
    name: 'unique_opens',
    doc: 'Recipient-messages opened, by anyone or anything.',
    where: ['is_trackable_delivered', 'opens > 0'],
  },
  {
    name: 'unique_human_opens',
    doc: 'Recipient-messages with an open not labelled machine.',
    where: ['is_trackable_delivered', 'human_opens > 0'],
  },
  { name: 'total_opens', doc: 'Open events.', where: ['is_trackable_delivered'], sum: 'opens' },
  {
    name: 'total_human_opens',
    doc: 'Open events not labelled machine.',
    where: ['is_trackable_delivered'],
    sum: 'human_opens',
  },
  {
    name: 'unique_clicks',
    doc: 'Recipient-messages clicked, by anyone or anything.',
    where: ['is_trackable_delivered', 'clicks > 0'],
  },
  {
    name: 'unique_human_clicks',
    doc: 'Recipient-messages with a click not labelled machine.',
    where: ['is_trackable_delivered', 'human_clicks > 0'],
  },
  { name: 'total_clicks', doc: 'Click events.', where: ['is_trackable_delivered'], sum: 'clicks' },
  {
    name: 'total_human_clicks',
    doc: 'Click events not labelled machine.',
    where: ['is_trackable_delivered'],
    sum: 'human_clicks',
  },
  {
    name: 'unsubscribes',
    doc: 'Recipient-messages with an unsubscribe, by link, header or preference page.',
    where: ['unsubscribed_at is not null'],
  },
  {
    name: 'delivered_inferred',
    doc: 'Of delivered: without a delivery event, proved by an open, click, complaint or unsubscribe.',
    where: ['is_delivered_inferred'],
  },
  {
    name: 'volume_sent',
    doc: 'Of sent: where Send or Delivery events are published, so that it is known how much was sent. What bounce rates are of.',
    where: ['is_sent', 'is_volume_observed'],
  },
  {
    name: 'volume_hard_bounces',
    doc: 'Of volume_sent: bounced hard.',
    where: ["bounce_kind = 'hard'", 'is_volume_observed'],
  },
  {
    name: 'volume_soft_bounces',
    doc: 'Of volume_sent: bounced softly.',
    where: ["bounce_kind = 'soft'", 'is_volume_observed'],
  },
  {
    name: 'volume_undetermined_bounces',
    doc: 'Of volume_sent: with an undetermined bounce.',
    where: ["bounce_kind = 'undetermined'", 'is_volume_observed'],
  },
  {
    name: 'soft_never_delivered',
    doc: 'Of volume_soft_bounces: never delivered, so that it was no automatic reply.',
    where: ["bounce_kind = 'soft'", 'not is_delivered', 'is_volume_observed'],
  },
  {
    name: 'observed_sent',
    doc: 'Of sent: where Delivery events are published. What delivery_rate is of.',
    where: ['is_sent', 'is_delivery_observed'],
  },
  {
    name: 'observed_delivered',
    doc: 'Of observed_sent: delivered.',
    where: ['is_delivered', 'is_delivery_observed'],
  },
  {
    name: 'open_trackable',
    doc: 'Delivered (presumed so where Delivery events are not published) to one recipient, with opens tracked: what open rates are of.',
    where: ['is_presumed_delivered', 'is_trackable', 'is_open_tracked'],
  },
  {
    name: 'click_trackable',
    doc: 'Delivered (presumed so where Delivery events are not published) to one recipient, with clicks tracked: what click rates are of.',
    where: ['is_presumed_delivered', 'is_trackable', 'is_click_tracked'],
  },
  {
    name: 'hidden_opens',
    doc: 'Of unique_opens: opened only by a proxy that opens all mail of the people behind it (Apple), so that nobody can tell whether a person did.',
    where: ['is_trackable_delivered', 'hidden_opens > 0', 'human_opens = 0'],
  },
  {
    name: 'unsubscribe_delivered',
    doc: 'Delivered (presumed so where Delivery events are not published), where unsubscribes can be seen: what unsubscribe_rate is of.',
    where: ['is_presumed_delivered', 'is_unsubscribe_observed'],
  },
  {
    name: 'delayed_delivered',
    doc: 'Of delayed: delivered all the same. What else was delivered was so at the first attempt, where DeliveryDelay events are published.',
    where: ['delays > 0', 'is_delivered'],
  },
  {
    name: 'delayed_bounced',
    doc: 'Of delayed: never delivered and bounced, of whatever kind. The rest of delayed is still under way, or suppressed.',
    where: ['delays > 0', 'bounce_kind is not null', 'not is_delivered'],
  },
  {
    name: 'simulator_messages',
    doc: 'Recipient-messages to simulator addresses, which no other count includes.',
    where: ['is_simulator'],
  },
] as const satisfies readonly Measure[];
export type MeasureName = (typeof MEASURES)[number]['name'];

export const MEASURE_NAMES: readonly MeasureName[] = MEASURES.map(({ name }) => name);

/** The measure as an aggregate over rows of message_outcomes, in a select whose items begin at `indent` spaces. */
export function counted(measure: Measure, indent: number): string {
  const where = measure.where.includes('is_simulator') ? measure.where : ['not is_simulator', ...measure.where];
  const condition = where.join(' and ');
  const aggregate =
    measure.sum === undefined
      ? `count_if(${condition})`
      : `coalesce(cast(sum(case when ${condition} then ${measure.sum} end) as bigint), 0)`;
  const line = `${aggregate} as ${measure.name}`;
  return indent + line.length < 120 ? line : `${aggregate}\n${' '.repeat(indent)}    as ${measure.name}`;
}
