/** Draws a plot as inline SVG. */
import * as Plot from '@observablehq/plot';
import { type Markup, trusted } from '../html.ts';
import { Sheet } from './drawing.ts';

export interface DrawingOptions extends Plot.PlotOptions {
  /** stretched to the shape of its place: for lines without text */
  isStretched?: boolean;
}

/**
 * Draws a plot as inline SVG on the server. Data reaches it as text and attribute values, which drawing.ts
 * escapes; pass it through `visible` first. Nothing in the result depends on what was drawn before (so no `clip`,
 * whose ids are numbered). It is hidden from screen readers: the figure around it has words and a table.
 */
export function svg({ isStretched = false, ...options }: DrawingOptions, ...marks: Plot.Markish[]): Markup {
  const sheet = new Sheet();
  const drawing = Plot.plot({ className: 'plot', style: { fontSize: '12px' }, ...options, marks, document: sheet });
  drawing.setAttribute('aria-hidden', 'true');
  drawing.setAttribute('focusable', 'false');
  if (isStretched) drawing.setAttribute('preserveAspectRatio', 'none');
  // The page's own sheet styles all plots at once.
  return trusted(drawing.serialized(shown, (tagName: string) => tagName === 'style'));
}

/** Coordinates to a hundredth of a pixel: more digits only cost bytes. */
function shown(name: string, value: string): string | null {
  if (name === 'aria-label') return null;
  return COORDINATES.has(name) && value.includes('.') ? value.replace(DECIMAL, shorter) : value;
}

const COORDINATES = new Set(['d', 'transform', 'x', 'y', 'x1', 'x2', 'y1', 'y2', 'width', 'height', 'cx', 'cy']);
const DECIMAL = /-?\d+\.\d+/g;
const shorter = (decimal: string): string => String(Math.round(Number(decimal) * 100) / 100);
