import type { Table } from '../tables/table.ts';
import { PRESTO_TYPES, type View } from './view.ts';

const HEAD = `# Data dictionary

Made from the tables' declarations (\`functions/lake/tables\`) and the views' headers by
\`node functions/local/dictionary.ts\`; a test fails while this file is not current. Don't edit it.

- \`staging/\` prepares a table for reading: provider, labels, what counts. \`marts/\` answers questions. Each view is one
  file in Athena's dialect, which the local engine runs unchanged.
- \`rollup/\` is the select that writes the table \`recipient_messages\`; it is no view.
- \`seeds/\` are small lists to edit: providers, status codes, machine agents, thresholds, settings. Each becomes the view
  \`seed_<name>\` over its rows as VALUES: there is no table to create, load or keep in step, and a view stays a text that
  stands alone on either engine.
- Two clocks, never mixed: a _cohort_ view tells what happened to the mail sent on a day and reads
  \`recipient_messages\`; an _event day_ view tells what happened on a day and reads \`events\`.
- Where a view has \`dt\`, a filter on it, or on the date beside it (\`send_date\`, \`event_date\`), reads those days only,
  on either engine: the date is \`from_iso8601_date(dt)\`, and what rests on a partition column alone is tried on each
  partition before a file is opened. Two views compare a day with earlier ones and read these too: event_volume_daily the
  same weekday of four weeks, deliverability_anomalies all days. Times are UTC.
`;

/** The data dictionary, sql/README.md: tables, then views by folder, each with its columns. */
export function dictionary(tables: readonly Table[], views: readonly View[]): string {
  const parts = [HEAD, contents(tables, views), '## Tables\n', ...tables.map(tableSection)];
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
    ...tables.map(({ name, grain }) => [name, 'table', grain]),
    ...['marts', 'staging', 'seeds'].flatMap((folder) =>
      inFolder(views, folder).map(({ name, doc }) => [name, folder, grainSentence(doc)]),
    ),
  ];
  return markdownTable(
    ['name', 'what', 'grain'],
    rows.map(([name = '', kind = '', grain = '']) => [`[${name}](#${name})`, kind, grain]),
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

/** Columns stand under each other, as the formatter wants them. */
function markdownTable(head: readonly string[], rows: readonly string[][]): string {
  const cells = [head, ...rows].map((row) => row.map(cell));
  const widths = head.map((_, at) => Math.max(3, ...cells.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((text, at) => text.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  const [first = [], ...rest] = cells;
  const rule = widths.map((width) => '-'.repeat(width));
  return `${[first, rule, ...rest].map(line).join('\n')}\n`;
}

const grainSentence = (doc: string): string => doc.slice(Math.max(0, doc.lastIndexOf('One row ')));

/** A bar would end the cell. */
const cell = (text: string): string => text.replaceAll('|', '\\|');
