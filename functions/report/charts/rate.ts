/** The chart of a rate by day, with its thresholds and incidents. */
import * as Plot from '@observablehq/plot';
import { count, percent } from '#host/figures.ts';
import type { Day } from '../daily.ts';
import { type Content, html, type Markup } from '../html.ts';
import type { Marked } from '../incidents.ts';
import { type Count, type Rate, rateOf, ratio } from '../measures.ts';
import { day as dayName, percentTick } from '../numbers.ts';
import type { Period } from '../period.ts';
import { type Column, table } from '../table.ts';
import type { Threshold } from '../thresholds.ts';
import { figure, type LegendEntry, legend } from './figure.ts';
import { svg } from './svg.ts';
import {
  dayScale,
  incidentBands,
  incidentMarks,
  midnight,
  nextMidnight,
  noon,
  periodMarks,
  roomAbove,
} from './time.ts';

export interface Series {
  label: string;
  rate: Rate;
  /** a colour of the style sheet: `--<key>` */
  key: string;
}

export interface RateChart {
  id: string;
  title: string;
  description: Content;
  series: readonly Series[];
  thresholds?: readonly Threshold[];
  /** the axis starts at zero, except for rates that are always near one */
  fromZero: boolean;
  /** the first day whose rate is still growing; none if left out */
  growsFrom?: string;
}

/** Expected cases of the rarer kind that a day needs for a dot of its own: with fewer, its rate is mostly chance. */
const TELLING = 3;
const DRAWN = 134;
const BOTTOM = 26;

/** Rates over time: a line for the week that ends on a day, a dot for the day itself. */
export function rateChart(
  { id, title, description, series, thresholds = [], fromZero, growsFrom }: RateChart,
  days: readonly Day[],
  period: Period,
  incidents: readonly Marked[],
): Markup {
  const values = series.flatMap(({ rate }) => [
    ...days.map(({ week }) => rateOf(week, rate)),
    ...telling(days, rate).map(({ counts }) => rateOf(counts, rate)),
  ]);
  const observed = values.filter((value) => value !== null);
  if (observed.length === 0)
    return html`<div><h3>${title}</h3><p class="description">${description}</p><p class="calm">Nothing of this can be observed in these days.</p></div>`;
  // A day at the very bottom would lie on the axis.
  const low = fromZero ? 0 : Math.max(0, 1 - 1.08 * (1 - Math.min(0.99, ...observed)));
  const highest = Math.max(0.0001, ...observed);
  // The nearest limit is always shown; limits far above would only make the line flat.
  const limits = thresholds.filter((threshold, i) => i === 0 || highest > threshold.rate / 2);
  const high = fromZero ? Math.max(highest, ...limits.map(({ rate }) => rate)) * 1.08 : 1;
  const drawing = svg(
    {
      width: 440,
      height: roomAbove(period) + DRAWN + BOTTOM,
      marginLeft: 46,
      marginRight: 8,
      marginTop: roomAbove(period),
      marginBottom: BOTTOM,
      x: dayScale(period.shown, 6),
      y: { label: null, domain: [low, high], ticks: 4, tickFormat: percentTick, tickSize: 0, grid: true },
    },
    ...growingMarks(growsFrom, period),
    ...incidentBands(incidents),
    Plot.ruleY(limits, { y: 'rate', stroke: 'var(--alarm)', strokeDasharray: '5,4', strokeOpacity: 0.8 }),
    ...series.flatMap((one) => lineMarks(one, days)),
    fromZero ? Plot.ruleY([0], { stroke: 'var(--axis)' }) : null,
    ...thresholdNames(limits, high, period),
    ...periodMarks(period),
    ...incidentMarks(incidents),
  );
  const entries: LegendEntry[] = series.map(({ label, key }) => ({ label, key: `is-${key}` }));
  return figure({
    id,
    title,
    description: html`${description}${isThin(days, series, thresholds) && ' So little mail was sent that single cases make peaks.'}`,
    legend: series.length > 1 ? legend(entries) : null,
    wide: drawing,
    table: table(title, [DAY, ...series.flatMap(columns)], days),
  });
}

const DAY: Column<Day> = { name: 'Send day', heading: true, cell: ({ date }) => dayName(date) };

const columns = ({ label, rate }: Series): Column<Day>[] => [
  { name: label, numeric: true, cell: ({ counts }) => percent(rateOf(counts, rate)) },
  { name: 'Mails', numeric: true, cell: ({ counts }) => count(counts.number(rate.numerator)) },
  { name: 'Of', numeric: true, cell: ({ counts }) => count(counts.number(rate.denominator)) },
  { name: '7 days', numeric: true, cell: ({ week }) => percent(rateOf(week, rate)) },
];

function telling(days: readonly Day[], rate: Rate): Day[] {
  const total = (name: Count) => days.reduce((sum, { counts }) => sum + counts.number(name), 0);
  const share = ratio(total(rate.numerator), total(rate.denominator)) ?? 0;
  const fewest = TELLING / Math.min(share, 1 - share);
  return days.filter(({ counts }) => counts.number(rate.denominator) >= fewest);
}

/** Whether not even the week with most mail would have a few cases at the first limit. */
function isThin(days: readonly Day[], series: readonly Series[], [limit]: readonly Threshold[]): boolean {
  if (limit === undefined) return false;
  const most = Math.max(0, ...series.flatMap(({ rate }) => days.map(({ week }) => week.number(rate.denominator))));
  return most * limit.rate < TELLING;
}

function lineMarks({ label, rate, key }: Series, days: readonly Day[]): Plot.Markish[] {
  const colour = `var(--${key})`;
  const title = ({ date, counts }: Day) =>
    `${dayName(date)}\n${label}: ${percent(rateOf(counts, rate))}\n${count(counts.number(rate.numerator))} of ${count(counts.number(rate.denominator))}`;
  const observed = days.filter(({ week }) => rateOf(week, rate) !== null);
  return [
    Plot.dot(telling(days, rate), {
      x: ({ date }: Day) => noon(date),
      y: (one: Day) => rateOf(one.counts, rate),
      r: 2,
      fill: colour,
      fillOpacity: 0.4,
      title,
    }),
    Plot.dot(observed.length === 1 ? observed : [], {
      x: ({ date }: Day) => noon(date),
      y: ({ week }: Day) => rateOf(week, rate),
      fill: colour,
    }),
    Plot.line(observed, {
      x: ({ date }: Day) => noon(date),
      y: ({ week }: Day) => rateOf(week, rate),
      stroke: colour,
      strokeWidth: 2,
    }),
  ];
}

/** A light band over the days whose mail is still being opened and clicked. */
function growingMarks(from: string | undefined, { shown }: Period): Plot.Markish[] {
  if (from === undefined || from > shown.to) return [];
  const growing = [{ from: from < shown.from ? shown.from : from, to: shown.to }];
  return [
    Plot.rectX(growing, {
      x1: (days: { from: string }) => midnight(days.from),
      x2: (days: { to: string }) => nextMidnight(days.to),
      fill: 'var(--muted)',
      fillOpacity: 0.14,
    }),
  ];
}

/** `high`: the top of the axis, which starts at zero. Labels that would lie upon each other are left to the lower line. */
function thresholdNames(limits: readonly Threshold[], high: number, { shown }: Period): Plot.Markish[] {
  const pixels = (rate: number) => (rate / high) * DRAWN;
  const named = limits.filter(({ rate }, i) => i === 0 || pixels(rate - (limits[i - 1]?.rate ?? 0)) > 13);
  return [
    Plot.text(named, {
      x: () => midnight(shown.from),
      y: 'rate',
      text: 'label',
      textAnchor: 'start',
      dx: 4,
      dy: -7,
      fill: 'var(--alarm)',
      stroke: 'var(--page)',
      strokeWidth: 4,
      fontSize: 11,
    }),
  ];
}
