/**
 * Every table of the lake as Glue is to have it: what account and stage add is the bucket. The stack and the tests make
 * their tables from this.
 */

import { cutToBytes } from '#aws/cut-to-bytes.ts';
import { type GlueColumn, type GlueStorage, glueStorage, MOST_COMMENT } from '#aws/glue-table.ts';
import { auditsRoot, generationsRoot, liveRoot, outcomesRoot, settledRoot } from '#lake/protocol/keys.ts';
import { audits, generations, recipientMessages, TABLES, units } from '#lake/tables/index.ts';
import type { Table } from '#lake/tables/table.ts';

/** Glue's TableInput, as far as we fill it in. */
export interface GlueTable {
  Name: string;
  Description: string;
  TableType: 'EXTERNAL_TABLE';
  Parameters: Record<string, string>;
  PartitionKeys: GlueColumn[];
  StorageDescriptor: GlueStorage;
}

/** Where a table without a partition lies; of each partition the catalog knows a place of its own. */
const ROOTS: Readonly<Record<string, string>> = {
  [units.name]: outcomesRoot,
  [generations.name]: generationsRoot,
  [audits.name]: auditsRoot,
  [recipientMessages.name]: settledRoot(recipientMessages.name),
};

/** The tables that people query, and those that settle and rollup read by immutable location. */
export const glueTables = (bucket: string): GlueTable[] => [
  ...Object.values(TABLES).map((table) => readersTable(table, bucket)),
  ...INPUT_TABLES.flatMap((table) => [liveTable(table, bucket), settledTable(table, bucket)]),
];

/** Settle reads those that it settles by location, rollup those of events; the others' can be looked into by hand. */
const INPUT_TABLES: readonly Table[] = Object.values(TABLES).filter(({ format }) => format === 'parquet');

/** Its partitions are those that the catalog names. */
const readersTable = (table: Table, bucket: string): GlueTable => ({
  ...described(table.name, `${table.doc} ${table.grain}`),
  Parameters: { ...FORMAT[table.format] },
  PartitionKeys: [dtColumn(table)],
  StorageDescriptor: glueStorage(table, `s3://${bucket}/${ROOTS[table.name] ?? liveRoot(table.name)}`),
});

/**
 * `<table>_live`: what units wrote, whatever the table's own partitions point at. Athena projects the partitions: no
 * catalog entry is made or changed for it ("Partition projection with Amazon Athena").
 */
const liveTable = (table: Table, bucket: string): GlueTable =>
  projected(table, bucket, 'live', liveRoot(table.name), `dt=\${dt}/`, {});

/** `<table>_settled`: one generation of a day. Each statement has to name the generations that it reads. */
const settledTable = (table: Table, bucket: string): GlueTable => {
  const isRolledUp = table.name === recipientMessages.name;
  const folders = isRolledUp ? `\${generation}/dt=\${dt}/` : `dt=\${dt}/\${generation}/`;
  return projected(table, bucket, 'settled', settledRoot(table.name), folders, {
    generation: isRolledUp ? 'The run that computed it.' : 'The last folder of its location, `<number>-<nonce>`.',
  });
};

function projected(
  table: Table,
  bucket: string,
  stage: 'live' | 'settled',
  root: string,
  folders: string,
  injected: Readonly<Record<string, string>>,
): GlueTable {
  const location = `s3://${bucket}/${root}`;
  const names = Object.keys(injected);
  return {
    ...described(
      `${table.name}_${stage}`,
      `Files of ${table.name} by place, for settle and rollup. Query ${table.name} instead.`,
    ),
    Parameters: {
      ...FORMAT[table.format],
      'projection.enabled': 'true',
      'projection.dt.type': 'date',
      'projection.dt.format': 'yyyy-MM-dd',
      'projection.dt.range': ALL_DAYS,
      'projection.dt.interval': '1',
      'projection.dt.interval.unit': 'DAYS',
      ...Object.fromEntries(names.map((name) => [`projection.${name}.type`, 'injected'])),
      'storage.location.template': location + folders,
    },
    PartitionKeys: [dtColumn(table), ...names.map((Name) => ({ Name, Type: 'string', Comment: injected[Name] ?? '' }))],
    StorageDescriptor: glueStorage(table, location),
  };
}

/** Rows of unreadable times lie in 1970, and nothing lies in 2100 or later. */
const ALL_DAYS = '1970-01-01,2099-12-31';

const FORMAT = {
  parquet: { EXTERNAL: 'TRUE', classification: 'parquet' },
  json: { EXTERNAL: 'TRUE', classification: 'json' },
} as const;

const described = (Name: string, Description: string): Pick<GlueTable, 'Name' | 'Description' | 'TableType'> => ({
  Name,
  Description: cutToBytes(Description, MOST_DESCRIPTION),
  TableType: 'EXTERNAL_TABLE',
});

/** Bytes (AWS Glue API, Tables). */
export const MOST_DESCRIPTION = 2048;

const dtColumn = ({ partition }: Table): GlueColumn => ({
  Name: 'dt',
  Type: 'string',
  Comment: cutToBytes(`YYYY-MM-DD: ${partition}`, MOST_COMMENT),
});
