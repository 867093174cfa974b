import type { Engine } from '#lake/ports.ts';
import { spark } from '../charts/spark.ts';
import type { Day } from '../daily.ts';
import { html, type Markup } from '../html.ts';
import { type Count, type Counts, isNotable, RATES, type Rate, rateOf, SUMMED_COUNTS } from '../measures.ts';
import { compact, count, days as daysName, percent, points, relative } from '../numbers.ts';
import { type Period, within } from '../period.ts';
import { rowsOf } from '../rows.ts';

export interface Headline {
  now: Counts;
  /** null if there was no mail before */
  before: Counts | null;
}

interface Tile {
  label: string;
  rate: Rate;
  key: string;
  numerator: string;
  denominator: string;
  /** said where nothing can be observed */
  unknown?: string;
}

const TILES: readonly Tile[] = [
  { label: 'Delivered', rate: RATES.delivery, key: 'delivered', numerator: 'delivered', denominator: 'sent' },
  { label: 'Hard bounces', rate: RATES.hardBounce, key: 'hard', numerator: 'bounced for good', denominator: 'sent' },
  { label: 'Soft bounces', rate: RATES.softBounce, key: 'bounced', numerator: 'bounced for now', denominator: 'sent' },
  {
    label: 'Complaints',
    rate: RATES.complaint,
    key: 'complaint',
    numerator: 'complaints',
    denominator: 'delivered where providers report them',
    unknown: 'no provider that reports them',
  },
  {
    label: 'Human opens',
    rate: RATES.humanOpen,
    key: 'opened',
    numerator: 'opened by people',
    denominator: 'trackable mails',
    unknown: 'no open was seen: tracking may be off',
  },
  {
    label: 'Clicks',
    rate: RATES.click,
    key: 'clicked',
    numerator: 'clicked',
    denominator: 'trackable mails',
    unknown: 'no click was seen: tracking may be off',
  },
  {
    label: 'Unsubscribes',
    rate: RATES.unsubscribe,
    key: 'unsubscribed',
    numerator: 'unsubscribed',
    denominator: 'delivered',
  },
];

export async function loadHeadline(engine: Engine, period: Period): Promise<Headline> {
  const result = await engine.query(`select
    send_date >= date '${period.from}' as is_now,
    ${SUMMED_COUNTS}
from deliverability_facts
where ${within('send_date', period.shown)}
group by 1`);
  const rows = rowsOf(result);
  const nothing: Counts = { number: () => 0 };
  return {
    now: rows.find((row) => row.flag('is_now')) ?? nothing,
    before: rows.find((row) => !row.flag('is_now')) ?? null,
  };
}

/** The numbers that are asked for first, each with its change, its trend and what it is a share of. */
export function headlineSection(headline: Headline, days: readonly Day[], period: Period): Markup {
  const { now, before } = headline;
  const sent = now.number('sent');
  const comparison =
    period.before &&
    html`Changes are against ${daysName(period.before.from, period.before.to)}; coloured
    if they are more than chance (95%). `;
  return html`
<section aria-labelledby="headline">
<h2 id="headline">Headline numbers</h2>
<ul class="tiles">
<li class="tile"><h3>Sent</h3>
<p class="figure">${compact(sent)}</p>
<p class="of">mails, counted by recipient</p>
${before && sentChange(sent, before.number('sent'))}
${sparkline(days, 'sent', ({ week }) => week.number('sent'))}</li>
${TILES.map((tile) => rateTile(tile, headline, days))}
</ul>
<p class="note">${comparison}Lines show sliding weeks. Opens and clicks of the newest mail are still coming in.</p>
</section>`;
}

function rateTile(
  { label, rate, key, numerator, denominator, unknown }: Tile,
  headline: Headline,
  days: readonly Day[],
): Markup {
  const { now, before } = headline;
  const value = rateOf(now, rate);
  const of = (name: Count) => count(now.number(name));
  return html`<li class="tile"><h3>${label}</h3>
<p class="figure">${percent(value)}</p>
<p class="of">${value === null ? (unknown ?? 'nothing sent') : html`${of(rate.numerator)} ${numerator} of ${of(rate.denominator)} ${denominator}`}</p>
${before && rateChange(now, before, rate)}
${sparkline(days, key, ({ week }) => rateOf(week, rate))}</li>
`;
}

const sparkline = (days: readonly Day[], key: string, value: (day: Day) => number | null): Markup | null => {
  const drawn = spark(
    days.map((day) => ({ date: day.date, value: value(day) })),
    key,
  );
  return drawn && html`<div class="spark">${drawn}</div>`;
};

function sentChange(now: number, before: number): Markup | null {
  const change = relative(now, before);
  return change === null ? null : html`<p class="change">${change}</p>`;
}

function rateChange(now: Counts, before: Counts, rate: Rate): Markup | null {
  const value = rateOf(now, rate);
  const earlier = rateOf(before, rate);
  if (value === null || earlier === null) return null;
  const isBetter = rate.better === 'up' ? value > earlier : value < earlier;
  const kind = !isNotable(now, before, rate) ? '' : isBetter ? ' better' : ' worse';
  return html`<p class="change${kind}">${points(value - earlier)}${kind && html`<span class="verdict">${kind}</span>`}</p>`;
}
