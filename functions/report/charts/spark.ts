/** The small line of a number's course beside the number. */
import * as Plot from '@observablehq/plot';
import type { Markup } from '../html.ts';
import { svg } from './svg.ts';
import { midnight } from './time.ts';

export interface SparkPoint {
  date: string;
  value: number | null;
}

/** Fewer days are no trend. */
export const hasTrend = (days: number): boolean => days >= 7;

/** A line of a few centimetres without axes: the shape of the days, beside the number. */
export function spark(points: readonly SparkPoint[], key: string): Markup | null {
  const observed = points.filter(({ value }) => value !== null);
  if (!hasTrend(observed.length)) return null;
  return svg(
    {
      width: 160,
      height: 32,
      isStretched: true,
      margin: 0,
      marginTop: 2,
      marginBottom: 2,
      x: { type: 'utc', axis: null },
      y: { axis: null },
    },
    Plot.line(observed, {
      x: ({ date }: SparkPoint) => midnight(date),
      y: 'value',
      stroke: `var(--${key})`,
      strokeWidth: 1.5,
    }),
  );
}
