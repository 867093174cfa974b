/**
 * A view of sql/ as Glue and Athena have it: a table of type VIRTUAL_VIEW whose text holds the select and its columns.
 */
import { cutToBytes } from '#aws/cut-to-bytes.ts';
import { type GlueColumn, MOST_COMMENT } from '#aws/glue-table.ts';
import { prestoViewText } from '#aws/presto-view.ts';
import type { View } from '#lake/sql/views/view.ts';

/** Glue's TableInput of a view. */
export interface GlueView {
  Name: string;
  Owner: string;
  TableType: 'VIRTUAL_VIEW';
  Parameters: Record<string, string>;
  PartitionKeys: never[];
  StorageDescriptor: {
    Columns: GlueColumn[];
    Location: string;
    SerdeInfo: Record<string, never>;
  };
  ViewOriginalText: string;
  ViewExpandedText: string;
}

/** What a definition is made of; tests change one of its types. */
export type ViewSource = Pick<View, 'name' | 'columns' | 'sql'>;

/** The word that Hive has for a view's column. */
const HIVE_TYPES: Readonly<Record<string, string>> = {
  varchar: 'string',
  bigint: 'bigint',
  integer: 'int',
  double: 'double',
  boolean: 'boolean',
  date: 'date',
  'timestamp(3)': 'timestamp',
};

/** Glue refuses more ("ViewOriginalText", AWS Glue API, Tables). */
const MOST_TEXT = 409_600;

/**
 * Relations that the select names without a schema are looked up in `database`, so a view must be made after those that it
 * reads only where an engine checks it then; Glue does not.
 * @throws Error if the view is too long for Glue, or has a column of a type that Hive has no word for
 */
export function glueView({ name, columns, sql }: ViewSource, database: string): GlueView {
  const text = prestoViewText({
    originalSql: sql,
    catalog: 'awsdatacatalog',
    schema: database,
    columns: columns.map((column) => ({ name: column.name, type: column.type })),
  });
  if (text.length > MOST_TEXT)
    throw new Error(`view is too long for Glue (${text.length} of ${MOST_TEXT} bytes): ${name}`);
  return {
    Name: name,
    // Trino runs a view as its owner and refuses one without; Athena looks at who asks.
    Owner: 'maillake',
    TableType: 'VIRTUAL_VIEW',
    // This comment is what a view is known by, and a Description would take its place: the table would be no view then
    // (tried on Trino 476).
    Parameters: { presto_view: 'true', comment: 'Presto View' },
    PartitionKeys: [],
    StorageDescriptor: {
      Columns: viewColumns({ name, columns }),
      Location: '',
      SerdeInfo: {},
    },
    ViewOriginalText: text,
    ViewExpandedText: '/* Presto View */',
  };
}

/** @throws Error for a column of a type that Hive has no word for */
export const viewColumns = ({ name, columns }: Pick<View, 'name' | 'columns'>): GlueColumn[] =>
  columns.map((column) => ({
    Name: column.name,
    Type: hiveType(name, column.name, column.type),
    Comment: cutToBytes(column.doc, MOST_COMMENT),
  }));

function hiveType(view: string, column: string, type: string): string {
  const found = HIVE_TYPES[type];
  if (found === undefined)
    throw new Error(`view has a column of a type that Glue has no word for: ${view}.${column} ${type}`);
  return found;
}
