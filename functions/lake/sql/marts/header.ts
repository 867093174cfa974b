/** Writes the comment at the head of a generated view. */
import type { ViewClock } from '../views/view.ts';

/** What the comment at the head of a generated view's file says. */
export interface Header {
  doc: string;
  clock: ViewClock;
  grain: readonly string[];
  columns: readonly { name: string; type: string; doc: string }[];
  /** names that every view of the family has in this order, so that a run of them can stand in one line */
  order: readonly string[];
}

const WIDTH = 120;
/** Of a line's names alone. */
const GRAIN_WIDTH = 104;

/** The comment that `parseView` reads: words first, then clock, grain and columns under each other. */
export function headerText({ doc, clock, grain, columns, order }: Header): string {
  const named = inRuns(columns, order);
  const listed = named.filter(({ type }) => type !== '');
  const names = Math.max(...listed.map(({ name }) => name.length));
  const types = Math.max(...listed.map(({ type }) => type.length));
  const lines = named.flatMap(({ name, type, doc: meaning }) => {
    const lead = type === '' ? `    ${name} ` : `    ${name.padEnd(names)} ${type.padEnd(types)} `;
    return wrapped(meaning, WIDTH - lead.length).map(
      (line, at) => `${at === 0 ? lead : ' '.repeat(lead.length)}${line}`,
    );
  });
  const facts = [`clock: ${clock}`, ...grainLines(grain), GENERATED, 'columns:'];
  return `/*\n${[...wrapped(doc, WIDTH), '', ...facts, ...lines].join('\n')}\n*/\n`;
}

const GENERATED = 'generated: npm run sql, from functions/lake/sql/marts; change it there, as this file is overwritten';

/**
 * Columns whose meaning is that of another view, one after another, share a line without types: `a, d … g = view`, where
 * `d … g` are all columns of the view from d to g.
 */
function inRuns(columns: Header['columns'], order: readonly string[]): Header['columns'] {
  const lines: (Header['columns'][number] & { names: string[] })[] = [];
  for (const column of columns) {
    const line = lines.at(-1);
    const isShared = column.doc.startsWith('= ') && line?.doc === column.doc;
    if (line && isShared) line.names.push(column.name);
    else lines.push({ ...column, names: [column.name] });
  }
  return lines.flatMap(({ names, ...column }) => {
    if (names.length === 1) return [column];
    return filled(runs(names, order), WIDTH - `     ${column.doc}`.length, ', ').map((name) => ({
      ...column,
      name,
      type: '',
    }));
  });
}

/** The names, three or more that follow each other in `order` as `first … last`. */
function runs(names: readonly string[], order: readonly string[]): string[] {
  const found: string[][] = [];
  for (const name of names) {
    const run = found.at(-1);
    const last = run?.at(-1);
    const isNext = last !== undefined && order.includes(last) && name === order[order.indexOf(last) + 1];
    if (isNext) run?.push(name);
    else found.push([name]);
  }
  return found.flatMap((run) => (run.length < 3 ? run : [`${run[0]} … ${run.at(-1)}`]));
}

/** Lines of as many items as fit, with the separator between those of a line. */
function filled(items: readonly string[], width: number, separator: string): string[] {
  const lines: string[] = [];
  for (const item of items) {
    const longer = `${lines.at(-1)}${separator}${item}`;
    if (lines.length > 0 && longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(item);
  }
  return lines;
}

/** Lines of whole words. */
const wrapped = (text: string, width: number): string[] => filled(text.split(' '), width, ' ');

/** As many names a line as fit; `parseView` puts them together. */
const grainLines = (grain: readonly string[]): string[] =>
  filled(grain, GRAIN_WIDTH, ', ').map((names) => `grain: ${names}`);
