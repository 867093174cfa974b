/**
 * The text of a view in Glue: base64 of JSON in a comment (Trino, `ConnectorViewDefinition`; Athena writes the same when it runs
 * CREATE VIEW).
 */

export interface PrestoView {
  originalSql: string;
  catalog: string;
  schema: string;
  columns: readonly { name: string; type: string }[];
}

export const prestoViewText = (view: PrestoView): string =>
  `/* Presto View: ${Buffer.from(JSON.stringify(view)).toString('base64')} */`;

/** The select of a view; null if the text is of another kind. */
export function selectOf(text: string): string | null {
  const encoded = /^\/\* Presto View: ([A-Za-z0-9+/=]+) \*\/$/.exec(text.trim())?.[1];
  if (encoded === undefined) return null;
  const view: unknown = JSON.parse(Buffer.from(encoded, 'base64').toString());
  return typeof view === 'object' && view !== null && 'originalSql' in view && typeof view.originalSql === 'string'
    ? view.originalSql
    : null;
}
