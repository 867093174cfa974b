/** What tables and views mean, from their own declarations and headers. Needs no lake. */
import { fileURLToPath } from 'node:url';
import { didYouMean, UsageError } from '#host/failure.ts';
import { loadSql } from '#host/sql-folder.ts';
import { PRESTO_TYPES, type View } from '#lake/sql/views/view.ts';
import { TABLES } from '#lake/tables/index.ts';
import type { Table } from '#lake/tables/table.ts';

export interface DictionaryColumn {
  name: string;
  /** in Presto's words */
  type: string;
  doc: string;
}

export interface DictionaryEntry {
  kind: 'table' | 'view' | 'seed';
  name: string;
  /** ends with the grain: "One row per …" */
  doc: string;
  /** columns that are distinct for each row */
  key: readonly string[];
  /** what the days of a table or a view's rows are */
  day: string;
  columns: DictionaryColumn[];
}

/** @throws UsageError that names what is like it, else `hint` */
export function entryNamed(entries: readonly DictionaryEntry[], name: string, hint: string): DictionaryEntry {
  const found = entries.find((entry) => entry.name === name.toLowerCase());
  if (found) return found;
  const names = entries.map((entry) => entry.name);
  throw new UsageError(`there is no table or view ${name}`, didYouMean(name, names) ?? hint);
}

/** Tables, then views in order of name, then the seeds that a user may edit. */
export async function dictionary(): Promise<DictionaryEntry[]> {
  const { views } = await loadSql(fileURLToPath(new URL('../../../sql', import.meta.url)));
  const entries = views.map(viewEntry).sort((a, b) => (a.name < b.name ? -1 : 1));
  return [
    ...Object.values(TABLES).map(tableEntry),
    ...entries.filter(({ kind }) => kind === 'view'),
    ...entries.filter(({ kind }) => kind === 'seed'),
  ];
}

const tableEntry = ({ name, doc, grain, key, partition, columns }: Table): DictionaryEntry => ({
  kind: 'table',
  name,
  doc: `${doc} ${grain}`,
  key,
  day: `partitioned by dt: ${partition}`,
  columns: [
    ...Object.entries(columns).map(([column, { type, doc: meaning }]) => ({
      name: column,
      type: PRESTO_TYPES[type],
      doc: meaning,
    })),
    { name: 'dt', type: 'varchar', doc: `The partition, as YYYY-MM-DD: ${partition}.` },
  ],
});

const viewEntry = ({ name, folder, doc, clock, grain, columns }: View): DictionaryEntry => ({
  kind: folder === 'seeds' ? 'seed' : 'view',
  name,
  doc,
  key: grain,
  day: CLOCKS[clock],
  columns,
});

const CLOCKS: Record<View['clock'], string> = {
  cohort: 'by send day: all that became of the mail sent on that day',
  'event day': 'by event day: what happened on that day, whenever the mail was sent',
  none: 'not by day',
};
