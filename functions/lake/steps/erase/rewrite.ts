/** Writes a Parquet file of the lake once more, without the rows of erased persons and without what names them in others. */
import { zstdDecompressSync } from 'node:zlib';
import { type Compressors, parquetMetadataAsync, parquetRead, parquetReadObjects } from 'hyparquet';
import { parseAddresses } from '../../decode/address.ts';
import { columnsOfPersons, type ErasedPersons } from '../../decode/erased-persons.ts';
import type { Settings } from '../../settings.ts';
import { headers, quarantine, TABLES } from '../../tables/index.ts';
import type { QuarantineRow } from '../../tables/quarantine.ts';
import { Columns } from '../../write/columns.ts';
import { encodeParquet } from '../../write/parquet.ts';

/** A file as it may stay. */
export interface ErasedFile {
  parts: { bytes: Uint8Array; rows: number }[];
  /** rows left out */
  rows: number;
  /** rows that lost what named a person */
  masked: number;
  /** raw objects that all these rows came from */
  sources: string[];
}

/** Null if the file names nobody of them. */
export type EraseFile = (
  table: string,
  bytes: Uint8Array,
  persons: ErasedPersons,
  settings: Settings,
) => Promise<ErasedFile | null>;

type Row = Record<string, unknown>;

/** Rows that are decoded at once. */
const ROWS_AT_ONCE = 1 << 17;
/** A file takes at most so much of its rows' size in memory (transform/unit-rows.ts). */
const FILE_BYTES_PER_RAW = 0.5;

const compressors: Compressors = { ZSTD: (input) => zstdDecompressSync(input) };

export const eraseFile: EraseFile = async (table, bytes, persons, settings) => {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  const metadata = await parquetMetadataAsync(file);
  const read = { file, metadata, compressors };
  if (!(await namesAny(table, read, persons))) return null;

  const declared = TABLES[table];
  if (!declared) throw new Error(`no such table: ${table}`);
  const erased: ErasedFile = { parts: [], rows: 0, masked: 0, sources: [] };
  const sources = new Set<string>();
  const columns = new Columns(declared);
  const flush = async (): Promise<void> => {
    if (columns.length === 0) return;
    const rows = Uint32Array.from({ length: columns.length }, (_, i) => i);
    erased.parts.push({ bytes: await encodeParquet(columns, rows, settings.parquet), rows: columns.length });
    columns.truncate(0);
  };
  const put = async (given: readonly Row[]): Promise<void> => {
    for (const [i, kept] of withoutThem(table, given, persons).entries()) {
      const row = given[i];
      if (kept !== row) sources.add(String(row?.source_key ?? ''));
      if (kept === null) erased.rows++;
      else if (kept !== row) erased.masked++;
      if (kept !== null) columns.append(kept as never);
    }
    // A file of quarantine stays one: it takes the place of one.
    const isFull = columns.bytes * FILE_BYTES_PER_RAW > settings.limits.fileBytes;
    if (isFull && table !== quarantine.name) await flush();
  };

  let message: Row[] = [];
  const all = Number(metadata.num_rows);
  for (let rowStart = 0; rowStart < all; rowStart += ROWS_AT_ONCE) {
    const rows = await parquetReadObjects({ ...read, rowStart, rowEnd: Math.min(all, rowStart + ROWS_AT_ONCE) });
    for (const row of rows.map(plain)) {
      // The headers of a mail lie together, and are looked at together.
      if (message.length > 0 && (table !== headers.name || message[0]?.message_id !== row.message_id)) {
        await put(message);
        message = [];
      }
      message.push(row);
    }
  }
  await put(message);
  if (erased.rows + erased.masked === 0) return null;
  await flush();
  columns.free();
  return { ...erased, sources: [...sources].filter((key) => key !== '').sort() };
};

/** Column by column, since nearly no file names any of them. */
async function namesAny(
  table: string,
  read: Parameters<typeof parquetRead>[0] & { metadata: { schema: readonly { name: string }[] } },
  persons: ErasedPersons,
): Promise<boolean> {
  const there = new Set(read.metadata.schema.map(({ name }) => name));
  let found = false;
  for (const column of columnsOfPersons(table)) {
    if (!there.has(column)) continue;
    let last: unknown;
    await parquetRead({
      ...read,
      columns: [column],
      onChunk: ({ columnData }) => {
        for (const value of columnData as ArrayLike<unknown> & Iterable<unknown>) {
          if (typeof value !== 'string' || value === last || found) continue;
          last = value;
          found =
            table === quarantine.name && column === 'raw'
              ? persons.isInBase64(value)
              : persons.isNamedIn(table, column, value);
        }
      },
    });
    if (found) return true;
  }
  return false;
}

/**
 * Rows as they may stay, in place: null for one that goes.
 * @param rows of headers all of one mail
 */
export function withoutThem<R extends object>(table: string, rows: readonly R[], persons: ErasedPersons): (R | null)[] {
  if (table === quarantine.name) return rows.map((row) => persons.quarantined(row as R & Rejected));
  if (table === headers.name && isOfThemAlone(rows, persons)) return rows.map(() => null);
  return rows.map((row) => persons.withoutThem(table, row));
}

type Rejected = Pick<QuarantineRow, 'detail' | 'raw'>;

/** Headers that name recipients. */
const RECIPIENTS: ReadonlySet<unknown> = new Set(['to', 'cc', 'bcc']);

/** Headers of a mail to them and to nobody else: all of them tell of the person. */
function isOfThemAlone(rows: readonly object[], persons: ErasedPersons): boolean {
  const named = (rows as readonly Row[]).flatMap(({ name_lower, value, sent_at }) =>
    RECIPIENTS.has(name_lower) && typeof value === 'string'
      ? parseAddresses(value).map(({ address, given }) => persons.isErased(address || given, Number(sent_at)))
      : [],
  );
  return named.length > 0 && named.every((is) => is);
}

/** Times as epoch ms, and no number of another kind where the writer knows one. */
const plain = (row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value instanceof Date ? value.getTime() : (value ?? null)]),
  );
