/** Rows as an Arrow IPC stream (Arrow, "Columnar Format", IPC Streaming Format), which pandas, polars and R read. */
import {
  Bool,
  type DataType,
  Field,
  Float64,
  Int32,
  Int64,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  TimestampMillisecond,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import type { RowStream, SqlValue } from '#lake/ports.ts';

/** Bytes of the mark that ends a stream. */
const END = 8;

/**
 * Batch by batch, so that a result may have any length. A stream is its schema, a message for each batch, and an end: each
 * batch is written as a stream of its own, of which the first gives its schema and all their batches.
 */
export async function* arrowBytes({ columns, batches }: RowStream): AsyncGenerator<Uint8Array> {
  const types = columns.map(({ type }) => arrowType(type));
  const schema = new Schema(columns.map(({ name }, i) => new Field(name, types[i] ?? new Utf8(), true)));
  const empty = streamOf(schema, null);
  yield empty.subarray(0, empty.length - END);
  for await (const rows of batches) {
    if (rows.length === 0) continue;
    const children = types.map((type, i) => {
      const values = rows.map((row) => arrowValue(row[i] ?? null, type));
      const [data] = vectorFromArray(values, type).data;
      if (!data) throw new Error(`column has no values: ${columns[i]?.name}`);
      return data;
    });
    const data = makeData({ type: new Struct(schema.fields), length: rows.length, nullCount: 0, children });
    const bytes = streamOf(schema, new RecordBatch(schema, data));
    yield bytes.subarray(empty.length - END, bytes.length - END);
  }
  yield empty.subarray(empty.length - END);
}

function streamOf(schema: Schema, batch: RecordBatch | null): Uint8Array {
  const writer = new RecordBatchStreamWriter();
  writer.reset(undefined, schema);
  if (batch) writer.write(batch);
  writer.finish();
  return writer.toUint8Array(true);
}

/** The Arrow type of a type in Presto's words; decimals, dates, lists and the like stay the text that they are shown as. */
function arrowType(type: string): DataType {
  if (type === 'boolean') return new Bool();
  if (/^(tinyint|smallint|integer|int)$/.test(type)) return new Int32();
  if (type === 'bigint') return new Int64();
  if (/^(real|double)$/.test(type)) return new Float64();
  if (/^timestamp.* with time zone$/.test(type)) return new TimestampMillisecond('UTC');
  return /^timestamp/.test(type) ? new TimestampMillisecond() : new Utf8();
}

function arrowValue(value: SqlValue, type: DataType): SqlValue {
  if (value === null) return null;
  if (type instanceof Int64) return BigInt(value);
  if (type instanceof TimestampMillisecond || type instanceof Float64) return Number(value);
  return type instanceof Utf8 ? String(value) : value;
}
