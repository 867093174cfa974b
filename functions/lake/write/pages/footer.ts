/** Writes the metadata of a Parquet file: page headers and the footer (apache/parquet-format, parquet.thrift). */
import type { Column, ColumnType, Table } from '../../tables/table.ts';
import { type Bound, type Chunk, ENCODING, type Encoding, type Page } from './chunk.ts';
import type { Struct, Value } from './thrift.ts';

/** Where in the file a chunk lies. */
export interface Extent {
  start: number;
  end: number;
  /** with page headers, before compression */
  rawBytes: number;
  encodings: Set<Encoding>;
  dictionaryAt: number | null;
  dataAt: number | null;
}

/** A row group. */
export interface Group {
  rows: number;
  chunks: readonly { name: string; chunk: Chunk; extent: Extent }[];
}

const PAGE_TYPE = { data: 0, dictionary: 2 } as const;

export const pageHeader = (
  kind: Page['kind'],
  values: number,
  encoding: Encoding,
  rawBytes: number,
  bytes: number,
): Struct => {
  const common: Struct = [
    [1, { i32: values }],
    [2, { i32: encoding }],
  ];
  const levels: Struct = [
    [3, { i32: ENCODING.RLE }],
    [4, { i32: ENCODING.RLE }],
  ];
  return [
    [1, { i32: PAGE_TYPE[kind] }],
    [2, { i32: rawBytes }],
    [3, { i32: bytes }],
    kind === 'dictionary' ? [7, { struct: common }] : [5, { struct: [...common, ...levels] }],
  ];
};

export const fileFooter = (table: Table, rows: number, groups: readonly Group[]): Struct => {
  const columns = Object.entries(table.columns);
  const root: Struct = [
    [4, { binary: 'schema' }],
    [5, { i32: columns.length }],
  ];
  return [
    [1, { i32: 1 }],
    [2, structs([root, ...columns.map(([name, column]) => field(name, column))])],
    [3, { i64: rows }],
    [4, structs(groups.map((group) => rowGroup(table, group)))],
    [6, { binary: 'maillake' }],
    // TypeDefinedOrder for each column: without it readers distrust the statistics of texts.
    [7, structs(columns.map(() => [[1, { struct: [] }]]))],
  ];
};

const PHYSICAL = {
  boolean: 0,
  int: 1,
  bigint: 2,
  timestamp: 2,
  double: 5,
  string: 6,
} as const satisfies Partial<Record<ColumnType, number>>;

const physical = (type: ColumnType): number => {
  if (type === 'map<string,bigint>') throw new Error(`type has no columnar form: ${type}`);
  return PHYSICAL[type];
};

/** Types above the physical ones: the older `ConvertedType`, and `LogicalType`. */
const CONVERTED: Partial<Record<ColumnType, number>> = { string: 0, timestamp: 9 };
const LOGICAL: Partial<Record<ColumnType, Struct>> = {
  string: [[1, { struct: [] }]],
  // In ms and not adjusted to UTC: that is SQL's plain `timestamp`, which the lake holds in UTC throughout. Else DuckDB
  // would read `timestamp with time zone`, and Athena's tables know none.
  timestamp: [
    [
      8,
      {
        struct: [
          [1, { bool: false }],
          [2, { struct: [[1, { struct: [] }]] }],
        ],
      },
    ],
  ],
};

const field = (name: string, { type, nullable }: Column): Struct => {
  const converted = CONVERTED[type];
  const logical = LOGICAL[type];
  return [
    [1, { i32: physical(type) }],
    [3, { i32: nullable ? 1 : 0 }],
    [4, { binary: name }],
    [6, converted === undefined ? undefined : { i32: converted }],
    [10, logical && { struct: logical }],
  ];
};

const rowGroup = (table: Table, { rows, chunks }: Group): Struct => [
  [1, structs(chunks.map(({ name, chunk, extent }) => columnChunk(table, name, chunk, extent)))],
  [2, { i64: chunks.reduce((sum, { extent }) => sum + extent.rawBytes, 0) }],
  [3, { i64: rows }],
];

const columnChunk = (table: Table, name: string, chunk: Chunk, extent: Extent): Struct => {
  const column = table.columns[name];
  if (!column) throw new Error(`column does not exist: ${name} (table: ${table.name})`);
  const { start, end, rawBytes, encodings, dictionaryAt, dataAt } = extent;
  const metadata: Struct = [
    [1, { i32: physical(column.type) }],
    [2, { list: [...new Set([ENCODING.RLE, ...encodings])].map((i32) => ({ i32 })) }],
    [3, { list: [{ binary: name }] }],
    [4, { i32: chunk.codec }],
    [5, { i64: chunk.values }],
    [6, { i64: rawBytes }],
    [7, { i64: end - start }],
    [9, { i64: dataAt ?? start }],
    [11, dictionaryAt === null ? undefined : { i64: dictionaryAt }],
    [12, { struct: statistics(chunk.nulls, chunk.min, chunk.max) }],
  ];
  return [
    [2, { i64: start }],
    [3, { struct: metadata }],
  ];
};

const statistics = (nulls: number, min: Bound | null, max: Bound | null): Struct => [
  [3, { i64: nulls }],
  [5, max ? { binary: max.bytes } : undefined],
  [6, min ? { binary: min.bytes } : undefined],
  [7, max ? { bool: max.isExact } : undefined],
  [8, min ? { bool: min.isExact } : undefined],
];

const structs = (list: readonly Struct[]): Value => ({ list: list.map((struct) => ({ struct })) });
