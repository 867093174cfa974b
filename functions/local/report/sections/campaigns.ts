import type { Engine } from '#lake/ports.ts';
import { html, type Markup } from '../html.ts';
import { type Counts, RATES, type Rate, ratio, SUMMED_COUNTS } from '../measures.ts';
import { count, days, percent } from '../numbers.ts';
import { type Period, within } from '../period.ts';
import { rowsOf } from '../rows.ts';
import { type Column, table } from '../table.ts';

export interface Campaign {
  /** null: mail without a campaign, such as receipts */
  campaign: string | null;
  /** null: the campaign as a whole */
  treatment: string | null;
  from: string;
  to: string;
  counts: Counts;
}

/** Campaigns that are shown: those with most mail. */
const MOST = 15;

export async function loadCampaigns(engine: Engine, period: Period): Promise<Campaign[]> {
  const result = await engine.query(`with rolled as (
    select
        campaign_id,
        treatment_id,
        grouping(treatment_id) = 1 as is_whole,
        min(send_date) as first_date,
        max(send_date) as last_date,
        ${SUMMED_COUNTS}
    from deliverability_facts
    where ${within('send_date', period)} and sent > 0
    group by grouping sets ((campaign_id), (campaign_id, treatment_id))
),
measured as (
    select
        *,
        max(sent) over (partition by campaign_id) as campaign_sent,
        count(*) over (partition by campaign_id) as parts
    from rolled
),
ranked as (
    select *, dense_rank() over (order by campaign_sent desc, campaign_id) as place
    from measured
    -- One treatment alone would only repeat the campaign's line.
    where is_whole or parts > 2
)
select cast(first_date as varchar) as first_day, cast(last_date as varchar) as last_day, *
from ranked
where place <= ${MOST}
order by place, is_whole desc, treatment_id`);
  return rowsOf(result).map((row) => ({
    campaign: row.maybeText('campaign_id'),
    treatment: row.flag('is_whole') ? null : (row.maybeText('treatment_id') ?? 'no treatment'),
    from: row.text('first_day'),
    to: row.text('last_day'),
    counts: row,
  }));
}

/** How did the campaigns do? Treatments of an A/B test stand below their campaign. */
export function campaignsSection(campaigns: readonly Campaign[]): Markup {
  // A campaign that nobody clicked has a rate of 0; if no campaign has clicks, they can't be seen.
  const shareOf = (counts: Counts, { numerator, denominator, seenBy }: Rate) =>
    seenBy !== undefined && campaigns.every((other) => other.counts.number(seenBy) === 0)
      ? null
      : ratio(counts.number(numerator), counts.number(denominator));
  const share =
    (rate: Rate) =>
    ({ counts }: Campaign) =>
      percent(shareOf(counts, rate));
  const highest = Math.max(0, ...campaigns.map(({ counts }) => shareOf(counts, RATES.humanOpen) ?? 0));
  const columns: Column<Campaign>[] = [
    { name: 'Campaign', heading: true, cell: name },
    { name: 'Sent on', cell: ({ from, to }) => html`<span class="days">${days(from, to, false)}</span>` },
    { name: 'Sent', numeric: true, cell: ({ counts }) => count(counts.number('sent')) },
    { name: 'Delivered', numeric: true, cell: share(RATES.delivery) },
    { name: 'Hard bounced', numeric: true, cell: share(RATES.hardBounce) },
    { name: 'Complained', numeric: true, cell: share(RATES.complaint) },
    {
      name: 'Opened by people',
      numeric: true,
      cell: ({ counts }) =>
        html`${bar(shareOf(counts, RATES.humanOpen), highest)}${percent(shareOf(counts, RATES.humanOpen))}`,
    },
    { name: 'Clicked', numeric: true, cell: share(RATES.click) },
    { name: 'Unsubscribed', numeric: true, cell: share(RATES.unsubscribe) },
  ];
  return html`
<section aria-labelledby="campaigns">
<h2 id="campaigns">Campaigns</h2>
<p class="note">The ${MOST} with most mail in the period; treatments of a test stand below their campaign.</p>
${table('Campaigns with most mail', columns, campaigns)}
</section>`;
}

function name({ campaign, treatment }: Campaign): Markup {
  if (treatment !== null) return html`<span class="treatment"><bdi>${treatment}</bdi></span>`;
  return campaign === null
    ? html`<span class="none">Mail without a campaign</span>`
    : html`<bdi class="data">${campaign}</bdi>`;
}

/** As long as the rate is high, against the highest of the column. */
function bar(rate: number | null, highest: number): Markup | null {
  if (rate === null || highest === 0) return null;
  return html`<svg class="bar" width="48" height="8" aria-hidden="true"><rect width="${Math.round((rate / highest) * 48)}" height="8" rx="1"/></svg>`;
}
