/** The section with the period's numbers, compared with the period before. */
import { count, percent } from '#host/figures.ts';
import { hasTrend, spark } from '../charts/spark.ts';
import { added, type Day, type ProviderDay } from '../daily.ts';
import { type Content, html, type Markup } from '../html.ts';
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

/** A number of the period in words, with what it is of and how it changed. */
export interface Figure {
  label: string;
  figure: string;
  of: string;
  change: Change | null;
}

/** Against the period before. */
export interface Change {
  says: string;
  /** only where it is more than chance */
  verdict?: 'better' | 'worse';
  /** the age at which the mail of both periods was looked at, hours */
  hours?: number;
}

/** How much was sent, then the rates of TILES, in order. */
export function figuresOf({ now, before, horizons }: Headline): Figure[] {
  const sent = now.number('sent');
  const sentChange = before && relative(sent, before.number('sent'));
  return [
    {
      label: 'Sent',
      figure: compact(sent),
      of: `${sent >= 1e6 ? `${count(sent)} ` : ''}mails, counted by recipient`,
      change: sentChange === null ? null : { says: sentChange },
    },
    ...TILES.map(({ label, rate, numerator, denominator, unknown }): Figure => {
      const value = rateOf(now, rate);
      const of = (name: Count) => count(now.number(name));
      return {
        label,
        figure: percent(value),
        of:
          value === null
            ? (unknown ?? 'not observable: nothing is published to tell')
            : `${of(rate.numerator)} ${numerator} of ${of(rate.denominator)} ${denominator}`,
        change: rateChange(horizons.get(rate.horizon) ?? null, rate, before !== null),
      };
    }),
  ];
}

/** The numbers that are asked for first, each with its change, its trend and what it is a share of. */
export function headlineSection(
  figures: readonly Figure[],
  days: readonly Day[],
  period: Period,
  newest: string,
): Section {
  const comparison =
    period.before &&
    html`Changes are against ${daysName(period.before.from, period.before.to)}, with all mail looked at so many hours
    after its sending as the change says; coloured if they are more than chance (95%). `;
  const isTrend = hasTrend(days.length);
  const isGrowing = growingFrom(newest) <= period.to;
  const note =
    (comparison || isTrend || isGrowing) &&
    html`${comparison}${isTrend && 'Lines show sliding weeks. '}${isGrowing && 'Opens and clicks of the newest mail are still coming in.'}`;
  const lines = [
    sparkline(days, 'sent', ({ week }) => week.number('sent')),
    ...TILES.map(({ key, rate }) => sparkline(days, key, ({ week }) => rateOf(week, rate))),
  ];
  const markup = html`
<section aria-labelledby="headline">
<h2 id="headline">Headline numbers</h2>
<ul class="tiles">
${figures.map((figure, i) => tile(figure, lines[i]))}
</ul>
${note && html`<p class="note">${note}</p>`}
</section>`;
  return { id: 'headline', name: 'Numbers', markup };
}

const tile = ({ label, figure, of, change }: Figure, line: Content): Markup => html`<li class="tile"><h3>${label}</h3>
<p class="figure">${figure}</p>
<p class="of">${of}</p>
${change && changed(change)}
${line}</li>
`;

const changed = ({ says, verdict, hours }: Change): Markup =>
  html`<p class="change${verdict && ` ${verdict}`}">${says}${verdict && html` <span class="verdict">${verdict}</span>`}${hours && html` <span class="age">after ${hours} h</span>`}</p>`;

const sparkline = (days: readonly Day[], key: string, value: (day: Day) => number | null): Markup | null => {
  const drawn = spark(
    days.map((day) => ({ date: day.date, value: value(day) })),
    key,
  );
  return drawn && html`<div class="spark">${drawn}</div>`;
};

function rateChange(pair: { now: Counts; before: Counts } | null, rate: Rate, hasBefore: boolean): Change | null {
  if (pair === null) return hasBefore ? { says: 'too young to compare' } : null;
  const value = rateOf(pair.now, rate);
  const earlier = rateOf(pair.before, rate);
  if (value === null || earlier === null) return null;
  const isBetter = rate.better === 'up' ? value > earlier : value < earlier;
  return {
    says: points(value - earlier),
    ...(isNotable(pair.now, pair.before, rate) ? { verdict: isBetter ? 'better' : 'worse' } : {}),
    hours: rate.horizon,
  };
}
