import { Field, Int64, Schema, TimestampMillisecond } from 'apache-arrow';
import type { Column, RowOf, Table } from '../tables/table.ts';
import { BooleanColumn } from './booleans.ts';
import type { ColumnBuffer, Value } from './column.ts';
import { InternedColumn } from './interned.ts';
import { DoubleColumn, Int32Column, Int64Column } from './numbers.ts';
import { TextColumn } from './text.ts';

type Append = (row: Readonly<Record<string, unknown>>, index: number) => void;

/**
 * The rows of a table, held by column. A row is copied in value by value: nothing of it is kept.
 */
export class Columns<T extends Table = Table> {
  readonly table: T;
  readonly #buffers: Map<string, ColumnBuffer>;
  readonly #append: Append;
  #length = 0;

  /** @throws Error if a column's type has no columnar form */
  constructor(table: T) {
    this.table = table;
    this.#buffers = new Map(
      Object.entries(table.columns).map(([name, column], id) => [name, makeColumn(name, column, id)]),
    );
    this.#append = compileAppend(table, this.#buffers);
  }

  get length(): number {
    return this.#length;
  }

  /**
   * Copies a row in and returns its index, from 0. `undefined` counts as null.
   * @throws TypeError, RangeError if a value isn't of its column's type, or null where there must be a value; the row
   *   is then as if it had never been
   */
  append(row: RowOf<T>): number {
    const index = this.#length;
    try {
      this.#append(row, index);
    } catch (error) {
      this.truncate(index);
      throw error;
    }
    this.#length = index + 1;
    return index;
  }

  /** Takes back every row from `length` on. */
  truncate(length: number): void {
    for (const buffer of this.#buffers.values()) buffer.truncate(length);
    this.#length = Math.min(this.#length, length);
  }

  /** @throws Error if the table has no such column */
  column(name: string): ColumnBuffer {
    const buffer = this.#buffers.get(name);
    if (!buffer) throw new Error(`column does not exist: ${name} (table: ${this.table.name})`);
    return buffer;
  }

  /** The value in declared type; null also past the end. */
  at(name: string, row: number): Value | null {
    return this.column(name).at(row);
  }

  /** The table's columns as Arrow has them, in declared order. */
  schema(): Schema {
    const columns = Object.entries(this.table.columns);
    return new Schema(columns.map(([name, { nullable }]) => new Field(name, this.column(name).type, nullable)));
  }

  /** Bytes that these rows take before encoding and compression: an upper bound, roughly, of the file they make. */
  sizeOf(rows: Uint32Array): number {
    let sum = 0;
    for (const buffer of this.#buffers.values()) sum += buffer.sizeOf(rows);
    return sum;
  }
}

/**
 * One straight line of code for a table, because a loop over names would look each property up by hash:
 *
 *     for (const name of names) if (row[name] != null) buffers[name].put(index, row[name]);
 *
 * The code is made of column names that this repository declares, never of data.
 */
function compileAppend(table: Table, buffers: ReadonlyMap<string, ColumnBuffer>): Append {
  const columns = Object.entries(table.columns);
  const lines = columns.map(([name, column], i) => {
    const put = `if ((value = row[${JSON.stringify(name)}]) != null) c${i}.put(index, value);`;
    return column.nullable ? put : `${put} else missing(${JSON.stringify(name)});`;
  });
  const parameters = columns.map((_, i) => `c${i}`);
  const body = `'use strict'; return (row, index) => { let value;\n${lines.join('\n')}\n}`;
  const missing = (name: string): never => {
    throw new TypeError(`column must not be null: ${name} (table: ${table.name})`);
  };
  return new Function('missing', ...parameters, body)(missing, ...buffers.values());
}

/**
 * `id` tells the dictionaries of a table apart.
 * @throws Error for types that have no columnar form
 */
function makeColumn(name: string, { type, storage }: Column, id: number): ColumnBuffer {
  switch (type) {
    case 'string':
      if (storage === undefined) return new TextColumn();
      return new InternedColumn(storage === 'dictionary' ? id : null);
    case 'bigint':
      return new Int64Column(new Int64());
    // Times have no zone: that is SQL's plain `timestamp`, which the lake holds in UTC throughout. With a zone, DuckDB
    // would read `timestamp with time zone`, and Athena's tables know none.
    case 'timestamp':
      return new Int64Column(new TimestampMillisecond());
    case 'int':
      return new Int32Column();
    case 'double':
      return new DoubleColumn();
    case 'boolean':
      return new BooleanColumn();
    default:
      throw new Error(`type has no columnar form: ${type} (column: ${name})`);
  }
}
