/** Reads the rows of a query's result by column name, with checked types. */
import type { QueryResult, SqlValue } from '#lake/ports.ts';

/** A row of a result, read by column name. All but `has` throw TypeError if the column isn't there or of another type. */
export interface Row {
  has(name: string): boolean;
  /** bigints become numbers: counts of mail stay far below 2^53 */
  number(name: string): number;
  maybeNumber(name: string): number | null;
  text(name: string): string;
  maybeText(name: string): string | null;
  flag(name: string): boolean;
}

/** Runs a query. Its tables and views hold only the mail that the report, or this part of it, is about. */
export type Ask = (sql: string) => Promise<Row[]>;

export function rowsOf(result: QueryResult): Row[] {
  const places = new Map(result.columns.map((column, i) => [column.name, i]));
  return result.rows.map((values) => row(places, values));
}

function row(places: ReadonlyMap<string, number>, values: readonly SqlValue[]): Row {
  const value = (name: string): SqlValue => {
    const found = values[places.get(name) ?? -1];
    if (found === undefined) throw new TypeError(`the result has no column ${name}`);
    return found;
  };
  const wrong = (name: string, wanted: string): TypeError =>
    new TypeError(`column ${name} is no ${wanted}: ${String(value(name))}`);
  const maybeNumber = (name: string): number | null => {
    const found = value(name);
    if (found === null || typeof found === 'number') return found;
    if (typeof found === 'bigint') return Number(found);
    throw wrong(name, 'number');
  };
  const maybeText = (name: string): string | null => {
    const found = value(name);
    if (found === null || typeof found === 'string') return found;
    throw wrong(name, 'text');
  };
  return {
    has: (name) => places.has(name),
    maybeNumber,
    maybeText,
    number(name) {
      const found = maybeNumber(name);
      if (found === null) throw wrong(name, 'number');
      return found;
    },
    text(name) {
      const found = maybeText(name);
      if (found === null) throw wrong(name, 'text');
      return found;
    },
    flag: (name) => value(name) === true,
  };
}
