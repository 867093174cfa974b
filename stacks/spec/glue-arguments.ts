/** Turns Glue's description of a table or view (`TableInput`) into Pulumi's. */
import type { GlueTable } from './glue-tables.ts';
import type { GlueView } from './glue-view.ts';

export interface TableArguments {
  name: string;
  databaseName: string;
  description?: string;
  owner?: string;
  tableType: string;
  parameters: Record<string, string>;
  partitionKeys: ColumnArguments[];
  storageDescriptor: {
    columns: ColumnArguments[];
    location?: string;
    inputFormat?: string;
    outputFormat?: string;
    serDeInfo: { name?: string; serializationLibrary: string; parameters?: Record<string, string> };
  };
  viewOriginalText?: string;
  viewExpandedText?: string;
}

interface ColumnArguments {
  name: string;
  type: string;
  comment: string;
}

export const tableArguments = (databaseName: string, table: GlueTable): TableArguments => ({
  name: table.Name,
  databaseName,
  description: table.Description,
  tableType: table.TableType,
  parameters: table.Parameters,
  partitionKeys: table.PartitionKeys.map(columnArguments),
  storageDescriptor: {
    columns: table.StorageDescriptor.Columns.map(columnArguments),
    location: table.StorageDescriptor.Location,
    inputFormat: table.StorageDescriptor.InputFormat,
    outputFormat: table.StorageDescriptor.OutputFormat,
    serDeInfo: {
      serializationLibrary: table.StorageDescriptor.SerdeInfo.SerializationLibrary,
      parameters: table.StorageDescriptor.SerdeInfo.Parameters,
    },
  },
});

export const viewArguments = (databaseName: string, view: GlueView): TableArguments => ({
  name: view.Name,
  databaseName,
  owner: view.Owner,
  tableType: view.TableType,
  parameters: view.Parameters,
  partitionKeys: [],
  storageDescriptor: {
    columns: view.StorageDescriptor.Columns.map(columnArguments),
    // The provider drops a SerDe without content, and a view without one can't be read: it says that there is none.
    serDeInfo: { name: '-', serializationLibrary: '-' },
  },
  viewOriginalText: view.ViewOriginalText,
  viewExpandedText: view.ViewExpandedText,
});

const columnArguments = ({
  Name,
  Type,
  Comment,
}: {
  Name: string;
  Type: string;
  Comment: string;
}): ColumnArguments => ({
  name: Name,
  type: Type,
  comment: Comment,
});
