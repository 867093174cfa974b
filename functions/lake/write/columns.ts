/** Holds the rows of a table in memory, column by column, until they are written as Parquet. */
import type { Column, RowOf, Table } from '../tables/table.ts';
import { BooleanColumn } from './booleans.ts';
import type { ColumnBuffer, Value } from './column.ts';
import { InternedColumn } from './interned.ts';
import { Memory } from './memory.ts';
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
  readonly #memory = new Memory();
  #length = 0;

  /** @throws Error if a column's type has no columnar form */
  constructor(table: T) {
    this.table = table;
    this.#buffers = new Map(
      Object.entries(table.columns).map(([name, column]) => [name, makeColumn(name, column, this.#memory)]),
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

  /** Says that the rows below `length` have been put in, column by column. */
  extend(length: number): void {
    this.#length = length;
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

  /** @throws TypeError if the column is of another kind */
  columnOf<C extends ColumnBuffer>(name: string, kind: new (...args: never[]) => C): C {
    const buffer = this.column(name);
    if (!(buffer instanceof kind))
      throw new TypeError(`column is of another type: ${name} (table: ${this.table.name})`);
    return buffer;
  }

  /** The value in declared type; null also past the end. */
  at(name: string, row: number): Value | null {
    return this.column(name).at(row);
  }

  /**
   * Bytes that these rows take before encoding and compression: an upper bound, roughly, of the file they make. It
   * depends on these rows alone, so that what is cut by it is always cut alike.
   */
  sizeOf(rows: Uint32Array): number {
    return this.#sum((buffer) => buffer.sizeOf(rows));
  }

  /** At least what `sizeOf` gives for all rows, at no cost. */
  get bytes(): number {
    return this.#sum((buffer) => buffer.bytes);
  }

  /** Gives all memory back at once. No row may be looked at any more. */
  free(): void {
    this.#length = 0;
    this.#memory.free();
  }

  #sum(of: (buffer: ColumnBuffer) => number): number {
    return this.#buffers.values().reduce((sum, buffer) => sum + of(buffer), 0);
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

/** @throws Error for types that have no columnar form */
function makeColumn(name: string, { type, storage }: Column, memory: Memory): ColumnBuffer {
  switch (type) {
    case 'string':
      return storage === undefined ? new TextColumn(memory) : new InternedColumn(memory);
    case 'bigint':
    case 'timestamp':
      return new Int64Column(memory);
    case 'int':
      return new Int32Column(memory);
    case 'double':
      return new DoubleColumn();
    case 'boolean':
      return new BooleanColumn(memory);
    default:
      throw new Error(`type has no columnar form: ${type} (column: ${name})`);
  }
}
