/** What the provider would send to Glue for a graph's tables and views: `CreateTable`'s TableInput, in order of making. */
import type { TableInput } from '@aws-sdk/client-glue';
import { at, type Graph, type Json, listAt, ofType, type Resource, textAt } from './graph.ts';

export const TABLE = 'aws:glue/catalogTable:CatalogTable';

/** Databases by their logical names: that of the lake, and that of who may see no persons. */
export type GlueDatabase = 'Database' | 'WithoutPersonsDatabase';

/** The database's name, and its tables, then its views, each after those that it reads. */
export function glueInputs(graph: Graph, of: GlueDatabase = 'Database'): { database: string; tables: TableInput[] } {
  const found = ofType(graph, 'aws:glue/catalogDatabase:CatalogDatabase').find(({ name }) => name === of);
  const tables = tablesOf(graph, of);
  return {
    database: textAt(found?.inputs, 'name'),
    tables: inOrder(tables).map(({ inputs }) => glueTableInput(inputs)),
  };
}

/** Tables and views of a database. */
export function tablesOf(graph: Graph, of: GlueDatabase = 'Database'): Resource[] {
  const found = ofType(graph, 'aws:glue/catalogDatabase:CatalogDatabase').find(({ name }) => name === of);
  return ofType(graph, TABLE).filter(({ inputs }) => at(inputs, 'databaseName') === at(found?.inputs, 'name'));
}

/** As Pulumi makes them: each after what it depends on. */
function inOrder(resources: readonly Resource[]): Resource[] {
  const byName = new Map(resources.map((resource) => [resource.name, resource]));
  const ordered = new Set<Resource>();
  const visit = (resource: Resource): void => {
    if (ordered.has(resource)) return;
    for (const name of resource.dependsOn) {
      const before = byName.get(name);
      if (before) visit(before);
    }
    ordered.add(resource);
  };
  for (const resource of resources) visit(resource);
  return [...ordered];
}

/** `CreateTable`'s and `UpdateTable`'s TableInput of a table or view. */
export function glueTableInput(inputs: Json): TableInput {
  return {
    Name: textAt(inputs, 'name'),
    ...named('Description', at(inputs, 'description')),
    ...named('Owner', at(inputs, 'owner')),
    TableType: textAt(inputs, 'tableType'),
    Parameters: texts(at(inputs, 'parameters')),
    PartitionKeys: listAt(inputs, 'partitionKeys').map(column),
    StorageDescriptor: {
      Columns: listAt(inputs, 'storageDescriptor', 'columns').map(column),
      Location: textOr(at(inputs, 'storageDescriptor', 'location'), ''),
      InputFormat: textOr(at(inputs, 'storageDescriptor', 'inputFormat'), ''),
      OutputFormat: textOr(at(inputs, 'storageDescriptor', 'outputFormat'), ''),
      SerdeInfo: {
        ...named('Name', at(inputs, 'storageDescriptor', 'serDeInfo', 'name')),
        ...named('SerializationLibrary', at(inputs, 'storageDescriptor', 'serDeInfo', 'serializationLibrary')),
        Parameters: texts(at(inputs, 'storageDescriptor', 'serDeInfo', 'parameters')),
      },
    },
    ...named('ViewOriginalText', at(inputs, 'viewOriginalText')),
    ...named('ViewExpandedText', at(inputs, 'viewExpandedText')),
  };
}

const column = (value: Json): { Name: string; Type: string; Comment: string } => ({
  Name: textAt(value, 'name'),
  Type: textAt(value, 'type'),
  Comment: textAt(value, 'comment'),
});

const textOr = (value: Json, fallback: string): string => (typeof value === 'string' ? value : fallback);
const named = (name: string, value: Json): Record<string, string> =>
  typeof value === 'string' ? { [name]: value } : {};
const texts = (value: Json): Record<string, string> =>
  Object.fromEntries(
    Object.entries(typeof value === 'object' ? (value ?? {}) : {}).map(([key, text]) => [key, String(text)]),
  );
