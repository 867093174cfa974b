/** Turns DuckDB's types and values into those of the engine's contract. */
import {
  DuckDBBlobValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  type DuckDBResult,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
} from '@duckdb/node-api';
import accessors from '@duckdb/node-api/lib/vectors/dataAccessors.js';
import type { QueryResult, RowStream, SqlValue } from '#lake/ports.ts';

// The package's own decoder takes U+FEFF off each text that begins with it (Encoding Standard, "ignore BOM"): subjects and
// object names may, and would not be what was asked for.
Object.assign(accessors, { textDecoder: new TextDecoder('utf-8', { ignoreBOM: true }) });

/** Integers are numbers while they are safe, else bigints; maps, lists and rows JSON text. */
export function streamResult(result: DuckDBResult): RowStream {
  const types = result.columnTypes();
  const names = result.columnNames();
  async function* batches(): AsyncGenerator<SqlValue[][]> {
    for await (const chunk of result) {
      const vectors = types.map((_, column) => chunk.getColumnVector(column));
      yield Array.from({ length: chunk.rowCount }, (_, row) => vectors.map((vector) => sqlValue(vector.getItem(row))));
    }
  }
  const columns = types.map((type, column) => ({ name: names[column] ?? '', type: prestoType(type) }));
  return { columns, batches: batches() };
}

/** Reads a result to its end. */
export async function readResult(result: DuckDBResult): Promise<QueryResult> {
  const { columns, batches } = streamResult(result);
  const rows: SqlValue[][] = [];
  const isHuge = new Set<number>();
  for await (const batch of batches) {
    for (const row of batch) {
      rows.push(row);
      for (const [column, value] of row.entries()) {
        if (typeof value === 'bigint' && BigInt.asIntN(64, value) !== value) isHuge.add(column);
      }
    }
  }
  return {
    columns: columns.map(({ name, type }, column) => ({ name, type: isHuge.has(column) ? 'decimal(38,0)' : type })),
    rows,
  };
}

const PRESTO_WORDS: Readonly<Partial<Record<DuckDBTypeId, string>>> = {
  [DuckDBTypeId.BOOLEAN]: 'boolean',
  [DuckDBTypeId.TINYINT]: 'tinyint',
  [DuckDBTypeId.SMALLINT]: 'smallint',
  [DuckDBTypeId.INTEGER]: 'integer',
  [DuckDBTypeId.UTINYINT]: 'integer',
  [DuckDBTypeId.USMALLINT]: 'integer',
  [DuckDBTypeId.BIGINT]: 'bigint',
  [DuckDBTypeId.UINTEGER]: 'bigint',
  [DuckDBTypeId.UBIGINT]: 'bigint',
  [DuckDBTypeId.HUGEINT]: 'bigint', // sum() of bigints, whose type in Presto is bigint
  [DuckDBTypeId.UHUGEINT]: 'bigint',
  [DuckDBTypeId.FLOAT]: 'real',
  [DuckDBTypeId.DOUBLE]: 'double',
  [DuckDBTypeId.DATE]: 'date',
  [DuckDBTypeId.TIME]: 'time(6)',
  [DuckDBTypeId.TIMESTAMP]: 'timestamp(3)',
  [DuckDBTypeId.TIMESTAMP_S]: 'timestamp(3)',
  [DuckDBTypeId.TIMESTAMP_MS]: 'timestamp(3)',
  [DuckDBTypeId.TIMESTAMP_NS]: 'timestamp(3)',
  [DuckDBTypeId.TIMESTAMP_TZ]: 'timestamp(3) with time zone',
  [DuckDBTypeId.BLOB]: 'varbinary',
  [DuckDBTypeId.UUID]: 'uuid',
  [DuckDBTypeId.INTERVAL]: 'interval day to second',
};

function prestoType(type: DuckDBType): string {
  if (type.typeId === DuckDBTypeId.DECIMAL) return `decimal(${type.width},${type.scale})`;
  if (type.typeId === DuckDBTypeId.LIST) return `array(${prestoType(type.valueType)})`;
  if (type.typeId === DuckDBTypeId.MAP) return `map(${prestoType(type.keyType)}, ${prestoType(type.valueType)})`;
  if (type.typeId === DuckDBTypeId.STRUCT) {
    return `row(${type.entryNames.map((name, i) => `${name} ${fieldType(type.entryTypes[i])}`).join(', ')})`;
  }
  return PRESTO_WORDS[type.typeId] ?? 'varchar';
}

const fieldType = (type: DuckDBType | undefined): string => (type ? prestoType(type) : 'varchar');

function sqlValue(value: DuckDBValue): SqlValue {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
    return value;
  if (typeof value === 'bigint') return safe(value);
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue)
    return floor(value.micros, 1000n);
  if (value instanceof DuckDBTimestampMillisecondsValue) return safe(value.millis);
  if (value instanceof DuckDBTimestampSecondsValue) return safe(value.seconds * 1000n);
  if (value instanceof DuckDBTimestampNanosecondsValue) return floor(value.nanos, 1_000_000n);
  if (value instanceof DuckDBDecimalValue) return value.scale === 0 ? safe(value.value) : value.toDouble();
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString('hex');
  if (isNested(value)) return JSON.stringify(jsonValue(value));
  return value.toString();
}

type Nested = DuckDBListValue | DuckDBMapValue | DuckDBStructValue;

const isNested = (value: DuckDBValue): value is Nested =>
  value instanceof DuckDBListValue || value instanceof DuckDBMapValue || value instanceof DuckDBStructValue;

function jsonValue(value: DuckDBValue): unknown {
  if (value instanceof DuckDBListValue) return value.items.map(jsonValue);
  if (value instanceof DuckDBStructValue) return fromEntries(Object.entries(value.entries));
  if (value instanceof DuckDBMapValue) return fromEntries(value.entries.map(({ key, value: of }) => [String(key), of]));
  const plain = sqlValue(value);
  return typeof plain === 'bigint' ? String(plain) : plain;
}

const fromEntries = (entries: [string, DuckDBValue][]): Record<string, unknown> =>
  Object.fromEntries(entries.map(([key, value]) => [key, jsonValue(value)]));

const safe = (value: bigint): number | bigint =>
  value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;

/** Division that rounds down, also before 1970. */
function floor(value: bigint, by: bigint): number | bigint {
  const rest = ((value % by) + by) % by;
  return safe((value - rest) / by);
}
