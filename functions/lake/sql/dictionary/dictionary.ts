/** Writes the data dictionary, sql/README.md. */
import type { Table } from '../../tables/table.ts';
import { PRESTO_TYPES, type View } from '../views/view.ts';
import { GUIDE } from './guide.ts';

/** The data dictionary, sql/README.md: tables, then views by folder, each with its columns. */
export function dictionary(tables: readonly Table[], views: readonly View[]): string {
  const parts = [GUIDE, '## Contents\n', contents(tables, views), '## Tables\n', ...tables.map(tableSection)];
  for (const [folder, title] of [
    ['marts', 'Marts'],
    ['staging', 'Staging'],
    ['seeds', 'Seeds'],
  ] as const) {
    parts.push(`## ${title}\n`, ...inFolder(views, folder).map(viewSection));
  }
  return `${parts.join('\n').trimEnd()}\n`;
}

const inFolder = (views: readonly View[], folder: string): View[] =>
  views.filter((view) => view.folder === folder).sort((a, b) => (a.name < b.name ? -1 : 1));

function contents(tables: readonly Table[], views: readonly View[]): string {
  const rows = [
    ...tables.map(({ name, doc, grain }) => [name, 'table', doc, grain]),
    ...['marts', 'staging', 'seeds'].flatMap((folder) =>
      inFolder(views, folder).map(({ name, doc }) => [name, folder, doc, grainSentence(doc)]),
    ),
  ];
  return markdownTable(
    ['name', 'what', 'tells', 'grain'],
    rows.map(([name = '', kind = '', doc = '', grain = '']) => [
      `[${name}](#${name})`,
      kind,
      firstSentence(doc),
      grain.replace(/^One row /, '').replace(/[.]$/, ''),
    ]),
  );
}

function tableSection({ name, doc, grain, key, partition, columns }: Table): string {
  const facts = `Key: ${key.join(', ')}. Partition \`dt\`: ${partition}.`;
  const rows = Object.entries(columns).map(([column, { type, nullable, doc: meaning }]) => [
    column,
    `${PRESTO_TYPES[type]}${nullable ? '' : ', never NULL'}`,
    meaning,
  ]);
  return section(name, `${doc} ${grain}`, facts, [
    ...rows,
    ['dt', 'varchar, never NULL', `The partition: ${partition}.`],
  ]);
}

function viewSection({ name, doc, clock, grain, columns, dependsOn }: View): string {
  const reads = dependsOn.length > 0 ? ` Reads: ${dependsOn.join(', ')}.` : '';
  const facts = `Clock: ${clock}. Grain: ${grain.join(', ')}.${reads}`;
  return section(
    name,
    doc,
    facts,
    columns.map((column) => [column.name, column.type, column.doc]),
  );
}

const section = (name: string, doc: string, facts: string, rows: readonly string[][]): string =>
  `### ${name}\n\n${doc}\n\n${facts}\n\n${markdownTable(['column', 'type', 'meaning'], rows)}`;

function markdownTable(head: readonly string[], rows: readonly string[][]): string {
  const line = (row: readonly string[]): string => `| ${row.map(cell).join(' | ')} |`;
  return `${[line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)].join('\n')}\n`;
}

const firstSentence = (doc: string): string => /^.*?[.](?= |$)/.exec(doc)?.[0] ?? doc;
const grainSentence = (doc: string): string => doc.slice(Math.max(0, doc.lastIndexOf('One row ')));

/** A bar would end the cell. */
const cell = (text: string): string => text.replaceAll('|', '\\|');
