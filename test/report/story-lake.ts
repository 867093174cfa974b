/** A lake in memory that holds the mail of a story, for the report's tests. */
import { quoteText } from '#lake/sql/quote.ts';
import type { ReportLake } from '#report/scope.ts';
import { lakeFixture } from '#test/sql/lake-fixture.ts';
import type { Fact, Story } from './story.ts';

/**
 * A lake in memory whose tables hold a story's mail, with the real views on top. Its today is the summer after,
 * for views look back from today: by then each story's mail has had its time.
 */
export async function storyLake(story: Story): Promise<ReportLake> {
  const lake = await lakeFixture();
  const { run } = lake;
  const { facts, quality, audit } = story;
  await run("create macro current_date() as date '2026-06-01'");
  await run(`create table facts (id integer, ${FACT_COLUMNS.map(([name, type]) => `"${name}" ${type}`).join(', ')})`);
  for (let at = 0; at < facts.length; at += 500) {
    const rows = facts.slice(at, at + 500).map((fact, i) => {
      const fields = new Map<string, unknown>(Object.entries(fact));
      return `(${at + i}, ${FACT_COLUMNS.map(([name]) => literal(fields.get(name))).join(', ')})`;
    });
    await run(`insert into facts values ${rows.join(', ')}`);
  }
  await run(MAILS);
  for (const happened of [BOUNCES, OPENS, CLICKS]) await run(`insert into events by name ${happened}`);
  for (const { newest_delivered_at, ...row } of quality) {
    const columns = Object.keys(row).join(', ');
    const values = Object.values(row).map(literal).join(', ');
    await run(`insert into units by name select 'u' as unit, 'unit' as kind, 'done' as status, map() as accepted_by_type,
      map() as skipped_by_type, map() as quarantined_by_reason, 0 as missing_objects, 0 as changed_objects,
      timestamp '${newest_delivered_at}' as newest_delivered_at, timestamp '${newest_delivered_at}' as finished_at,
      * from (values (${values})) as given (${columns})`);
  }
  if (audit !== null) {
    const kinds = Object.entries(audit);
    const drifts = kinds.reduce((sum, [, n]) => sum + n, 0);
    await run(`insert into audits by name select timestamp '2025-11-05 04:00:00' as checked_at, ${drifts} as drift_count,
      '2025-11-05' as dt, map([${kinds.map(([kind]) => literal(kind)).join(', ')}], [${kinds.map(([, n]) => n).join(', ')}]) as drifts_by_kind`);
  }
  return { views: lake.views, engine: lake };
}

const FACT_COLUMNS: readonly (readonly [keyof Fact, string])[] = [
  ['send_date', 'date'],
  ...(['domain', 'from_domain', 'campaign_id', 'treatment_id', 'status', 'diagnostic', 'link', 'subject'] as const).map(
    (name) => [name, 'varchar'] as const,
  ),
  ...(
    ['sent', 'hard', 'soft', 'delivered', 'complaints', 'opens', 'humanOpens', 'clicks', 'unsubscribes'] as const
  ).map((name) => [name, 'integer'] as const),
];

const literal = (value: unknown): string =>
  value === null || value === undefined ? 'null' : typeof value === 'number' ? String(value) : quoteText(String(value));

/** Mails go out within an hour from nine, are delivered in seconds, and opened within hours. */
const MAILS = `insert into recipient_messages by name
with mails as (
    select *, i - hard - soft as place, send_date + interval 9 hour + (i % 3600) * interval 1 second as sent_at
    from facts, range(sent) as listed (i)
),
fates as (
    select *, coalesce(place >= 0 and place < delivered, false) as is_delivered from mails
)
select
    id || '-' || i as message_id, id || '-' || i || '@' || domain as recipient_key, domain as recipient_domain,
    'ses' as source, 1 as recipient_count, from_domain, subject, campaign_id, treatment_id, sent_at,
    true as has_send_event, true as is_trackable, 0 as delays,
    case when is_delivered then sent_at + (1 + i % 9) * interval 1 second end as delivered_at,
    case when place < 0 then sent_at + interval 5 second end as bounced_at,
    case when i < hard then 'hard' when place < 0 then 'soft' end as bounce_kind,
    case when place < 0 then status end as smtp_status,
    case when place < 0 then diagnostic end as diagnostic_code,
    case when is_delivered and place < complaints then sent_at + interval 1 hour end as complained_at,
    case when is_delivered and place < unsubscribes then sent_at + interval 1 hour end as unsubscribed_at,
    case when is_delivered and place < opens then sent_at + (1 + place % 30) * interval 1 hour end as first_opened_at,
    case when is_delivered and place < humanOpens then sent_at + (1 + place % 30) * interval 1 hour end as first_human_opened_at,
    case when is_delivered and place < clicks then sent_at + (1 + place % 30) * interval 1 hour end as first_clicked_at,
    case when is_delivered and place < clicks then sent_at + (1 + place % 30) * interval 1 hour end as first_human_clicked_at,
    cast(is_delivered and place < opens as bigint) as opens,
    cast(is_delivered and place < humanOpens as bigint) as human_opens,
    cast(is_delivered and place < clicks as bigint) as clicks,
    cast(is_delivered and place < clicks as bigint) as human_clicks,
    (select coalesce(sum(f.opens), 0) > 0 from facts as f where f.campaign_id is not distinct from fates.campaign_id) as is_open_published,
    (select coalesce(sum(f.clicks), 0) > 0 from facts as f where f.campaign_id is not distinct from fates.campaign_id) as is_click_published,
    strftime(sent_at, '%Y-%m-%d') as dt
from fates`;

const event = (type: string, at: string, more: string): string => `select
    ${type} || message_id as event_id, ${type} as event_type, ${at} as occurred_at, 'event' as occurred_at_basis,
    strftime(${at}, '%Y-%m-%d') as dt, source, sent_at, message_id, recipient_key, recipient_domain, recipient_count,
    recipient_messages.from_domain, recipient_messages.campaign_id, recipient_messages.treatment_id, ${more}
from recipient_messages inner join facts on facts.id = cast(split_part(message_id, '-', 1) as integer)
where ${at} is not null`;

const BOUNCES = event(
  "bounce_kind || '_bounce'",
  'bounced_at',
  "case bounce_kind when 'hard' then 'Permanent' else 'Transient' end as bounce_type, 'General' as bounce_sub_type, smtp_status, diagnostic_code",
);
const OPENS = event("'open'", 'first_human_opened_at', "'Firefox' as user_agent");
const CLICKS = event("'click'", 'first_clicked_at', "'Firefox' as user_agent, link, false as is_unsubscribe");
