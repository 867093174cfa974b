/** The time axis that charts share. */
import * as Plot from '@observablehq/plot';
import { DAY_MS } from '#lake/days.ts';
import type { Marked } from '../incidents.ts';
import { day as dayName, days as daysName } from '../numbers.ts';
import { type Days, distance, eachDay, later, type Period } from '../period.ts';

/** Midnight UTC: what a chart's time scale counts in. */
export const midnight = (date: string): Date => new Date(`${date}T00:00:00Z`);

export const nextMidnight = (date: string): Date => new Date(midnight(date).getTime() + DAY_MS);

/** The middle of a day, where its bar, dot and tick are. */
export const noon = (date: string): Date => new Date(midnight(date).getTime() + 43_200_000);

/** Room above a chart: for the words where the period begins, if days before it are shown, and for incidents' marks. */
export const roomAbove = ({ before }: Period): number => (before === null ? 22 : 40);

/** A scale of whole days with a tick in the middle of every one to every eighth, so that about `most` are labelled. */
export function dayScale({ from, to }: Days, most: number): Plot.ScaleOptions {
  const days = distance(from, to) + 1;
  const steps = [1, 2, 7, 14, 28, 91, 182, 364];
  const step = steps.find((size) => days / size <= most) ?? Math.ceil(days / most);
  const ticks = eachDay({ from, to }).filter((_, i) => i % step === 0);
  return {
    type: 'utc',
    domain: [midnight(from), nextMidnight(to)],
    ticks: ticks.map(noon),
    tickFormat: (date: Date) => dayName(date.toISOString().slice(0, 10), step >= 91),
    tickSize: 4,
    label: null,
  };
}

/** Days that share a bar or a cell: single ones, or so many in a row that a bar is still a few pixels wide. */
export function buckets({ from, to }: Days): Days[] {
  const days = distance(from, to) + 1;
  const size = days <= 130 ? 1 : days <= 910 ? 7 : 28;
  return eachDay({ from, to })
    .filter((_, i) => i % size === 0)
    .map((date) => ({ from: date, to: later(date, size - 1) < to ? later(date, size - 1) : to }));
}

/** `4 Sep 2026`, or `4–10 Sep 2026` */
export const bucketName = ({ from, to }: Days): string => daysName(from, to);

/** A line where the period begins, if the days before it are shown. */
export function periodMarks({ from, before }: Period): Plot.Markish[] {
  if (before === null) return [];
  const start = [{ at: midnight(from) }];
  const label = { x: 'at', frameAnchor: 'top', dy: -26, fill: 'var(--muted)', fontSize: 11 } as const;
  return [
    Plot.ruleX(start, { x: 'at', stroke: 'var(--muted)', strokeDasharray: '2,3', insetTop: -32 }),
    Plot.text(start, { ...label, text: () => 'before', textAnchor: 'end', dx: -6 }),
    Plot.text(start, { ...label, text: () => 'this period', textAnchor: 'start', dx: 6 }),
  ];
}

/** A band over the days of each incident, to be drawn below the data. */
export function incidentBands(incidents: readonly Marked[]): Plot.Markish[] {
  return [
    Plot.rectX(distinct(incidents), {
      x1: ({ from }: Days) => midnight(from),
      x2: ({ to }: Days) => nextMidnight(to),
      fill: 'var(--alarm)',
      fillOpacity: 0.12,
    }),
  ];
}

/** Above each of the bands the incident's number in the text. */
export function incidentMarks(incidents: readonly Marked[]): Plot.Markish[] {
  const middle = ({ from, to }: Days) => new Date((midnight(from).getTime() + nextMidnight(to).getTime()) / 2);
  const top = { x: middle, frameAnchor: 'top', dy: -9 } as const;
  return [
    Plot.dot(distinct(incidents), { ...top, r: 7.5, fill: 'var(--alarm)' }),
    Plot.text(distinct(incidents), {
      ...top,
      text: ({ number }: Marked) => (number === null ? '!' : String(number)),
      lineAnchor: 'middle',
      fontSize: 10,
      fontWeight: 700,
      fill: 'var(--page)',
    }),
  ];
}

/** Days that several incidents share have one mark, with the number of the first. */
const distinct = (incidents: readonly Marked[]): Marked[] =>
  [...Map.groupBy(incidents, ({ from, to }) => `${from} ${to}`).values()].flatMap((same) => same[0] ?? []);
