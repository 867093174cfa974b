/** The database of who may see no persons, as Glue is to have it: tables for copies of views, and views over them. */
import { cutToBytes } from '#aws/cut-to-bytes.ts';
import { COPY_KEY } from '#aws/glue-copies.ts';
import { glueFiles } from '#aws/glue-table.ts';
import type { View } from '#lake/sql/views/view.ts';
import { columnsFrom, copyName, type OpenSource, type OpenView } from '#lake/sql/without-persons.ts';
import { COPIES } from '#lake/steps/copy-views.ts';
import { type GlueTable, MOST_DESCRIPTION } from './glue-tables.ts';
import { type GlueView, glueView, viewColumns } from './glue-view.ts';

export interface OpenDatabases {
  /** that of the lake */
  lake: string;
  /** the other one */
  open: string;
}

/** Its one partition is where the last copy lies; before there is one, it has no rows. */
export const glueCopy = (view: View, bucket: string): GlueTable => ({
  Name: copyName(view.name),
  Description: cutToBytes(`What ${view.name} said last. Query ${view.name} instead.`, MOST_DESCRIPTION),
  TableType: 'EXTERNAL_TABLE',
  Parameters: { EXTERNAL: 'TRUE', classification: 'parquet' },
  PartitionKeys: [{ Name: COPY_KEY, Type: 'string', Comment: 'Always `current`.' }],
  StorageDescriptor: glueFiles('parquet', viewColumns(view), `s3://${bucket}/${COPIES}${view.name}/`),
});

/** A view of tables names them as it does in the lake, and is looked up there. */
export const glueOpenView = ({ view, reads }: OpenView, databases: OpenDatabases): GlueView =>
  glueView(
    reads === 'copy' ? { ...view, sql: columnsFrom(view, copyName(view.name)) } : view,
    databases[LOOKED_UP_IN[reads]],
  );

const LOOKED_UP_IN: Readonly<Record<OpenSource, keyof OpenDatabases>> = { copy: 'open', views: 'open', tables: 'lake' };
