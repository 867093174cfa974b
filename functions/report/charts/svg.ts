/** Draws a plot as inline SVG. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { type Markup, trusted } from '../html.ts';

const { document } = parseHTML('<!doctype html><html lang="en"></html>');

export interface DrawingOptions extends Plot.PlotOptions {
  /** stretched to the shape of its place: for lines without text */
  isStretched?: boolean;
}

/**
 * Draws a plot as inline SVG on the server. Data reaches it as text and attribute values of a DOM, whose serializer
 * escapes them; pass it through `visible` first. Nothing in the result depends on what was drawn before (so no `clip`,
 * whose ids are numbered). It is hidden from screen readers: the figure around it has words and a table.
 */
export function svg({ isStretched = false, ...options }: DrawingOptions, ...marks: Plot.Markish[]): Markup {
  const drawing = Plot.plot({ className: 'plot', style: { fontSize: '12px' }, ...options, marks, document });
  drawing.setAttribute('aria-hidden', 'true');
  drawing.setAttribute('focusable', 'false');
  if (isStretched) drawing.setAttribute('preserveAspectRatio', 'none');
  for (const element of drawing.querySelectorAll('*')) {
    // The page's own sheet styles all plots at once.
    if (element.tagName.toLowerCase() === 'style') element.remove();
    for (const name of COORDINATES) {
      const value: string | null = element.getAttribute(name);
      if (value?.includes('.')) element.setAttribute(name, value.replace(DECIMAL, shorter));
    }
    element.removeAttribute('aria-label');
  }
  return trusted(drawing.outerHTML);
}

/** More digits than a hundredth of a pixel only cost bytes. */
const COORDINATES = ['d', 'transform', 'x', 'y', 'x1', 'x2', 'y1', 'y2', 'width', 'height', 'cx', 'cy'] as const;
const DECIMAL = /-?\d+\.\d+/g;
const shorter = (decimal: string): string => String(Math.round(Number(decimal) * 100) / 100);
