/** Rows as a stream of batches, and a stream of text as one text. */
import type { RowStream, SqlValue } from '#lake/ports.ts';

/** Rows as an engine streams them, two at a time. */
export function inBatches(columns: RowStream['columns'], rows: readonly SqlValue[][]): RowStream {
  async function* batches(): AsyncGenerator<SqlValue[][]> {
    for (let at = 0; at < rows.length; at += 2) yield rows.slice(at, at + 2);
  }
  return { columns, batches: batches() };
}

export async function textOf(parts: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const part of parts) text += part;
  return text;
}
