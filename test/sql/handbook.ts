/**
 * The handbook's questions and their answers: `sql/HANDBOOK.md` is written by hand but for the table below each query, which
 * `npm run handbook` writes anew. `node test/sql/handbook.ts` is that command.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DEMO } from '#cli/commands/demo.ts';
import { isNumericType, shownValue } from '#cli/terminal/formats.ts';
import type { QueryResult } from '#lake/ports.ts';
import { clicks, events, headers, units } from '#lake/tables/index.ts';
import { generatedLakes } from './generated-lake.ts';
import type { LakeFixture } from './lake-fixture.ts';

export const HANDBOOK = fileURLToPath(new URL('../../sql/HANDBOOK.md', import.meta.url));

export interface Question {
  /** its heading */
  title: string;
  sql: string;
  /** the table below the query, as the file has it */
  answer: string;
  /** all of it, from the heading on */
  text: string;
}

/** Every section that asks something. */
export const questionsOf = (handbook: string): Question[] =>
  handbook
    .split(/^(?=#{2,3} )/m)
    .filter((section) => section.startsWith('### '))
    .map((text) => {
      const [, title = '', sql = '', answer = ''] = ANSWERED.exec(text) ?? [];
      return { title, sql, answer, text };
    });

const ANSWERED = /^### ([^\n]+)\n.*?```sql\n(.*?)```\n\n((?:\|[^\n]*\n)*)/s;

/** The file with the answers that the lake gives now. */
export async function answered(handbook: string, ask: (sql: string) => Promise<QueryResult>): Promise<string> {
  let written = handbook;
  for (const { sql, answer, text } of questionsOf(handbook)) {
    const found = answerTable(await ask(sql));
    const block = `\`\`\`sql\n${sql}\`\`\`\n\n`;
    const before = `${block}${answer}`;
    const after = answer === '' ? `${block}${found}\n` : `${block}${found}`;
    written = written.replace(text, () => text.replace(before, () => after));
  }
  return written;
}

/** Rows as a table in Markdown, with values as the command line shows them. */
export function answerTable({ columns, rows }: QueryResult): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return [
    line(columns.map(({ name }) => name)),
    line(columns.map(({ type }) => (isNumericType(type) ? '---:' : '---'))),
    ...rows.map((row) =>
      line(
        columns.map(({ type }, at) =>
          shownValue(row[at] ?? null, type)
            .replaceAll('|', '\\|')
            .replace(/[<>]/g, '\\$&'),
        ),
      ),
    ),
  ].join('');
}

/** The demo's mail in memory: transformed and rolled up as the demo is, not settled, which changes no answer. */
export async function demoLake(): Promise<LakeFixture> {
  const { lakes } = await generatedLakes(DEMO, [{ tables: [events, headers, clicks, units] }]);
  const [lake] = lakes;
  if (!lake) throw new Error('no lake');
  return lake;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lake = await demoLake();
  writeFileSync(HANDBOOK, await answered(readFileSync(HANDBOOK, 'utf8'), lake.query));
  lake.close();
}
