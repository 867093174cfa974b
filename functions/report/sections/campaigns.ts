/** The section about campaigns. */
import { count, counted, percent } from '#host/figures.ts';
import { quoteText } from '#lake/sql/quote.ts';
import { type CampaignReach, reachCharts } from '../charts/reach.ts';
import { added, type ProviderDay } from '../daily.ts';
import { html, type Markup } from '../html.ts';
import { COUNTS, type Counts, RATES, type Rate, rateOf, SUMMED_COUNTS } from '../measures.ts';
import { days } from '../numbers.ts';
import type { Section } from '../page.ts';
import type { Ask } from '../rows.ts';
import { type Column, table } from '../table.ts';

export interface Campaign {
  /** null: mail without a campaign, such as receipts */
  campaign: string | null;
  from: string;
  to: string;
  counts: Counts;
}

export interface Campaigns {
  /** those with most mail first */
  campaigns: Campaign[];
  /** how many more there are, mail without a campaign being one of them */
  more: number;
}

/** Campaigns that are shown: those with most mail. */
const MOST = 15;
/** Campaigns with a small chart of their own. */
const DRAWN = 8;
/** Mails that a campaign needs for its chart. */
const FEWEST_OPENS = 10;

export async function loadCampaigns(ask: Ask): Promise<Campaigns> {
  const rows = await ask(`with campaigns as (
    select
        campaign_id,
        min(send_date) as first_date,
        max(send_date) as last_date,
        ${SUMMED_COUNTS}
    from deliverability_facts
    where sent > 0
    group by campaign_id
)
select
    campaign_id,
    cast(first_date as varchar) as first_day,
    cast(last_date as varchar) as last_day,
    ${COUNTS.join(', ')},
    count(*) over () as campaigns
from campaigns
order by sent desc, campaign_id
limit ${MOST}`);
  const campaigns = rows.map((row) => ({
    campaign: row.maybeText('campaign_id'),
    from: row.text('first_day'),
    to: row.text('last_day'),
    counts: row,
  }));
  return { campaigns, more: (rows[0]?.number('campaigns') ?? 0) - campaigns.length };
}

/** How soon the largest campaigns were opened and clicked. */
export async function loadReach(ask: Ask, { campaigns }: Campaigns): Promise<CampaignReach[]> {
  const names = campaigns.flatMap(({ campaign }) => campaign ?? []).slice(0, DRAWN);
  if (names.length === 0) return [];
  const rows = await ask(`select
    campaign_id,
    hours_since_delivery,
    trackable_delivered,
    human_opened,
    human_clicked
from time_to_engage
where campaign_id in (${names.map(quoteText).join(', ')})
order by campaign_id, hours_since_delivery`);
  const byCampaign = Map.groupBy(rows, (row) => row.text('campaign_id'));
  return names.flatMap((campaign) => {
    const hours = (byCampaign.get(campaign) ?? []).map((row) => ({
      hour: row.number('hours_since_delivery'),
      delivered: row.number('trackable_delivered'),
      opened: row.number('human_opened'),
      clicked: row.number('human_clicked'),
    }));
    return (hours.at(-1)?.opened ?? 0) >= FEWEST_OPENS ? { campaign, hours } : [];
  });
}

/**
 * How did the campaigns do?
 * @param cells all mail of the period: what the campaigns in the table leave of it is the rest
 */
export function campaignsSection(
  { campaigns, more }: Campaigns,
  reach: readonly CampaignReach[],
  cells: readonly ProviderDay[],
): Section {
  const all = added(cells.map(({ counts }) => counts));
  const told = added(campaigns.map(({ counts }) => counts));
  const rest: Counts = { number: (name) => all.number(name) - told.number(name) };
  const share =
    (rate: Rate) =>
    ({ counts }: Line) =>
      percent(rateOf(counts, rate));
  const highest = (rate: Rate) => Math.max(0, ...campaigns.map(({ counts }) => rateOf(counts, rate) ?? 0));
  const [opens, clicks] = [highest(RATES.humanOpen), highest(RATES.click)];
  const columns: Column<Line>[] = [
    { name: 'Campaign', heading: true, cell: ({ name }) => name },
    { name: 'Sent on', cell: ({ from, to }) => from && to && html`<span class="days">${days(from, to, false)}</span>` },
    { name: 'Sent', numeric: true, cell: ({ counts }) => count(counts.number('sent')) },
    { name: 'Delivered', numeric: true, cell: share(RATES.delivery) },
    { name: 'Hard bounced', numeric: true, cell: share(RATES.hardBounce) },
    { name: 'Complained', numeric: true, cell: share(RATES.complaint) },
    {
      name: 'Opened by people',
      numeric: true,
      cell: ({ counts }) =>
        html`${bar(rateOf(counts, RATES.humanOpen), opens, '')}<span>${percent(rateOf(counts, RATES.humanOpen))}</span>`,
    },
    {
      name: 'Clicked by people',
      numeric: true,
      cell: ({ counts }) =>
        html`${bar(rateOf(counts, RATES.click), clicks, ' clicks')}<span>${percent(rateOf(counts, RATES.click))}</span>`,
    },
    { name: 'Unsubscribed', numeric: true, cell: share(RATES.unsubscribe) },
  ];
  const lines: Line[] = campaigns.map(({ campaign, ...line }) => ({ name: nameOf(campaign), ...line }));
  const markup = html`
<section aria-labelledby="campaigns">
<h2 id="campaigns">Campaigns</h2>
${more > 0 && html`<p class="note">The ${MOST} with most mail in the period, and the others together.</p>`}
${table('Campaigns with most mail', columns, [
  ...lines,
  ...(more > 0 ? [{ name: html`<span class="none">${counted(more, 'more campaign')}</span>`, counts: rest }] : []),
])}
${reachCharts(reach)}
</section>`;
  return { id: 'campaigns', name: 'Campaigns', markup };
}

interface Line {
  name: Markup;
  from?: string;
  to?: string;
  counts: Counts;
}

const nameOf = (campaign: string | null): Markup =>
  campaign === null
    ? html`<span class="none">Mail without a campaign</span>`
    : html`<bdi class="data id">${campaign}</bdi>`;

/** A bar whose length is the rate's share of the highest rate of the column. */
function bar(rate: number | null, highest: number, kind: '' | ' clicks'): Markup | null {
  if (rate === null || highest === 0) return null;
  const width = Math.round(Math.min(1, rate / highest) * 40);
  return html`<svg class="bar${kind}" width="40" height="8" aria-hidden="true"><rect width="${width}" height="8" rx="1"/></svg>`;
}
