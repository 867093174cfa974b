/** A table as Glue and Athena want it described, from its one declaration. */
import type { ColumnType, Table } from '#lake/tables/table.ts';
import { cutToBytes } from './cut-to-bytes.ts';

/** The word that Hive, and so Glue, has for a column's type. */
export const HIVE_TYPES: Readonly<Record<ColumnType, string>> = {
  string: 'string',
  bigint: 'bigint',
  int: 'int',
  double: 'double',
  boolean: 'boolean',
  timestamp: 'timestamp',
  'map<string,bigint>': 'map<string,bigint>',
};

export interface GlueColumn {
  Name: string;
  Type: string;
  Comment: string;
}

/** Where and how the files of a table or partition are to be read. */
export interface GlueStorage {
  Columns: GlueColumn[];
  Location: string;
  InputFormat: string;
  OutputFormat: string;
  SerdeInfo: { SerializationLibrary: string; Parameters: Record<string, string> };
}

const FORMATS = {
  parquet: {
    InputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
    OutputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
    SerdeInfo: {
      SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
      Parameters: { 'serialization.format': '1' },
    },
  },
  json: {
    InputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
    OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
    SerdeInfo: { SerializationLibrary: 'org.openx.data.jsonserde.JsonSerDe', Parameters: {} },
  },
} as const;

/** Bytes. Glue cuts no comment by itself, it refuses longer ones. */
export const MOST_COMMENT = 255;

export const glueColumns = (table: Table): GlueColumn[] =>
  Object.entries(table.columns).map(([Name, { type, doc }]) => ({
    Name,
    Type: HIVE_TYPES[type],
    Comment: cutToBytes(doc, MOST_COMMENT),
  }));

/** `location` is a whole address, `s3://bucket/…/`. */
export const glueStorage = (table: Table, location: string): GlueStorage =>
  glueFiles(table.format, glueColumns(table), location);

export const glueFiles = (format: Table['format'], Columns: GlueColumn[], Location: string): GlueStorage => ({
  Columns,
  Location,
  ...FORMATS[format],
});
