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
  const titles = new Map(
    listAt(definition, 'FilterGroups')
      .flatMap((group) => listAt(group, 'Filters'))
      .flatMap(titled),
  );
  const visuals = await Promise.all(
    listAt(sheet, 'Layouts', 0, 'Configuration', 'GridLayout', 'Elements').map(async (element) => {
      const question = asked.get(textAt(element, 'ElementId'));
      if (!question) throw new Error(`no question of visual ${textAt(element, 'ElementId')}`);
      const rows = await ask(question.sql);
      return html`<section id="${question.visual}" class="${cellsOf(element)}">
<h2>${question.title}</h2>${question.subtitle && html`<p>${question.subtitle}</p>`}
${rows.length === 0 ? html`<p class="none">No data</p>` : drawn(question, rows, sizeOf(element))}</section>`;
    }),
  );
  const controls = JSON.stringify(at(sheet, 'SheetControlLayouts')).matchAll(/"ElementId":"([^"]+)"/g);
  const name = textAt(sheet, 'Name');
  return html`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${name}: a preview</title>
<style>${trusted(STYLE)}</style></head><body><header><h1>${name}</h1><p>${textAt(sheet, 'Description')}</p>
<p class="preview">A preview from the definition and the demo’s numbers; QuickSight draws it in its own way.</p>
<ul>${Array.from(controls, ([, id = '']) => html`<li>${titles.get(id.slice(textAt(sheet, 'SheetId').length + 1)) ?? 'Message id'} <span>All</span></li>`)}</ul></header>
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
const sizeOf = (element: Json): Size => ({
  width: (Number(at(element, 'ColumnSpan')) / COLUMNS) * PAGE - 40,
  height: Number(at(element, 'RowSpan')) * (HEIGHT + GAP) - 75,
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
.number { font-size: 30px; font-weight: 600; } table { border-collapse: collapse; width: 100%; margin-top: 4px; }
th, td { text-align: left; padding: 3px 8px 3px 0; border-bottom: 1px solid #eee; vertical-align: top; font-size: 12px; }
th { font-weight: 600; } .right { text-align: right; } .plot { display: block; max-width: 100%; }
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

/** A number as the definition's format has it. */
function written(value: Cell, { format }: Shown): string {
  if (value === null) return '–';
  if (typeof value === 'string') return visible(value);
  if (format === 'percent') return `${(Number(value) * 100).toFixed(3)}%`;
  return typeof value === 'boolean'
    ? String(Number(value))
    : new Intl.NumberFormat('en', { maximumFractionDigits: 2 }).format(value);
}

const isOf = (question: Asked, use: Shown['use']): number[] =>
  question.shown.flatMap((one, i) => (one.use === use ? [i] : []));
const day = (value: Cell): Date => new Date(String(value));

const DRAWINGS: Readonly<Record<string, (question: Asked, rows: readonly Answer[], size: Size) => Markup>> = {
  KPIVisual(question, rows, { width }) {
    const [value = 0] = isOf(question, 'value');
    const [time = 1] = isOf(question, 'group');
    const shown = question.shown[value];
    const course = [...rows].sort((a, b) => day(cell(a, time)).getTime() - day(cell(b, time)).getTime());
    const last = course.at(-1);
    return html`<div class="number">${last && shown ? written(cell(last, value), shown) : '–'}</div>${svg(
      { width, height: 50, axis: null, margin: 2 },
      Plot.lineY(course, {
        x: (row: Answer) => day(cell(row, time)),
        y: (row: Answer) => number(cell(row, value)),
        stroke: COLOURS[0] ?? '',
      }),
    )}`;
  },
  LineChartVisual(question, rows, size) {
    const values = isOf(question, 'value');
    const [time = 0, each] = isOf(question, 'group').sort(
      (a, b) => Number(question.shown[b]?.isDate) - Number(question.shown[a]?.isDate),
    );
    const points = rows
      .flatMap((row) =>
        values.map((i) => ({
          at: day(cell(row, time)),
          value: number(cell(row, i)),
          line: each === undefined ? (question.shown[i]?.column ?? '') : visible(String(cell(row, each))),
        })),
      )
      .sort((a, b) => a.at.getTime() - b.at.getTime());
    const lines = [...new Set(points.map(({ line }) => line))];
    return svg(
      {
        ...size,
        marginLeft: 50,
        color: { domain: lines, range: COLOURS, legend: false },
        y: { label: null, grid: true },
        x: { type: 'utc', label: null },
      },
      Plot.lineY(points, { x: 'at', y: 'value', stroke: 'line' }),
      Plot.ruleY(question.limits, { strokeDasharray: '4,3', y: (value: number) => value }),
      lines.map((line, i) =>
        Plot.text([{ line }], { frameAnchor: 'top-left', dx: 4, dy: i * 13, text: 'line', fill: 'line' }),
      ),
    );
  },
  BarChartVisual(question, rows, size) {
    const values = isOf(question, 'value');
    const [group = 0] = isOf(question, 'group');
    const sums = new Map<string, number>();
    for (const row of rows) {
      const name = visible(String(cell(row, group)));
      sums.set(name, (sums.get(name) ?? 0) + (number(cell(row, values[0] ?? 0)) ?? 0));
    }
    const bars = [...sums].map(([name, sum]) => ({ name: name.length > 40 ? `${name.slice(0, 39)}…` : name, sum }));
    return svg(
      { ...size, marginLeft: 270, x: { label: null }, y: { label: null } },
      Plot.barX(bars.sort((a, b) => b.sum - a.sum).slice(0, 12), {
        x: 'sum',
        y: 'name',
        fill: COLOURS[0] ?? '',
        sort: { y: '-x' },
      }),
    );
  },
  HeatMapVisual(question, rows, size) {
    const [value = 0] = isOf(question, 'value');
    const [down = 0, across = 1] = isOf(question, 'group');
    const points = rows.map((row) => ({
      x: String(cell(row, across)).slice(0, 10),
      y: visible(String(cell(row, down))),
      of: number(cell(row, value)),
    }));
    const columns = [...new Set(points.map(({ x }) => x))].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    return svg(
      {
        ...size,
        marginLeft: 90,
        x: { domain: columns, label: null, ticks: columns.filter((_, i) => i % Math.ceil(columns.length / 14) === 0) },
        y: { label: null, type: 'band' },
        color: { type: 'linear', range: listAt(THEME, 'DataColorPalette', 'MinMaxGradient').map(String) },
      },
      Plot.cell(points, { x: 'x', y: 'y', fill: 'of', inset: 0.5 }),
    );
  },
  TableVisual(question, rows) {
    const first = isOf(question, 'value')[0];
    const shown =
      first === undefined ? rows : [...rows].sort((a, b) => Number(cell(b, first)) - Number(cell(a, first)));
    return html`<table><thead><tr>${question.shown.map(({ column, use }) => html`<th class="${use === 'value' ? 'right' : ''}">${column}</th>`)}</tr></thead><tbody>${shown
      .slice(0, 8)
      .map(
        (row) =>
          html`<tr>${question.shown.map((one, i) => html`<td class="${one.use === 'value' ? 'right' : ''}">${written(cell(row, i), one)}</td>`)}</tr>`,
      )}</tbody></table>`;
  },
};
