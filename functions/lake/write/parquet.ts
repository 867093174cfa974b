import { makeData, RecordBatch, RecordBatchStreamWriter, type Schema, Struct } from 'apache-arrow';
import {
  Compression,
  EnabledStatistics,
  Encoding,
  transformParquetStream,
  Table as WasmTable,
  type WriterProperties,
  WriterPropertiesBuilder,
  WriterVersion,
} from 'parquet-wasm';
import type { Settings } from '../settings.ts';
import type { Column, Table } from '../tables/table.ts';
import type { Columns } from './columns.ts';
import { TooMuchText } from './text.ts';

/** Large enough for long runs and good dictionaries, small enough for readers to prune by message_id and to share work. */
const GROUP_ROWS = 1 << 17;

/** Rows that are handed over to the writer at once: what bounds the memory beside the columns. */
const BATCH_ROWS = 1 << 13;

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
  if (rows.length === 0) throw new RangeError(`no rows to write (table: ${columns.table.name})`);
  const file = await transformParquetStream(batches(columns, rows), properties(columns.table, profile));
  const chunks: Uint8Array[] = [];
  for await (const chunk of file) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Arrow batches in the writer's memory, each made only when the one before has been taken in. */
function batches(columns: Columns, rows: Uint32Array): ReadableStream {
  const schema = columns.schema();
  let from = 0;
  return new ReadableStream(
    {
      pull(controller) {
        const next = rows.subarray(from, from + BATCH_ROWS);
        if (next.length === 0) return controller.close();
        const batch = gatherMost(columns, schema, next);
        from += batch.numRows;
        const table = WasmTable.fromIPCStream(toIpc(batch));
        controller.enqueue(table.recordBatch(0));
        table.free();
      },
    },
    { highWaterMark: 0 },
  );
}

/** As many of the rows as can be handed over at once: all of them, unless there are texts of megabytes. */
function gatherMost(columns: Columns, schema: Schema, rows: Uint32Array): RecordBatch {
  try {
    return gather(columns, schema, rows);
  } catch (error) {
    if (!(error instanceof TooMuchText)) throw error;
    return gatherMost(columns, schema, rows.subarray(0, rows.length >> 1));
  }
}

function gather(columns: Columns, schema: Schema, rows: Uint32Array): RecordBatch {
  const children = schema.names.map((name) => columns.column(String(name)).gather(rows));
  return new RecordBatch(
    schema,
    makeData({ type: new Struct(schema.fields), length: rows.length, nullCount: 0, children }),
  );
}

function toIpc(batch: RecordBatch): Uint8Array {
  const writer = new RecordBatchStreamWriter();
  writer.write(batch);
  writer.finish();
  return writer.toUint8Array(true);
}

function properties(table: Table, profile: Settings['parquet']): WriterProperties {
  const common = new WriterPropertiesBuilder()
    .setCreatedBy('maillake')
    .setWriterVersion(WriterVersion.V1)
    .setMaxRowGroupSize(GROUP_ROWS)
    .setStatisticsEnabled(EnabledStatistics.Chunk)
    .setDictionaryEnabled(false)
    .setEncoding(Encoding.PLAIN);
  if (profile === 'compatible') return common.setCompression(Compression.SNAPPY).build();

  let builder = common.setCompression(Compression.ZSTD);
  for (const [name, column] of Object.entries(table.columns)) {
    if (column.storage === 'dictionary') builder = builder.setColumnDictionaryEnabled(name, true);
    else builder = builder.setColumnEncoding(name, encodingOf(column));
  }
  return builder.build();
}

function encodingOf({ type }: Column): Encoding {
  switch (type) {
    case 'string':
      return Encoding.DELTA_LENGTH_BYTE_ARRAY;
    case 'bigint':
    case 'int':
    case 'timestamp':
      return Encoding.DELTA_BINARY_PACKED;
    default:
      return Encoding.PLAIN;
  }
}
