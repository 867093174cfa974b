/** The chart of how long delivery took. */
import * as Plot from '@observablehq/plot';
import { count, duration } from '#host/figures.ts';
import { html, type Markup } from '../html.ts';
import { day as dayName, durationTick } from '../numbers.ts';
import type { Period } from '../period.ts';
import { table } from '../table.ts';
import { figure, legend } from './figure.ts';
import { svg } from './svg.ts';
import { dayScale, noon, periodMarks, roomAbove } from './time.ts';

/** How long delivery took, in seconds from the sending. */
export interface Latency {
  /** delivered mails whose times of sending and delivery are known */
  timed: number;
  p50: number;
  p90: number;
  p95: number;
  p99: number;
  /** of timed: took longer than a minute */
  slow: number;
}

type LatencyDay = Latency & { date: string };

/** The darkest is the middle. */
const LINES = [
  { key: 'p50', label: 'Half within' },
  { key: 'p90', label: '90% within' },
  { key: 'p99', label: '99% within' },
] as const;

/** Seconds that a person has a name for. */
const TICKS = [0.01, 0.1, 1, 10, 60, 600, 3600, 21_600, 86_400, 604_800];

/** A day of fewer mails has no 99th of a hundred. */
const FEWEST = 20;

/** Percentiles of the time to delivery, on a scale where each step is several times the one before. */
export function latencyChart(days: readonly LatencyDay[], period: Period): Markup | null {
  const shown = days.filter(({ timed }) => timed >= FEWEST);
  if (shown.length < 2) return null;
  const title = 'Time from sending to delivery';
  return figure({
    id: 'latency-days',
    title,
    description: html`For each day with ${FEWEST} mails or more. The scale is logarithmic: each line of the grid is several
      times the one below.`,
    legend: legend(LINES.map(({ key, label }) => ({ label, key: `is-${key}` }))),
    wide: draw(shown, period, 912),
    narrow: draw(shown, period, 358),
    table: table(
      title,
      [
        { name: 'Send day', heading: true, cell: ({ date }) => dayName(date) },
        { name: 'Mails timed', numeric: true, cell: ({ timed }) => count(timed) },
        { name: 'Half within', numeric: true, cell: ({ p50 }) => duration(p50) },
        { name: '90% within', numeric: true, cell: ({ p90 }) => duration(p90) },
        { name: '95% within', numeric: true, cell: ({ p95 }) => duration(p95) },
        { name: '99% within', numeric: true, cell: ({ p99 }) => duration(p99) },
      ],
      days,
    ),
  });
}

function draw(days: readonly LatencyDay[], period: Period, width: number): Markup {
  const isWide = width > 600;
  // Plot labels only some ticks of a scale of type log.
  const place = (seconds: number) => Math.log10(Math.max(0.001, seconds));
  const least = (seconds: number) => Math.max(0.001, seconds);
  const low = Math.min(...days.map(({ p50 }) => least(p50)));
  const high = Math.max(...days.map(({ p99 }) => least(p99)));
  const domain = [TICKS.findLast((tick) => tick <= low) ?? low, TICKS.find((tick) => tick >= high) ?? high] as const;
  return svg(
    {
      width,
      height: (isWide ? 190 : 180) + roomAbove(period),
      marginLeft: 52,
      marginRight: 8,
      marginTop: roomAbove(period),
      marginBottom: 26,
      x: dayScale(period.shown, isWide ? 13 : 4),
      y: {
        label: null,
        domain: [place(domain[0]), place(domain[0] < domain[1] ? domain[1] : domain[0] * 10)],
        ticks: TICKS.filter((tick) => tick >= domain[0] && tick <= domain[1]).map(place),
        tickFormat: (power: number) => durationTick(Number((10 ** power).toPrecision(3))),
        tickSize: 0,
        grid: true,
      },
    },
    ...LINES.flatMap(({ key, label }) => [
      Plot.line(days, {
        x: ({ date }: LatencyDay) => noon(date),
        y: (one: LatencyDay) => place(one[key]),
        stroke: `var(--${key})`,
        strokeWidth: 1.75,
      }),
      Plot.dot(days, {
        x: ({ date }: LatencyDay) => noon(date),
        y: (one: LatencyDay) => place(one[key]),
        r: isWide ? 2 : 1,
        fill: `var(--${key})`,
        title: (one: LatencyDay) => `${dayName(one.date)}\n${label} ${duration(one[key])}\n${count(one.timed)} mails`,
      }),
    ]),
    ...periodMarks(period),
  );
}
