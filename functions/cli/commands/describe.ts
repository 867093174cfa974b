/** The command `describe`: prints what a table or view and its columns mean. */
import { Command } from 'commander';
import { padRight, safeText, wrapText } from '#host/safe-text.ts';
import type { Console } from '../console.ts';
import type { DictionaryEntry } from './dictionary.ts';
import { atStage, dictionaryAt, type StageNames } from './lake-place.ts';
import { examples, type JsonOption, jsonOption, LAKE } from './options.ts';

/** Longer lines are hard to read. */
const MOST_WIDTH = 110;
/** A meaning gets no less room than this, else it stands below its column. */
const LEAST_MEANING = 30;

export const describeCommand = (to: Console): Command =>
  atStage(
    new Command('describe')
      .description('print what a table or view and its columns mean')
      .argument('<name>', 'a table or view')
      .addOption(jsonOption())
      .addHelpText('after', examples(['describe events'], ['describe deliverability_daily --json']))
      .action(async (name: string, { json, ...place }: JsonOption & StageNames) => {
        const { entryNamed } = await import('./dictionary.ts');
        const entry = entryNamed(await dictionaryAt(place, to), name, `see all of them: ${LAKE} views`);
        return json ? to.json(entry) : to.print(entryLines(entry, to));
      }),
  );

function* entryLines(
  { kind, name, doc, key, day, columns }: DictionaryEntry,
  { palette, width }: Console,
): Generator<string> {
  const room = Math.min(width, MOST_WIDTH);
  yield `${palette.bold(name)} (${kind})`;
  yield* wrapText(doc, room);
  yield '';
  if (key.length > 0) yield* hanging('key', key.join(', '), room, palette.dim);
  yield* hanging('day', day, room, palette.dim);
  yield '';
  const names = Math.max(...columns.map((column) => column.name.length));
  const types = Math.max(...columns.map((column) => column.type.length));
  const indent = names + types + 6;
  const isBeside = room - indent >= LEAST_MEANING;
  for (const column of columns) {
    const head = `  ${palette.cyan(padRight(column.name, names))}  ${palette.dim(padRight(column.type, types))}`;
    const lines = wrapText(safeText(column.doc), isBeside ? room - indent : room - 6);
    if (!isBeside) yield head.trimEnd();
    for (const [i, line] of lines.entries()) {
      if (isBeside) yield i === 0 ? `${head}  ${line}` : `${' '.repeat(indent)}${line}`;
      else yield `      ${line}`;
    }
  }
}

function* hanging(label: string, text: string, room: number, dim: (text: string) => string): Generator<string> {
  for (const [i, line] of wrapText(text, room - label.length - 2).entries()) {
    yield `${i === 0 ? dim(label) : ' '.repeat(label.length)}  ${line}`;
  }
}
