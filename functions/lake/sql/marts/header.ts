import type { ViewClock } from '../views/view.ts';

/** What the comment at the head of a view's file says. */
export interface Header {
  doc: string;
  clock: ViewClock;
  grain: readonly string[];
  columns: readonly { name: string; type: string; doc: string }[];
}

const WIDTH = 120;

/** The comment that `parseView` reads: words first, then clock, grain and columns under each other. */
export function headerText({ doc, clock, grain, columns }: Header): string {
  const names = Math.max(...columns.map(({ name }) => name.length));
  const types = Math.max(...columns.map(({ type }) => type.length));
  const lines = columns.flatMap(({ name, type, doc: meaning }) => {
    const lead = `    ${name.padEnd(names)} ${type.padEnd(types)} `;
    return wrapped(meaning, WIDTH - lead.length).map(
      (line, at) => `${at === 0 ? lead : ' '.repeat(lead.length)}${line}`,
    );
  });
  return `/*\n${[...wrapped(doc, WIDTH), '', `clock: ${clock}`, `grain: ${grain.join(', ')}`, 'columns:', ...lines].join('\n')}\n*/\n`;
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
