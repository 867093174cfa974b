/** Writes a Parquet file of the lake once more, without the rows of erased persons and without what names them in others. */
import { zstdDecompressSync } from 'node:zlib';
import { type Compressors, parquetMetadataAsync, parquetRead, parquetReadObjects } from 'hyparquet';
import { parseAddresses } from '../../decode/address.ts';
import { ERASED } from '../../decode/address-texts.ts';
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

/** What looks into files of the lake; the simulator has another one. */
export interface FileEraser {
  /** Whether the file names any of them, whatever mail it is of. */
  names(table: string, bytes: Uint8Array, persons: ErasedPersons): Promise<boolean>;
  /** Whom the headers in a file name as recipients, and whether that is one of them, or was. */
  recipients(bytes: Uint8Array, persons: ErasedPersons): Promise<{ message: string; isErased: boolean }[]>;
  /**
   * Null if nothing of them is in the file.
   * @param mails of headers: ids of mails of which all rows go
   */
  erase(
    table: string,
    bytes: Uint8Array,
    persons: ErasedPersons,
    settings: Settings,
    mails: ReadonlySet<string>,
  ): Promise<ErasedFile | null>;
}

/** What a look goes by. */
export interface Look {
  persons: ErasedPersons;
  settings: Settings;
  /** left out, the real one */
  eraser?: FileEraser | undefined;
  /** the bytes of a file, as long as they are what they were written as */
  read(key: string): Promise<Uint8Array>;
}

/**
 * The files of a day as they may stay, one after another; null for one that stays as it is. Nearly no day names anybody, and
 * that is seen by one look at each file.
 */
export async function* erasedFiles(
  table: string,
  keys: readonly string[],
  look: Look,
): AsyncGenerator<{ key: string; erased: ErasedFile | null }> {
  const { persons, settings, read, eraser = PARQUET } = look;
  const named = new Set<string>();
  for (const key of keys) if (await eraser.names(table, await read(key), persons)) named.add(key);
  const mails = table === headers.name && named.size > 0 ? await mailsOfThem(keys, eraser, look) : NO_MAILS;
  for (const key of keys) {
    const isNamed = named.has(key) || mails.size > 0;
    yield { key, erased: isNamed ? await eraser.erase(table, await read(key), persons, settings, mails) : null };
  }
}

const NO_MAILS: ReadonlySet<string> = new Set();

/** Mails to them and to nobody else, by their headers, which may lie in two files: all headers of these tell of the person. */
async function mailsOfThem(
  keys: readonly string[],
  eraser: FileEraser,
  { persons, read }: Look,
): Promise<ReadonlySet<string>> {
  const theirs = new Set<string>();
  const others = new Set<string>();
  for (const key of keys) {
    for (const { message, isErased } of await eraser.recipients(await read(key), persons)) {
      (isErased ? theirs : others).add(message);
    }
  }
  return theirs.difference(others);
}

type Row = Record<string, unknown>;

/** Rows that are decoded at once. */
const ROWS_AT_ONCE = 1 << 17;
/** A file takes at most so much of its rows' size in memory (transform/unit-rows.ts). */
const FILE_BYTES_PER_RAW = 0.5;

const compressors: Compressors = { ZSTD: (input) => zstdDecompressSync(input) };

const parquet = async (bytes: Uint8Array) => {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  return { file, metadata: await parquetMetadataAsync(file), compressors };
};

/** Files that the lake has: Parquet, by whatever engine they were written. */
export const PARQUET: FileEraser = {
  names: async (table, bytes, persons) => namesAny(table, await parquet(bytes), persons),
  recipients: async (bytes, persons) => {
    const columns = ['message_id', 'name_lower', 'value', 'sent_at'];
    const rows = await parquetReadObjects({ ...(await parquet(bytes)), columns });
    return rows.map(plain).flatMap((row) => recipientsIn(row, persons));
  },
  erase: async (table, bytes, persons, settings, mails) => erase(table, await parquet(bytes), persons, settings, mails),
};

async function erase(
  table: string,
  read: Awaited<ReturnType<typeof parquet>>,
  persons: ErasedPersons,
  settings: Settings,
  mails: ReadonlySet<string>,
): Promise<ErasedFile | null> {
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
  const all = Number(read.metadata.num_rows);
  for (let rowStart = 0; rowStart < all; rowStart += ROWS_AT_ONCE) {
    const rows = await parquetReadObjects({ ...read, rowStart, rowEnd: Math.min(all, rowStart + ROWS_AT_ONCE) });
    for (const row of rows.map(plain)) {
      const kept = withoutThem(table, row, persons, mails);
      if (kept !== row) sources.add(String(row.source_key ?? ''));
      if (kept === null) erased.rows++;
      else if (kept !== row) erased.masked++;
      if (kept !== null) columns.append(kept as never);
    }
    // A file of quarantine stays one: it takes the place of one.
    const isFull = columns.bytes * FILE_BYTES_PER_RAW > settings.limits.fileBytes;
    if (isFull && table !== quarantine.name) await flush();
  }
  if (erased.rows + erased.masked === 0) return null;
  await flush();
  columns.free();
  return { ...erased, sources: [...sources].filter((key) => key !== '').sort() };
}

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

/** A row as it may stay: itself if there is nothing of them in it, null if it goes. */
export function withoutThem<R extends object>(
  table: string,
  row: R,
  persons: ErasedPersons,
  mails: ReadonlySet<string>,
): R | null {
  if (table === quarantine.name) return persons.quarantined(row as R & Pick<QuarantineRow, 'detail' | 'raw'>);
  if (table === headers.name && mails.has(String((row as Row).message_id))) return null;
  return persons.withoutThem(table, row);
}

/** Headers that name recipients. */
const RECIPIENTS: ReadonlySet<unknown> = new Set(['to', 'cc', 'bcc']);

/** Whom a header names as recipients; none if it is another one. */
export function recipientsIn(row: object, persons: ErasedPersons): { message: string; isErased: boolean }[] {
  const { message_id, name_lower, value, sent_at } = row as Row;
  if (!RECIPIENTS.has(name_lower) || typeof value !== 'string') return [];
  return parseAddresses(value).map(({ address, given }) => {
    const key = address || given;
    const isErased = key === ERASED || persons.isErased(key, Number(sent_at));
    return { message: String(message_id), isErased };
  });
}

/** Times as epoch ms, and no number of another kind where the writer knows one. */
const plain = (row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value instanceof Date ? value.getTime() : (value ?? null)]),
  );
