/**
 * A sheet of the dashboard as a page: its layout, controls, visuals and colours from the definition that QuickSight gets, with a
 * lake's answers to each visual's question. It shows what will be where; QuickSight draws it in its own way.
 */
import * as Plot from '@observablehq/plot';
import type { QueryResult, SqlValue } from '#lake/ports.ts';
import { svg } from '#report/charts/svg.ts';
import { html, type Markup, trusted, visible } from '#report/html.ts';
import { THEME } from '../../stacks/quicksight/theme.ts';
import { at, type Json, listAt, textAt } from '../stacks/graph.ts';
import type { Asked, Shown } from '../stacks/quicksight/query-of.ts';

/** A row by column: numbers, texts, and times as `YYYY-MM-DD` or ISO 8601. */
type Answer = Readonly<Record<string, SqlValue>>;
type Ask = (sql: string) => Promise<Answer[]>;

/** Rows of a result by column. */
export const answersOf = ({ columns, rows }: QueryResult): Answer[] =>
  rows.map((row) =>
    Object.fromEntries(
      columns.map(({ name, type }, i) => {
        const value = row[i] ?? null;
        const isTime = type.startsWith('timestamp') && typeof value === 'number';
        return [name, isTime ? new Date(value).toISOString() : value];
      }),
    ),
  );

/** @param asked the questions of the sheet's visuals, by their ids */
export async function previewPage(
  definition: Json,
  sheet: Json,
  asked: ReadonlyMap<string, Asked>,
  ask: Ask,
): Promise<Markup> {
  const titles = new Map([
    ...listAt(definition, 'FilterGroups')
      .flatMap((group) => listAt(group, 'Filters'))
      .flatMap(titled),
    ...listAt(sheet, 'FilterControls').flatMap((control): [string, string][] => {
      const [body] = Object.values(Object(control)) as Json[];
      const title = at(body, 'Title');
      return typeof title === 'string' ? [[textAt(body, 'SourceFilterId'), title]] : [];
    }),
    ...(at(sheet, 'ParameterControls') === undefined ? [] : listAt(sheet, 'ParameterControls')).map(
      (control): [string, string] => [
        textAt(control, 'TextField', 'ParameterControlId'),
        textAt(control, 'TextField', 'Title'),
      ],
    ),
  ]);
  const visuals = await Promise.all(
    listAt(sheet, 'Layouts', 0, 'Configuration', 'GridLayout', 'Elements').map(async (element) => {
      const question = asked.get(textAt(element, 'ElementId'));
      if (!question) throw new Error(`no question of visual ${textAt(element, 'ElementId')}`);
      const rows = await ask(question.sql);
      return html`<section id="${question.visual}" class="${cellsOf(element)}">
<h2>${question.title}</h2>${question.subtitle && html`<p>${question.subtitle}</p>`}
${rows.length === 0 ? html`<p class="none">No data</p>` : drawn(question, rows, sizeOf(element, question.subtitle !== null))}</section>`;
    }),
  );
  const controls = JSON.stringify(at(sheet, 'SheetControlLayouts')).matchAll(/"ElementId":"([^"]+)"/g);
  const name = textAt(sheet, 'Name');
  return html`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${name}: a preview</title>
<style>${trusted(STYLE)}</style></head><body><header><h1>${name}</h1><p>${textAt(sheet, 'Description')}</p>
<p class="preview">A preview from the definition and the demo’s numbers; QuickSight draws it in its own way.</p>
<ul>${Array.from(controls, ([, id = '']) => html`<li>${titles.get(id.slice(textAt(sheet, 'SheetId').length + 1)) ?? titles.get(id)} <span>${titles.has(id) ? '…' : 'All'}</span></li>`)}</ul></header>
<main>${visuals}</main></body></html>`;
}

/** A control's words, by the filter that it is of. */
function titled(filter: Json): [string, string][] {
  const [body] = Object.values(Object(filter)) as Json[];
  const control = at(body, 'DefaultFilterControlConfiguration');
  return control === undefined ? [] : [[textAt(body, 'FilterId'), textAt(control, 'Title')]];
}

/** Classes that place an element: the page's policy is to have no styles of its own on elements. */
const cellsOf = (element: Json): string => {
  const [column, span, row, height] = ['ColumnIndex', 'ColumnSpan', 'RowIndex', 'RowSpan'].map((key) =>
    Number(at(element, key)),
  );
  return `c${column} w${span} r${row} h${height}`;
};

const HEIGHT = 24;
const GAP = 8;
const PAGE = 1240;
const COLUMNS = 36;

interface Size {
  width: number;
  height: number;
}

/** Pixels that a drawing has, below title and note. */
const sizeOf = (element: Json, hasSubtitle: boolean): Size => ({
  width: (Number(at(element, 'ColumnSpan')) / COLUMNS) * PAGE - 40,
  height: Number(at(element, 'RowSpan')) * (HEIGHT + GAP) - (hasSubtitle ? 65 : 47),
});
const ROWS = 60;
const list = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const colour = (...path: (string | number)[]): string => textAt(THEME, ...path);
const COLOURS = listAt(THEME, 'DataColorPalette', 'Colors').map(String);

const STYLE = `
body { margin: 0; padding: 16px 20px; font: 13px/1.4 system-ui, sans-serif; width: ${PAGE}px;
  background: ${colour('UIColorPalette', 'SecondaryBackground')}; color: ${colour('UIColorPalette', 'PrimaryForeground')}; }
h1 { font-size: 20px; margin: 0; } header p { margin: 2px 0; color: ${colour('UIColorPalette', 'SecondaryForeground')}; }
header .preview { font-style: italic; } header ul { display: flex; flex-wrap: wrap; gap: 8px; padding: 0; margin: 10px 0; list-style: none; }
header li { background: #fff; border: 1px solid #ddd; border-radius: 4px; padding: 4px 10px; } header li span { font-weight: 600; margin-left: 6px; }
main { display: grid; grid-template-columns: repeat(${COLUMNS}, 1fr); grid-auto-rows: ${HEIGHT}px; gap: ${GAP}px; }
section { background: ${colour('UIColorPalette', 'PrimaryBackground')}; border: 1px solid #ddd; border-radius: 4px; padding: 8px 12px; overflow: hidden; }
h2 { font-size: 14px; margin: 0; } section p { margin: 0; color: ${colour('UIColorPalette', 'SecondaryForeground')}; }
.number { font-size: 30px; font-weight: 600; } .number small { font-size: 13px; font-weight: 400; } table { border-collapse: collapse; width: 100%; margin-top: 4px; }
th, td { text-align: left; padding: 3px 8px 3px 0; border-bottom: 1px solid #eee; vertical-align: top; font-size: 12px; }
th { font-weight: 600; } .right { text-align: right; } .plot { display: block; max-width: 100%; }
ul.legend { display: flex; flex-wrap: wrap; gap: 2px 12px; padding: 0; margin: 2px 0; list-style: none; font-size: 11px; max-height: 32px; overflow: hidden; }
${COLOURS.map((one, i) => `.k${i}::before { content: '■ '; color: ${one}; }`).join('\n')}
${list(COLUMNS)
  .map((i) => `.c${i} { grid-column-start: ${i + 1} } .w${i + 1} { grid-column-end: span ${i + 1} }`)
  .join('\n')}
${list(ROWS)
  .map((i) => `.r${i} { grid-row-start: ${i + 1} } .h${i + 1} { grid-row-end: span ${i + 1} }`)
  .join('\n')}
`;

const drawn = (question: Asked, rows: readonly Answer[], size: Size): Markup => {
  const draw = DRAWINGS[question.kind];
  if (!draw) throw new Error(`no drawing of a ${question.kind}`);
  return draw(question, rows, size);
};

type Cell = Answer[string];
const cell = (row: Answer, i: number): Cell => row[`f${i}`] ?? null;
const number = (value: Cell): number | null => (value === null ? null : Number(value));
const percentage = (value: number): string => `${(value * 100).toFixed(2)}%`;

/** A number as the definition's format has it; a time without seconds. */
function written(value: Cell, { format }: Pick<Shown, 'format'>): string {
  if (value === null) return '–';
  if (typeof value === 'string') return visible(value.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):.*Z$/, '$1 $2'));
  if (format === 'percent') return percentage(Number(value));
  return typeof value === 'boolean'
    ? String(Number(value))
    : new Intl.NumberFormat('en', { maximumFractionDigits: 2 }).format(value);
}

const isOf = (question: Asked, use: Shown['use']): number[] =>
  question.shown.flatMap((one, i) => (one.use === use ? [i] : []));
const day = (value: Cell): Date => new Date(String(value));
const colourOf = (i: number): string => COLOURS[i % COLOURS.length] ?? '';
const isPercent = ({ shown }: Asked): boolean =>
  shown.some(({ use, format }) => use === 'value' && format === 'percent');

/** Names of colours, above a drawing. */
const legend = (names: readonly string[]): Markup | '' =>
  names.length < 2
    ? ''
    : html`<ul class="legend">${names.map((name, i) => html`<li class="k${i % COLOURS.length}">${name}</li>`)}</ul>`;

interface Point {
  x: Date | number;
  y: number | null;
  series: string;
}

/** What is drawn over time or a number: a series for each value, or for each text of the field that colours. */
function seriesOf(question: Asked, rows: readonly Answer[]): { points: Point[]; names: string[] } {
  const values = isOf(question, 'value');
  const groups = isOf(question, 'group');
  const along = question.sortedBy?.at ?? groups.find((i) => question.shown[i]?.isDate) ?? 0;
  const each = groups.find((i) => i !== along);
  const points = rows
    .flatMap((row) =>
      values.map((i): Point => {
        const place = cell(row, along);
        return {
          x: question.shown[along]?.isDate ? day(place) : Number(place),
          y: number(cell(row, i)),
          series: each === undefined ? (question.shown[i]?.label ?? '') : visible(String(cell(row, each) ?? 'none')),
        };
      }),
    )
    .sort((a, b) => Number(a.x) - Number(b.x));
  const total = (name: string): number =>
    points.reduce((sum, one) => sum + (one.series === name ? (one.y ?? 0) : 0), 0);
  const names = [...new Set(points.map(({ series }) => series))];
  return { points, names: each === undefined ? names : names.sort((a, b) => total(b) - total(a)) };
}

const DRAWINGS: Readonly<Record<string, (question: Asked, rows: readonly Answer[], size: Size) => Markup>> = {
  KPIVisual(question, rows, { width }) {
    const [value = 0] = isOf(question, 'value');
    const [time = 1] = isOf(question, 'group');
    const shown = question.shown[value] ?? { format: 'number' };
    const course = [...rows].sort((a, b) => day(cell(a, time)).getTime() - day(cell(b, time)).getTime());
    // The last one is under way, where the lake's mail ends: the definition leaves it out.
    course.pop();
    const [before, last] = [course.at(-2), course.at(-1)].map((row) => row && number(cell(row, value)));
    const change = before && last != null ? `${last < before ? '' : '+'}${percentage(last / before - 1)}` : '';
    return html`<div class="number">${written(last ?? null, shown)} <small>${change}</small></div>${svg(
      { width, height: 45, axis: null, margin: 2, y: { zero: true } },
      Plot.lineY(course, {
        x: (row: Answer) => day(cell(row, time)),
        y: (row: Answer) => number(cell(row, value)),
        stroke: colourOf(0),
      }),
    )}`;
  },
  LineChartVisual(question, rows, { width, height }) {
    const { points, names } = seriesOf(question, rows);
    const isTime = points[0]?.x instanceof Date;
    return html`${legend(names)}${svg(
      {
        width,
        height: height - (names.length > 1 ? 20 : 0),
        marginLeft: 55,
        marginBottom: 35,
        color: { domain: names, range: names.map((_, i) => colourOf(i)) },
        y: {
          label: null,
          grid: true,
          zero: !question.isCutOff,
          ticks: 5,
          ...(isPercent(question) ? { tickFormat: '.1%' } : {}),
        },
        x: { type: isTime ? 'utc' : 'linear', label: null },
      },
      Plot.lineY(points, { x: 'x', y: 'y', stroke: 'series', z: 'series' }),
      Plot.ruleY(question.limits, { y: 'value', strokeDasharray: '4,3' }),
      Plot.text(question.limits, { y: 'value', text: 'name', frameAnchor: 'right', textAnchor: 'end', dy: -6 }),
    )}`;
  },
  BarChartVisual(question, rows, { width, height }) {
    if (question.isUpright) {
      const { points, names } = seriesOf(question, rows);
      return html`${legend(names)}${svg(
        {
          width,
          height: height - (names.length > 1 ? 20 : 0),
          marginLeft: 55,
          marginBottom: 35,
          color: { domain: names, range: names.map((_, i) => colourOf(i)) },
          y: { label: null, grid: true, ticks: 5 },
          x: { type: 'utc', label: null },
        },
        Plot.rectY(points, { x: 'x', y: 'y', fill: 'series', interval: 'day', order: names }),
      )}`;
    }
    const [value = 0] = isOf(question, 'value');
    const [group = 0, stacked] = isOf(question, 'group');
    const bars = rows.map((row) => ({
      name: visible(String(cell(row, group) ?? 'none')),
      of: number(cell(row, value)) ?? 0,
      part: stacked === undefined ? '' : visible(String(cell(row, stacked) ?? 'none')),
    }));
    const sums = new Map<string, number>();
    for (const { name, of } of bars) sums.set(name, (sums.get(name) ?? 0) + of);
    const kept = [...sums].sort(([, a], [, b]) => b - a).slice(0, 12);
    const names = [...new Set(bars.map(({ part }) => part))].sort();
    return html`${legend(names)}${svg(
      {
        width,
        height: height - (names.length > 1 ? 20 : 0),
        marginLeft: 265,
        marginBottom: 35,
        color: { domain: names, range: names.map((_, i) => colourOf(i)) },
        x: { label: null, grid: true },
        y: {
          label: null,
          domain: kept.map(([name]) => name),
          tickFormat: (name: string) => (name.length > 38 ? `${name.slice(0, 37)}…` : name),
        },
      },
      Plot.barX(
        bars.filter(({ name }) => kept.some(([one]) => one === name)),
        { x: 'of', y: 'name', fill: 'part' },
      ),
    )}`;
  },
  HeatMapVisual(question, rows, { width, height }) {
    const [value = 0] = isOf(question, 'value');
    const [down = 0, across = 1] = isOf(question, 'group');
    const points = rows.map((row) => ({
      x: String(cell(row, across)).slice(0, 10),
      y: visible(String(cell(row, down))),
      of: number(cell(row, value)),
    }));
    const sorted = (texts: string[]): string[] =>
      [...new Set(texts)].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    const columns = sorted(points.map(({ x }) => x));
    return svg(
      {
        width,
        height,
        marginLeft: 90,
        marginBottom: 35,
        x: { domain: columns, label: null, ticks: columns.filter((_, i) => i % Math.ceil(columns.length / 14) === 0) },
        y: { label: null, type: 'band', domain: sorted(points.map(({ y }) => y)) },
        color: { type: 'linear', range: listAt(THEME, 'DataColorPalette', 'MinMaxGradient').map(String) },
      },
      Plot.cell(points, { x: 'x', y: 'y', fill: 'of', inset: 0.5 }),
    );
  },
  TableVisual({ shown, sortedBy }, rows, { height }) {
    const by = (row: Answer): number | string =>
      sortedBy === null
        ? 0
        : typeof cell(row, sortedBy.at) === 'string'
          ? String(cell(row, sortedBy.at))
          : Number(cell(row, sortedBy.at));
    const direction = sortedBy?.isDescending ? -1 : 1;
    const ordered = [...rows].sort((a, b) => (by(a) < by(b) ? -direction : by(a) > by(b) ? direction : 0));
    const side = ({ use, format }: Shown): string => (use === 'value' || format === 'percent' ? 'right' : '');
    return html`<table><thead><tr>${shown.map((one) => html`<th class="${side(one)}">${one.label}</th>`)}</tr></thead><tbody>${ordered
      .slice(0, Math.floor(height / 22))
      .map(
        (row) =>
          html`<tr>${shown.map((one, i) => html`<td class="${side(one)}">${written(cell(row, i), one)}</td>`)}</tr>`,
      )}</tbody></table>`;
  },
};
