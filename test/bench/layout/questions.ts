/** Five typical questions, each to both layouts, about the same days. */
import type { MailEvents } from './events.ts';

export interface Question {
  name: string;
  /** the days asked for, `YYYY-MM-DD`, both included */
  from: string;
  to: string;
  peer: string;
  maillake: string;
}

/** Days are of a past that goes on after them, where the question allows it: rates of a cohort grow until its last day. */
export function questionsOf({ days, subjects }: MailEvents): Question[] {
  const campaign = subjects.campaign();
  const abTest = subjects.abTest();
  const message = subjects.message();
  const day = (share: number): string => days[Math.floor(days.length * share)] ?? '';
  const last = days.at(-1) ?? '';
  const after = (first: string, more: number): string => days[days.indexOf(first) + more] ?? last;
  return [
    dailyRates(day(1 / 3), last),
    clickThrough(campaign.id, campaign.firstDay, last),
    bounceReasons(day(0.4), day(0.7)),
    timeline(message.id, message.sentOn, after(message.sentOn, 6)),
    comparison(abTest.id, abTest.firstDay, last),
  ];
}

const inDays = (from: string, to: string): string => `dt between '${from}' and '${to}'`;
const inHours = (from: string, to: string): string =>
  `datehour between '${from.replaceAll('-', '/')}/00' and '${to.replaceAll('-', '/')}/23'`;

/** Bounces of mail that the sender's own lists held back. */
const NOT_TRIED = [
  'OnAccountSuppressionList',
  'OnTenantSuppressionList',
  'UnsubscribedRecipient',
  'EmailValidationSuppressed',
]
  .map((subType) => `'${subType}'`)
  .join(', ');

/** What became of each mail to each person, of those sent from a day on. */
const outcomes = (from: string, to: string, more = ''): string => `
  select
    message_id,
    recipient,
    min(substr(sent_at, 1, 10)) as send_date,
    min(treatment) as treatment,
    min(recipient_count) = 1 as is_trackable,
    bool_or(event_type not in ('Reject', 'Rendering Failure')) as is_sent,
    bool_or(event_type = 'Delivery') as has_arrived,
    max(case
      when bounce_sub_type in (${NOT_TRIED}) then 0
      when bounce_type = 'Permanent' then 3
      when bounce_type = 'Undetermined' then 2
      when bounce_type = 'Transient' then 1
      else 0
    end) as bounce,
    bool_or(event_type = 'Complaint' and coalesce(complaint_feedback_type, 'abuse') <> 'not-spam') as has_complained,
    bool_or(event_type = 'Open') as has_opened,
    bool_or(event_type = 'Click') as has_clicked
  from ses_recipient_events
  where ${inHours(from, to)}
    and sent_at >= '${from}'
    and recipient not like '%@simulator.amazonses.com'
    ${more}
  group by message_id, recipient`;

const COUNTS = `
    count_if(is_sent) as sent,
    count_if(has_arrived and bounce < 3) as delivered,
    count_if(has_arrived and bounce < 3 and is_trackable) as trackable_delivered,
    count_if(has_arrived and bounce < 3 and is_trackable and has_opened) as unique_opens,
    count_if(has_arrived and bounce < 3 and is_trackable and has_clicked) as unique_clicks`;

const SUMS = `
    sum(sent) as sent,
    sum(delivered) as delivered,
    sum(trackable_delivered) as trackable_delivered,
    sum(unique_opens) as unique_opens,
    sum(unique_clicks) as unique_clicks`;

const rate = (part: string, whole: string): string => `cast(${part} as double) / nullif(${whole}, 0)`;
const seenRate = (part: string): string => `case when ${part} > 0 then ${rate(part, 'trackable_delivered')} end`;

const dailyRates = (from: string, to: string): Question => ({
  name: 'daily rates',
  from,
  to,
  maillake: `
select
  cast(send_date as varchar) as send_date, sent, delivered, trackable_delivered, unique_opens, unique_clicks, hard_bounces,
  soft_bounces, undetermined_bounces, complaints, delivery_rate, hard_bounce_rate, unique_open_rate, unique_click_rate
from deliverability_daily
where ${inDays(from, to)}
order by send_date`,
  peer: `
with outcomes as (${outcomes(from, to)}
),
daily as (
  select
    send_date,${COUNTS},
    count_if(bounce = 3) as hard_bounces,
    count_if(bounce = 1) as soft_bounces,
    count_if(bounce = 2) as undetermined_bounces,
    count_if(has_complained) as complaints
  from outcomes
  group by send_date
)
select
  *, ${rate('delivered', 'sent')} as delivery_rate, ${rate('hard_bounces', 'sent')} as hard_bounce_rate,
  ${seenRate('unique_opens')} as unique_open_rate, ${seenRate('unique_clicks')} as unique_click_rate
from daily
order by send_date`,
});

const clickThrough = (campaign: string, from: string, to: string): Question => ({
  name: "a campaign's click-through",
  from,
  to,
  maillake: `
with sums as (
  select${SUMS}
  from deliverability_facts
  where campaign_id = '${campaign}' and ${inDays(from, to)}
)
select *, ${rate('unique_clicks', 'trackable_delivered')} as unique_click_rate from sums`,
  peer: `
with outcomes as (${outcomes(from, to, `and campaign = '${campaign}'`)}
),
sums as (
  select${COUNTS}
  from outcomes
)
select *, ${rate('unique_clicks', 'trackable_delivered')} as unique_click_rate from sums`,
});

const bounceReasons = (from: string, to: string): Question => ({
  name: 'bounce reasons at Gmail',
  from,
  to,
  maillake: `
select bounce_type, bounce_sub_type, enhanced_status, sum(bounces) as bounces
from bounce_diagnostics
where mailbox_provider = 'gmail' and ${inDays(from, to)}
group by bounce_type, bounce_sub_type, enhanced_status
having sum(bounces) > 0
order by bounces desc`,
  peer: `
select
  bounce_type,
  bounce_sub_type,
  status,
  count(distinct substr(datehour, 1, 10) || ' ' || message_id || ' ' || recipient) as bounces
from ses_bounces
where recipient_domain in ('gmail.com', 'googlemail.com') and ${inHours(from, to)}
  and bounce_sub_type not in (${NOT_TRIED})
group by bounce_type, bounce_sub_type, status
order by bounces desc`,
});

const timeline = (message: string, from: string, to: string): Question => ({
  name: "a message's timeline",
  from,
  to,
  maillake: `
select occurred_at, event_type, recipient_key, enhanced_status, link, user_agent
from message_timeline
where message_id = '${message}' and ${inDays(from, to)}
order by occurred_at, event_order`,
  peer: `
select distinct
  cast(from_iso8601_timestamp(occurred_at) as timestamp(3)) as occurred_at,
  case event_type
    when 'Delivery' then 'delivered'
    when 'DeliveryDelay' then 'delivery_delay'
    when 'Bounce' then case bounce_type when 'Permanent' then 'hard_bounce' when 'Transient' then 'soft_bounce' else 'undetermined_bounce' end
    else lower(event_type)
  end as event_type,
  recipient,
  status,
  link,
  user_agent
from ses_timeline
where message_id = '${message}' and ${inHours(from, to)}
order by occurred_at`,
});

const Z = 1.959963984540054;

const comparison = (campaign: string, from: string, to: string): Question => {
  const interval = `
  wilson_interval_lower(unique_clicks, trackable_delivered, ${Z}) as low,
  wilson_interval_upper(unique_clicks, trackable_delivered, ${Z}) as high`;
  return {
    name: 'A/B comparison',
    from,
    to,
    maillake: `
with sums as (
  select
    treatment_id,${SUMS}
  from deliverability_facts
  where campaign_id = '${campaign}' and ${inDays(from, to)}
  group by treatment_id
)
select *,${interval}
from sums
order by treatment_id`,
    peer: `
with outcomes as (${outcomes(from, to, `and campaign = '${campaign}'`)}
),
sums as (
  select
    treatment,${COUNTS}
  from outcomes
  group by treatment
)
select *,${interval}
from sums
order by treatment`,
  };
};
