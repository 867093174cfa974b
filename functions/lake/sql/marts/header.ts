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

/** Columns that follow each other here and in the view that their meaning is from: one line, `first … last = view`. */
function inRuns(columns: Header['columns'], order: readonly string[]): Header['columns'] {
  const runs: (Header['columns'][number] & { first: string; last: string })[] = [];
  for (const column of columns) {
    const run = runs.at(-1);
    const isNext = run !== undefined && order.includes(run.last) && column.name === order[order.indexOf(run.last) + 1];
    if (isNext && column.doc === run.doc && column.doc.startsWith('= ')) {
      runs[runs.length - 1] = { ...run, name: `${run.first} … ${column.name}`, type: '', last: column.name };
    } else runs.push({ ...column, first: column.name, last: column.name });
  }
  return runs;
}

/** Lines of whole words. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** As many names a line as fit; `parseView` puts them together. */
function grainLines(grain: readonly string[]): string[] {
  const lines: string[] = [];
  for (const name of grain) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + name.length < 110) lines[lines.length - 1] = `${last}, ${name}`;
    else lines.push(`grain: ${name}`);
  }
  return lines;
}
