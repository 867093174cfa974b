/** Tables and views as dbt knows them: a source with a description of each column (dbt, "Add sources to your DAG"). */
import type { Table } from '../../tables/table.ts';
import { PRESTO_TYPES, type View } from '../views/view.ts';

/** What the time of the newest data is read from, for `dbt source freshness`: one row, cheap to read. */
const FRESHNESS = { view: 'data_freshness', column: 'newest_delivered_at', hours: 2 } as const;

/** The file `sources.yml`. Texts are written as JSON strings, which YAML takes as they are. */
export const dbtSources = (tables: readonly Table[], views: readonly View[]): string =>
  [
    '# Written by `npm run sql` from the tables’ declarations and the views’ headers; a test fails while it is not current.',
    'version: 2',
    'sources:',
    '  - name: maillake',
    '    description: "Events of Amazon SES and Pinpoint: see sql/README.md of Maillake."',
    '    database: awsdatacatalog',
    `    schema: "{{ var('maillake_schema', 'maillake_production') }}"`,
    '    tables:',
    ...tables.flatMap(({ name, doc, grain, columns }) =>
      entry(
        name,
        `${doc} ${grain}`,
        Object.entries(columns).map(([column, { type, doc: meaning }]) => [column, PRESTO_TYPES[type], meaning]),
      ),
    ),
    ...views.flatMap(({ name, doc, columns }) =>
      entry(
        name,
        doc,
        columns.map((column) => [column.name, column.type, column.doc]),
      ),
    ),
    '',
  ].join('\n');

const entry = (
  name: string,
  description: string,
  columns: readonly (readonly [name: string, type: string, meaning: string])[],
): string[] => [
  `      - name: ${name}`,
  `        description: ${text(description)}`,
  ...(name === FRESHNESS.view
    ? [
        `        loaded_at_field: ${FRESHNESS.column}`,
        `        freshness: { warn_after: { count: ${FRESHNESS.hours}, period: hour } }`,
      ]
    : []),
  '        columns:',
  ...columns.flatMap(([column, type, meaning]) => [
    `          - name: ${column}`,
    `            data_type: ${text(type)}`,
    `            description: ${text(meaning)}`,
  ]),
];

/** On one line; braces would be a template of dbt's. */
const text = (words: string): string =>
  JSON.stringify(
    words
      .replace(/\s+/g, ' ')
      .trim()
      .replace(/\{([{%#])/g, '{ $1'),
  );
