/** Independent Parquet readers, each giving rows as the table's declaration has them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance, DuckDBTimestampValue, type DuckDBValue } from '@duckdb/node-api';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import parquetjs from 'parquetjs-lite';
import { PARQUET_LOGICAL_TYPES } from 'parquetjs-lite/lib/types.js';
import type { Column, Table } from '#lake/tables/table.ts';

export type PlainValue = string | number | bigint | boolean | null;
export type PlainRow = Record<string, PlainValue>;

/** A row as every reader should give it: 64-bit integers as BigInt, times in ms, no lone surrogates. */
export const expected = (table: Table, row: Readonly<Record<string, unknown>>): PlainRow =>
  mapColumns(table, (name, { type }) => plain(type, row[name]));

export async function readWithHyparquet(table: Table, bytes: Uint8Array): Promise<PlainRow[]> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  const rows = await parquetReadObjects({ file, compressors });
  return rows.map((row) => expected(table, row));
}

/** parquetjs-lite reads the compatible profile only, and no timestamps unless it is helped. */
export async function readWithParquetjs(table: Table, bytes: Uint8Array): Promise<PlainRow[]> {
  const timestamp = PARQUET_LOGICAL_TYPES.TIMESTAMP_MILLIS;
  if (timestamp) timestamp.fromPrimitive = (value) => new Date(Number(value));
  const reader = await parquetjs.ParquetReader.openBuffer(Buffer.from(bytes));
  const cursor = reader.getCursor();
  const rows: PlainRow[] = [];
  for (let row = await cursor.next(); row; row = await cursor.next()) rows.push(expected(table, row));
  await reader.close();
  return rows;
}

/** DuckDB over one Parquet file, which SQL sees as `file`. */
export async function queryWithDuckDB(bytes: Uint8Array, sql: string): Promise<Record<string, DuckDBValue>[]> {
  const folder = mkdtempSync(join(tmpdir(), 'parquet-'));
  const path = join(folder, 'file.parquet');
  writeFileSync(path, bytes);
  const instance = await DuckDBInstance.create();
  const connection: DuckDBConnection = await instance.connect();
  try {
    await connection.run(`create view file as select * from read_parquet('${path}')`);
    const result = await connection.runAndReadAll(sql.replaceAll('$path', `'${path}'`));
    return result.getRowObjects();
  } finally {
    connection.closeSync();
    instance.closeSync();
    rmSync(folder, { recursive: true });
  }
}

export async function readWithDuckDB(table: Table, bytes: Uint8Array): Promise<PlainRow[]> {
  const rows = await queryWithDuckDB(bytes, 'select * from file');
  return rows.map((row) => expected(table, row));
}

function plain(type: Column['type'], value: unknown): PlainValue {
  if (value === null || value === undefined) return null;
  if (value instanceof DuckDBTimestampValue) return Number(value.micros / 1000n);
  if (value instanceof Date) return value.getTime();
  if (Buffer.isBuffer(value)) return value.toString('utf8');
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'bigint' || typeof value === 'number') return type === 'bigint' ? BigInt(value) : Number(value);
  if (typeof value === 'boolean') return value;
  throw new TypeError(`unexpected value: ${String(value)}`);
}

function mapColumns(table: Table, plainOf: (name: string, column: Column) => PlainValue): PlainRow {
  return Object.fromEntries(Object.entries(table.columns).map(([name, column]) => [name, plainOf(name, column)]));
}
