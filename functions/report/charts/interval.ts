/** The small chart of a rate with its confidence interval. */
import * as Plot from '@observablehq/plot';
import type { Markup } from '../html.ts';
import { svg } from './svg.ts';

/** A dot for a rate and a line for its interval, on a scale from 0 to `highest`. `key`: a colour of the style sheet. */
export function interval(estimate: { rate: number; low: number; high: number }, highest: number, key: string): Markup {
  const middle = () => 0;
  return svg(
    {
      width: 84,
      height: 14,
      margin: 0,
      marginLeft: 4,
      marginRight: 4,
      x: { domain: [0, highest], axis: null },
      y: { domain: [-1, 1], axis: null },
    },
    Plot.ruleY([estimate], {
      y: middle,
      x1: 'low',
      x2: 'high',
      stroke: `var(--${key})`,
      strokeWidth: 2,
      strokeOpacity: 0.5,
    }),
    Plot.dot([estimate], { x: 'rate', y: middle, r: 3.5, fill: `var(--${key})` }),
  );
}
