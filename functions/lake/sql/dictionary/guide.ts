/** The introduction of the data dictionary: how to read it, its terms, and questions to begin with. */
export const GUIDE = `# Data dictionary

Written by \`npm run sql\` from the tables' declarations (\`functions/lake/tables\`), the views' headers and
\`functions/lake/sql/dictionary/guide.ts\`; a test fails while it is not current. Don't edit it.

- \`staging/\` prepares a table for reading: provider, labels, what counts. \`marts/\` answers questions. Each view is one
  file in Athena's dialect, which the local engine runs unchanged.
- \`rollup/\` is the select that writes the table \`recipient_messages\`; it is no view.
- \`seeds/\` are small lists to edit: providers, status codes, machine agents, thresholds, settings. Each becomes the view
  \`seed_<name>\` over its rows as VALUES: there is no table to create, load or keep in step, and a view stays a text that
  stands alone on either engine.
- Where a view has \`dt\`, a filter on it, or on the date beside it (\`send_date\`, \`event_date\`), reads those days only,
  on either engine: the date is \`from_iso8601_date(dt)\`, and what rests on a partition column alone is tried on each
  partition before a file is opened. Some views compare a day with earlier ones and read these too: event_volume_daily the
  same weekday of four weeks, deliverability_anomalies, message_recency and deliverability_by_engagement_recency all days.
  data_quality_daily rests on the protocol's own records,
  which only Athena reads by day.
- Days are UTC days in every view and in the report; the report time zone (seed \`settings\`) is for hours of the day
  alone (engagement_hourly, engagement_by_hour). A day of another zone lies in two partitions, each count of it would have
  to be made of parts of both, and a filter on it alone finds no partition. Read on Trino for counts over 28 days of 20,000
  mails: a UTC day 128 kB, a New York day 362 kB in its two partitions; a week 1,147 and 1,278 kB; a filter on New York's
  day alone all 28 days, 4,528 kB.
- An event-day view takes a mail's \`from_domain\` from the event itself, for the mail's other events lie in other days: where
  the From header is in the Send event alone, an open counts under the domain of the tag, else of the envelope
  (\`from_domain_basis\` says which). Cohort views take the best that any event of the mail says.

- In a stage, those who may see no persons have a database of their own, with the views by their names but without columns that may
  hold anything of a person, and without views that have a row a person or a mail (stacks/README.md, Analysts without persons).

## Words

- A **recipient-message** is one mail to one person: a message to three people makes three. It is the unit of counting,
  whatever was delivered twice or clicked five times; names with \`total\`, \`events\` or \`messages\` say that they count
  something else.
- A **cohort** view tells what became of the mail sent on a day, however much later; it reads \`recipient_messages\`. An
  **event day** view tells what happened on a day, whenever the mail was sent; it reads \`events\`. The two are never mixed:
  a bounce of today may be of yesterday's mail.
- **NULL** means that it can't be known, never zero: complaints at providers that tell of none (Gmail), opens where
  tracking is off. Where a rate is NULL, its numerator and denominator beside it say why.
- A **rate** or **share** is a number from 0 to 1, not rounded, with both its counts as columns. To put days or providers
  together add up the counts and divide last; never average rates.
- **Trackable** mail went to one person alone. Several share one tracking link, so that nobody knows who opened.
- **human_** counts leave out what is labelled as a machine's (privacy proxies, security scanners, bots, clicks within
  seconds of the delivery); the count of the same name without it has them all. Rules on timing need a mail's whole life:
  they are in cohort views only, event-day views go by the user agent alone.
- A **mature** cohort is one whose attribution window is over, so that its numbers no longer change. To compare a young day
  with an older one take both at the same age: deliverability_by_horizon.
- **Simulator** addresses (Amazon SES's mailbox simulator) are test mail: left out of every count but those that name them.

## Definitions

| metric | definition | after |
| --- | --- | --- |
| sent | recipient-messages with a send event, or proved by a later event where sends are not published | SES, Pinpoint |
| delivered | with a delivery, or proved by an open, click, complaint or unsubscribe, and without a hard bounce; a bounce may come after the delivery | SparkPost "accepted" |
| delivery rate | delivered / sent, where deliveries are published | SES |
| hard, soft, undetermined bounce rate | each / sent | SparkPost |
| suppressed | not tried by the mail service: neither a bounce nor a complaint nor a bad address; \`seed_bounce_sub_types\` says which sub types. SES's global list (\`Suppressed\`) counts as a bounce | SES |
| reputation bounce rate | hard bounces / sent, both without suppressed mail and simulator addresses | SES review |
| soft, never delivered | soft bounces of mail that was not delivered: without automatic replies | |
| complaint rate | complaints / delivered, at providers that send feedback; NULL at others | SES |
| unique open, click rate | recipient-messages opened, clicked / delivered to one recipient with opens, clicks tracked | SES |
| human open, click rate | the same without what is labelled as a machine's | SparkPost |
| click-to-open rate | human clicks / human opens, both unique | Braze |
| unsubscribe rate | unique unsubscribes / delivered, where unsubscribes are seen | SparkPost |
| delivery latency | delivered_at − sent_at; SES's own processing time stands beside it | SES |
| time to open, to click | first human open, click − delivered_at | Mailchimp |

**Published.** An event type is published for mail of a configuration set (else sending identity, else Pinpoint project) if
it was seen of it in the 28 days up to the send day, or of mail of the same day; the rollup decides it once
(\`is_…_published\` of \`recipient_messages\`). A row of \`sql/seeds/published_events.csv\` says otherwise for one of them, or for
all (\`*\`). What is not published is in no rate, and a rate of nothing is NULL: so mail that is not tracked is in no open
rate, and tracking that breaks today is 0 and not NULL. Without Delivery events, what was sent and did not bounce is presumed
delivered as the denominator of complaints, opens, clicks and unsubscribes; without Send and Delivery events (bounces alone)
there are counts and no rates.

**Machines.** \`human_clicks\` leaves out labelled user agents; in cohort views also what only a mail's whole life shows
(clicks within seconds, three links within two seconds, three links with the one to unsubscribe among them within five
minutes). Two links are a person's, also if one unsubscribes: no event says how many links a mail has, and who reads on and then
unsubscribes must get no more mail. Where nearly all opens of a row are hidden by Apple (nine of ten), its human open rate is
NULL. Nobody is a suppression candidate by what a machine did.

A
status of \`warning\` or \`critical\` needs the lower end of the 95 % Wilson interval above the threshold, so that one
complaint in 250 mails is neither. Thresholds are in \`seed_thresholds\`: Amazon SES reviews an account at 5 % bounces or 0.1 %
complaints and may pause it at 10 % or 0.5 %; Gmail and Yahoo want spam complaints below 0.1 %, never 0.3 %. SES judges a
"representative volume" of its own choice; the latest 10,000 sends stand for it. Gmail's rate can't be seen in events.

An open or click is labelled as a machine's, with the rule in \`machine_reason\` or as a count of its own, never removed.
SES's own verdict comes first. Else: Apple Mail Privacy Protection, whose opens are hidden, so that the person's are unknown;
prefetches and security scanners, by user agent; known bots; a click within seconds of the delivery; several different links
of one mail within seconds. Image proxies of Gmail and Yahoo are triggered by a person and count as human.

## Questions to begin with

More of them, each with its answer on the demo's lake, how to read it and what to do, are in the handbook beside this file.

How did the last two weeks go?

\`\`\`sql
select send_date, sent, delivery_rate, reputation_bounce_rate, complaint_rate, human_open_rate, is_mature
from deliverability_daily
where send_date >= current_date - interval '14' day
order by send_date
\`\`\`

Did anything go wrong, and at which provider?

\`\`\`sql
select send_date, mailbox_provider, from_domain, mail_kind, metric, rate, expected_low, expected_high, z_score
from deliverability_anomalies
where is_anomaly and is_worse
order by send_date desc, abs(z_score) desc
\`\`\`

Why did mail of one of our domains bounce last week, and what is to be done?

\`\`\`sql
select mailbox_provider, enhanced_status, meaning, what_to_do, sum(bounces) as bounces
from bounce_diagnostics
where event_date >= current_date - interval '7' day and from_domain = 'news.example.com'
group by mailbox_provider, enhanced_status, meaning, what_to_do
order by bounces desc
\`\`\`

Do complaints come from people who haven't read anything for long? (What to mail less, and what that would save.)

\`\`\`sql
select
    engagement_recency,
    sum(sent) as sent,
    cast(sum(feedback_complaints) as double) / nullif(sum(feedback_delivered), 0) as complaint_rate,
    cast(sum(volume_hard_bounces) as double) / nullif(sum(volume_sent), 0) as hard_bounce_rate
from deliverability_by_engagement_recency
where send_date >= current_date - interval '28' day
group by engagement_recency
order by sent desc
\`\`\`

How much of the clicks are machines', and by which rule?

\`\`\`sql
select event_date, machine_reason, sum(events) as clicks, sum(share_of_day) as share
from machine_activity_daily
where event_type = 'click' and is_machine
group by event_date, machine_reason
order by event_date, clicks desc
\`\`\`

What was delayed: did it arrive in the end? (What was delivered without a delay was so at the first attempt.)

\`\`\`sql
select
    mailbox_provider,
    sum(delivered) - sum(delayed_delivered) as at_first_attempt,
    sum(delayed_delivered) as later,
    sum(delayed_bounced) as never
from deliverability_facts
where send_date >= current_date - interval '7' day
group by mailbox_provider
order by later desc
\`\`\`

How did a campaign do at each provider? (Any question on several dimensions: add up the facts, divide last.)

\`\`\`sql
select
    mailbox_provider,
    sum(sent) as sent,
    cast(sum(delivered) as double) / nullif(sum(sent), 0) as delivery_rate,
    cast(sum(unique_human_clicks) as double) / nullif(sum(click_trackable), 0) as human_click_rate
from deliverability_facts
where campaign_id = 'spring-sale'
group by mailbox_provider
order by sent desc
\`\`\`

What happened to a person's mail?

\`\`\`sql
select occurred_at, event_name, description
from message_timeline
where recipient_key = 'reader@example.org'
order by occurred_at, event_order
\`\`\`

How many should get no more mail, and for what reason?

\`\`\`sql
select suppression_reason, what_to_do, count(*) as recipients, sum(sends_since) as sends_in_vain
from suppression_candidates
group by suppression_reason, what_to_do
order by recipients desc
\`\`\`
`;
