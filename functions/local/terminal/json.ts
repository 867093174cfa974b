import type { QueryResult } from '#lake/ports.ts';
import { jsonValue } from './value.ts';

/** An array of rows, one a line, as data is: nothing is escaped but what JSON asks for. */
export function* jsonLines({ columns, rows }: QueryResult): Generator<string> {
  const names = columns.map(({ name }) => JSON.stringify(name));
  if (rows.length === 0) return yield '[]\n';
  for (const [i, row] of rows.entries()) {
    const fields = columns.map(({ type }, column) => `${names[column]}:${jsonValue(row[column] ?? null, type)}`);
    yield `${i === 0 ? '[' : ' '}{${fields.join(',')}}${i === rows.length - 1 ? ']' : ','}\n`;
  }
}
