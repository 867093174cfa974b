/** The frame of every chart: title, description and data table. */
import { type Content, html, type Markup } from '../html.ts';

export interface FigureOptions {
  /** unique on the page */
  id: string;
  title: string;
  /** what the chart shows and how to read it, in a sentence or two */
  description: Content;
  /** drawn for a page's width, and for a phone's if it can't just be scaled down */
  wide: Markup;
  narrow?: Markup;
  legend?: Markup | null;
  /** the chart's data, for those who can't see it or want the numbers */
  table: Markup;
}

/** A chart with its title, its description and the data behind it. */
export function figure({ id, title, description, wide, narrow, legend, table }: FigureOptions): Markup {
  return html`
<figure id="${id}" aria-labelledby="${id}-title" aria-describedby="${id}-description">
<div><h3 id="${id}-title">${title}</h3>
<p class="description" id="${id}-description">${description}</p>
${legend}</div>
<div><div class="chart${narrow && ' wide'}">${wide}</div>${narrow && html`<div class="chart narrow">${narrow}</div>`}</div>
<details><summary>Show the data<span class="unseen"> of: ${title}</span></summary>
${table}
</details>
</figure>`;
}

export interface LegendEntry {
  label: string;
  /** name of a class in the style sheet that gives the colour */
  key: string;
}

export const legend = (entries: readonly LegendEntry[]): Markup =>
  html`<ul class="legend">${entries.map(({ label, key }) => html`<li><span class="swatch ${key}"></span>${label}</li>`)}</ul>`;
