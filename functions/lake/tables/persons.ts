/** Which columns hold something of persons, by name: what the tables declare, for relations that are made from them. */
import { TABLES } from './index.ts';
import type { Column, Person } from './table.ts';

const declared = Object.values(TABLES)
  .flatMap((table): [string, Column][] => Object.entries(table.columns))
  .flatMap(([name, { person }]): [string, Person][] => (person === undefined ? [] : [[name, person]]));

/**
 * Columns of views that hold what a declared column does, under another name. An example stands beside sums over many, so that of a
 * mail doesn't make its view one of single mails.
 */
const OF_VIEWS: readonly [string, Person][] = [
  ['example_diagnostic', 'text'],
  ['example_message_id', 'text'],
];

export const PERSON_COLUMNS: ReadonlyMap<string, Person> = new Map([...declared, ...OF_VIEWS]);

/**
 * Whether a relation with this column tells of single persons or mails, or shows what a mail says. One that only may hold an
 * address, such as a link, doesn't: sums over many stay open.
 */
export const tellsOfPersons = (column: string): boolean => {
  const person = PERSON_COLUMNS.get(column);
  return person !== undefined && person !== 'text';
};
