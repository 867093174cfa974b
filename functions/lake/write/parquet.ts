/** Writes rows in memory as one Parquet file. */
import type { Settings } from '../settings.ts';
import type { Columns } from './columns.ts';
import { release } from './memory.ts';
import { Bytes } from './pages/bytes.ts';
import { Chunk, CODEC } from './pages/chunk.ts';
import { type Extent, fileFooter, type Group, pageHeader } from './pages/footer.ts';
import { writeStruct } from './pages/thrift.ts';

/** Large enough for long runs and good dictionaries, small enough for readers to prune by message_id and to share work. */
const GROUP_ROWS = 1 << 17;

const MAGIC = Buffer.from('PAR1');

/** Where pages are put together; used again for each, since nothing waits while a file is made. */
const page = new Bytes();

/**
 * These rows, in this order, as one Parquet file. The same rows give the same bytes, whatever else the columns hold or
 * once held. `compatible` is for readers that know SNAPPY, plain encoding and format version 1 only.
 * @throws RangeError for no rows: an empty file is never written
 */
export async function encodeParquet(
  columns: Columns,
  rows: Uint32Array,
  profile: Settings['parquet'],
): Promise<Uint8Array> {
  const { table } = columns;
  if (rows.length === 0) throw new RangeError(`no rows to write (table: ${table.name})`);
  const file = new Bytes();
  file.bytes(MAGIC);
  const groups: Group[] = [];
  for (let from = 0; from < rows.length; from += GROUP_ROWS) {
    const ofGroup = rows.subarray(from, from + GROUP_ROWS);
    const chunks = Object.entries(table.columns).map(([name, { nullable }]) => {
      const chunk = new Chunk(nullable, profile === 'best' ? CODEC.ZSTD : CODEC.SNAPPY, page);
      columns.column(name).encode(ofGroup, chunk);
      chunk.finish();
      return { name, chunk, extent: writePages(chunk, file) };
    });
    groups.push({ rows: ofGroup.length, chunks });
  }
  const footer = file.at;
  writeStruct(fileFooter(table, rows.length, groups), file);
  file.uint32(file.at - footer);
  file.bytes(MAGIC);
  const bytes = Buffer.allocUnsafeSlow(file.at);
  file.written().copy(bytes);
  release(file.buffer);
  return bytes;
}

/** Writes a chunk's pages, which are gone from it then. */
function writePages(chunk: Chunk, file: Bytes): Extent {
  const extent: Extent = {
    start: file.at,
    end: 0,
    rawBytes: 0,
    encodings: new Set(),
    dictionaryAt: null,
    dataAt: null,
  };
  for (const { kind, values, encoding, rawBytes, bytes } of chunk.pages) {
    const start = file.at;
    if (kind === 'dictionary') extent.dictionaryAt = start;
    else extent.dataAt ??= start;
    writeStruct(pageHeader(kind, values, encoding, rawBytes, bytes.length), file);
    extent.rawBytes += file.at - start + rawBytes;
    extent.encodings.add(encoding);
    file.bytes(bytes);
    release(bytes);
  }
  chunk.pages = [];
  extent.end = file.at;
  return extent;
}
