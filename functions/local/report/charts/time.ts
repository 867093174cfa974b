import * as Plot from '@observablehq/plot';
import { day as dayName } from '../numbers.ts';
import type { Days, Period } from '../period.ts';

/** Midnight UTC: what a chart's time scale counts in. */
export const midnight = (date: string): Date => new Date(`${date}T00:00:00Z`);

export const nextMidnight = (date: string): Date => new Date(midnight(date).getTime() + 86_400_000);

/** A scale of whole days with a tick for every one to every eighth, so that about `most` are labelled. */
export function dayScale({ from, to }: Days, most: number): Plot.ScaleOptions {
  const days = Math.round((nextMidnight(to).getTime() - midnight(from).getTime()) / 86_400_000);
  const steps = [1, 2, 7, 14, 28, 91];
  const step = steps.find((size) => days / size <= most) ?? Math.ceil(days / most);
  const ticks: Date[] = [];
  for (let at = midnight(from).getTime(); at < nextMidnight(to).getTime(); at += step * 86_400_000)
    ticks.push(new Date(at));
  return {
    type: 'utc',
    domain: [midnight(from), nextMidnight(to)],
    ticks,
    tickFormat: (date: Date) => dayName(date.toISOString().slice(0, 10), false),
    tickSize: 4,
    label: null,
  };
}

/** A line where the period begins, if the days before it are shown. */
export function periodMarks({ from, before }: Period): Plot.Markish[] {
  if (before === null) return [];
  const start = [{ at: midnight(from) }];
  const label = { x: 'at', frameAnchor: 'top', dy: -17, fill: 'var(--muted)' } as const;
  return [
    Plot.ruleX(start, { x: 'at', stroke: 'var(--muted)', strokeDasharray: '2,3', insetTop: -22 }),
    Plot.text(start, { ...label, text: () => 'before', textAnchor: 'end', dx: -6 }),
    Plot.text(start, { ...label, text: () => 'this period', textAnchor: 'start', dx: 6 }),
  ];
}

/** A small triangle above each day that is part of an incident. */
export function incidentMarks(incidents: readonly Days[]): Plot.Markish[] {
  return [
    Plot.text(incidents, {
      x: ({ from, to }: Days) => new Date((midnight(from).getTime() + nextMidnight(to).getTime()) / 2),
      text: () => '▼',
      frameAnchor: 'top',
      dy: -5,
      fontSize: 10,
      fill: 'var(--alarm)',
    }),
  ];
}
