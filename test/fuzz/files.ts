/** Writes columns as Parquet files, and reads them back with a reader that isn't ours. */
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { makeDecoder } from '#lake/decode/decode.ts';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { UnitRows } from '#lake/steps/transform/unit-rows.ts';
import type { FuzzInput } from './input.ts';
import { Violation } from './oracles.ts';
import { readInto } from './reading.ts';

/** Writes the input's rows as files and compares what hyparquet reads with the rows that went in. @throws Violation */
export async function checkFiles({ bytes, limits }: FuzzInput): Promise<void> {
  const unit = new UnitRows();
  const { rows } = await readInto(unit, makeDecoder(DEFAULT_SETTINGS), [bytes], limits);
  const found: string[] = [];
  try {
    for await (const file of unit.files('best', DEFAULT_SETTINGS.limits.fileBytes)) {
      const { buffer, byteOffset, byteLength } = new Uint8Array(file.bytes);
      const whole = buffer.slice(byteOffset, byteOffset + byteLength);
      const read = await parquetReadObjects({ file: whole, compressors, parsers: EXACT_TEXT });
      if (read.length !== file.rows)
        throw new Violation('parquet', `${file.rows} rows of ${file.table}, ${read.length} read`);
      for (const row of read) found.push(`${file.table} ${plain(row)}`);
    }
  } catch (error) {
    if (error instanceof Violation) throw error;
    throw new Violation('parquet', error instanceof Error ? (error.stack ?? '').slice(0, 600) : String(error));
  }
  // A bounce that came by two feeds leaves the better copy: how many rows there are is known, which they are is not.
  const wanted = rows
    .filter((row) => !row.startsWith('events false '))
    .map((row) => row.replace(/^events true /, 'events '));
  if (found.length !== wanted.length) throw new Violation('parquet', `${wanted.length} rows, ${found.length} read`);
  const isReplaced = rows.length !== wanted.length;
  const expected = wanted.map(
    (row) => `${row.slice(0, row.indexOf(' '))} ${plain(JSON.parse(row.slice(row.indexOf(' '))))}`,
  );
  const known = new Set(found);
  const missing = expected.find((row) => !known.has(row));
  if (missing !== undefined && !isReplaced) {
    throw new Violation('parquet', `not read back: ${missing.slice(0, 700)} but e.g. ${found[0]?.slice(0, 700)}`);
  }
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
/** The reader's own decoder takes a byte-order mark off each text that begins with one. */
const EXACT_TEXT = { stringFromBytes: (bytes: Uint8Array): string => utf8.decode(bytes) };

/** A row without its nulls, in order of column, times in ms, integers as text, lone surrogates replaced. */
const plain = (row: Record<string, unknown>): string =>
  JSON.stringify(
    Object.entries(row)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => [name, plainValue(value)])
      .sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
  );

const plainValue = (value: unknown): string => {
  if (value instanceof Date) return String(value.getTime());
  return typeof value === 'string' ? value.toWellFormed() : String(value);
};
