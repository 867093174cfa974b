/** The command `views`: lists tables and views by topic. */
import { Command } from 'commander';
import { wrapText } from '#host/safe-text.ts';
import type { Console } from '../console.ts';
import type { DictionaryEntry } from './dictionary.ts';
import { atStage, dictionaryAt, type StageNames } from './lake-place.ts';
import { examples, type JsonOption, jsonOption, LAKE } from './options.ts';
import { byTopic } from './topics.ts';

export const viewsCommand = (to: Console): Command =>
  atStage(
    new Command('views')
      .description('list tables and views')
      .addOption(jsonOption())
      .addHelpText(
        'after',
        examples(
          ['views'],
          ['describe deliverability_daily', 'the columns of one of them'],
          ['views --stage production', 'those that a stage has'],
        ),
      )
      .action(async ({ json, ...place }: JsonOption & StageNames) => {
        const entries = await dictionaryAt(place, to);
        const of = (kind: DictionaryEntry['kind']): DictionaryEntry[] => entries.filter((entry) => entry.kind === kind);
        if (json) {
          const brief = (kind: DictionaryEntry['kind']) =>
            of(kind).map(({ name, doc, key, day }) => ({ name, doc, key, day }));
          const views = byTopic(brief('view')).flatMap(([topic, ofTopic]) =>
            ofTopic.map((view) => ({ ...view, topic })),
          );
          return to.json({ views, tables: brief('table'), seeds: brief('seed') });
        }
        await to.print([
          ...byTopic(of('view')).flatMap(([topic, views]) => [...section(topic, views, to)]),
          ...section('Tables', of('table'), to),
          ...section('Seeds: lists that you may edit, in sql/seeds', of('seed'), to),
        ]);
        to.note(`columns and their meaning: ${LAKE} describe NAME`);
      }),
  );

function* section(title: string, entries: readonly DictionaryEntry[], { palette, width }: Console): Generator<string> {
  if (entries.length === 0) return;
  yield palette.bold(title);
  for (const { name, doc } of entries) {
    yield `  ${palette.cyan(name)}`;
    for (const line of wrapText(doc, Math.min(width, MOST_WIDTH) - 4)) yield `    ${line}`;
  }
  yield '';
}

/** Longer lines are hard to read. */
const MOST_WIDTH = 110;
