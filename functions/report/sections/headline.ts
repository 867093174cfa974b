/** The section with the period's numbers, compared with the period before. */
import { count, percent } from '#host/figures.ts';
import { hasTrend, spark } from '../charts/spark.ts';
import { added, type Day, type ProviderDay } from '../daily.ts';
import { html, type Markup } from '../html.ts';
import { type Count, type Counts, isNotable, RATES, type Rate, rateOf, SUMMED_COUNTS } from '../measures.ts';
import { compact, days as daysName, points, relative } from '../numbers.ts';
import type { Section } from '../page.ts';
import { distance, growingFrom, later, type Period, within } from '../period.ts';
import type { Ask } from '../rows.ts';

export interface Headline {
  now: Counts;
  /** null if there was no mail before */
  before: Counts | null;
  /** both periods as they were so many hours after each mail's sending; null for days too young to be compared */
  horizons: ReadonlyMap<Rate['horizon'], { now: Counts; before: Counts } | null>;
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
  { label: 'Hard bounces', rate: RATES.hardBounce, key: 'hard', numerator: 'bounced permanently', denominator: 'sent' },
  {
    label: 'Soft bounces',
    rate: RATES.softBounce,
    key: 'bounced',
    numerator: 'bounced temporarily',
    denominator: 'sent',
  },
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
    unknown: 'not observable: opens are not tracked, or nearly all are hidden',
  },
  {
    label: 'Clicks',
    rate: RATES.click,
    key: 'clicked',
    numerator: 'clicked',
    denominator: 'trackable mails',
    unknown: 'not observable: clicks are not tracked',
  },
  {
    label: 'Unsubscribes',
    rate: RATES.unsubscribe,
    key: 'unsubscribed',
    numerator: 'unsubscribed',
    denominator: 'delivered',
  },
];

const HORIZONS: readonly Rate['horizon'][] = [24, 72];

/**
 * The period's sums, and both periods at the same age: with mail of the newest days left out whose hours are not over
 * yet, and as many days of the period before.
 *
 * @param ask about the shown days
 * @param newest the day of the newest data: mail is complete up to then
 */
export async function loadHeadline(
  ask: Ask,
  cells: readonly ProviderDay[],
  period: Period,
  newest: string,
): Promise<Headline> {
  const part = (isIn: (date: string) => boolean) =>
    added(cells.flatMap(({ date, counts }) => (isIn(date) ? counts : [])));
  const { from, to, before } = period;
  const now = part((date) => date >= from && date <= to);
  if (before === null) return { now, before: null, horizons: new Map() };
  const ranges = HORIZONS.map((horizon) => comparable(horizon, period, newest)).filter((range) => range !== null);
  const rows = await ask(`select
    horizon_hours,
    send_date >= date '${from}' as is_now,
    ${SUMMED_COUNTS}
from deliverability_by_horizon
where is_horizon_over and horizon_hours in (${HORIZONS.join(', ')}) and (${
    ranges
      .map(
        (range) =>
          `horizon_hours = ${range.horizon} and (${within('send_date', range.now)} or ${within('send_date', range.before)})`,
      )
      .join(' or ') || 'false'
  })
group by 1, 2`);
  const horizons = HORIZONS.map((horizon) => {
    const of = (isNow: boolean) =>
      rows.find((row) => row.number('horizon_hours') === horizon && row.flag('is_now') === isNow);
    const [current, earlier] = [of(true), of(false)];
    return [horizon, current && earlier ? { now: current, before: earlier } : null] as const;
  });
  return {
    now,
    before: part((date) => date >= before.from && date <= before.to),
    horizons: new Map(horizons),
  };
}

function comparable(horizon: Rate['horizon'], { from, to }: Period, newest: string) {
  // The hours of the day's last mail end a day later, as in deliverability_by_horizon.
  const finished = later(newest, -(horizon / 24 + 1));
  const until = finished < to ? finished : to;
  if (until < from) return null;
  const length = distance(from, to) + 1;
  return {
    horizon,
    now: { from, to: until },
    before: { from: later(from, -length), to: later(until, -length) },
  };
}

/** The numbers that are asked for first, each with its change, its trend and what it is a share of. */
export function headlineSection(headline: Headline, days: readonly Day[], period: Period, newest: string): Section {
  const { now, before } = headline;
  const sent = now.number('sent');
  const comparison =
    period.before &&
    html`Changes are against ${daysName(period.before.from, period.before.to)}, with all mail looked at so many hours
    after its sending as the change says; coloured if they are more than chance (95%). `;
  const isTrend = hasTrend(days.length);
  const isGrowing = growingFrom(newest) <= period.to;
  const note =
    (comparison || isTrend || isGrowing) &&
    html`${comparison}${isTrend && 'Lines show sliding weeks. '}${isGrowing && 'Opens and clicks of the newest mail are still coming in.'}`;
  const markup = html`
<section aria-labelledby="headline">
<h2 id="headline">Headline numbers</h2>
<ul class="tiles">
<li class="tile"><h3>Sent</h3>
<p class="figure">${compact(sent)}</p>
<p class="of">${sent >= 1e6 && html`${count(sent)} `}mails, counted by recipient</p>
${before && sentChange(sent, before.number('sent'))}
${sparkline(days, 'sent', ({ week }) => week.number('sent'))}</li>
${TILES.map((tile) => rateTile(tile, headline, days))}
</ul>
${note && html`<p class="note">${note}</p>`}
</section>`;
  return { id: 'headline', name: 'Numbers', markup };
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
<p class="of">${value === null ? (unknown ?? 'not observable: nothing is published to tell') : html`${of(rate.numerator)} ${numerator} of ${of(rate.denominator)} ${denominator}`}</p>
${rateChange(headline.horizons.get(rate.horizon) ?? null, rate, before !== null)}
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

function rateChange(pair: { now: Counts; before: Counts } | null, rate: Rate, hasBefore: boolean): Markup | null {
  if (pair === null) return hasBefore ? html`<p class="change">too young to compare</p>` : null;
  const value = rateOf(pair.now, rate);
  const earlier = rateOf(pair.before, rate);
  if (value === null || earlier === null) return null;
  const isBetter = rate.better === 'up' ? value > earlier : value < earlier;
  const kind = !isNotable(pair.now, pair.before, rate) ? '' : isBetter ? ' better' : ' worse';
  return html`<p class="change${kind}">${points(value - earlier)}${kind && html`<span class="verdict">${kind}</span>`} <span
class="age">after ${rate.horizon} h</span></p>`;
}
