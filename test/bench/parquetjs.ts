/**
 * The same pipeline with parquetjs-lite as its writer: our reader and decoder, its rows to files. It does not sort, because
 * its writer would have to hold every row for that.
 */
import { createReadStream } from 'node:fs';
import { join, relative } from 'node:path';
import parquetjs from 'parquetjs-lite';
import { makeDecoder } from '#lake/decode/decode.ts';
import type { RowSink } from '#lake/decode/types.ts';
import { readObject } from '#lake/read/object.ts';
import type { RecordVisitor } from '#lake/read/record.ts';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { clicks, events, headers } from '#lake/tables/index.ts';
import type { ColumnType, Table } from '#lake/tables/table.ts';
import { compete, filesBelow } from './competitor.ts';

const TYPES: Record<ColumnType, string> = {
  string: 'UTF8',
  bigint: 'INT64',
  int: 'INT32',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  timestamp: 'TIMESTAMP_MILLIS',
  'map<string,bigint>': 'JSON',
};

const ROW_GROUP_ROWS = 16_384;

const TABLES = { events, headers, clicks };
const NAMES = ['events', 'headers', 'clicks'] as const;

type Row = Record<string, unknown>;

await compete(async ({ input, output }) => {
  const pending: Record<(typeof NAMES)[number], Row[]> = { events: [], headers: [], clicks: [] };
  const counts = { events: 0, headers: 0, clicks: 0 };
  const writers = await Promise.all(NAMES.map(async (name) => [name, await open(TABLES[name], output)] as const));

  const known = new Set<string>();
  const sink: RowSink = {
    event(draft) {
      if (known.has(draft.event_id)) return false;
      known.add(draft.event_id);
      pending.events.push(withoutNulls(draft));
      return true;
    },
    header: (draft) => void pending.headers.push(withoutNulls(draft)),
    click: (draft) => void pending.clicks.push(withoutNulls(draft)),
  };
  const decode = makeDecoder(DEFAULT_SETTINGS);

  for (const path of filesBelow(input, '.gz')) {
    const context = {
      attempt: 'bench',
      sourceKey: relative(input, path),
      sourceOrdinal: 0,
      deliveredAt: Date.UTC(2026, 2, 3),
    };
    const visitor: RecordVisitor = {
      record(value, text, place) {
        context.sourceOrdinal = place.ordinal;
        decode(value, text, context, sink);
      },
      skip() {},
      reject(rejection) {
        throw rejection;
      },
    };
    await readObject(createReadStream(path), DEFAULT_SETTINGS.limits, visitor);
    for (const [table, writer] of writers) {
      for (const row of pending[table]) await writer.appendRow(row);
      counts[table] += pending[table].length;
      pending[table] = [];
    }
  }
  for (const [, writer] of writers) await writer.close();
  return counts;
});

async function open(table: Table, folder: string): Promise<parquetjs.ParquetWriter> {
  const fields = Object.entries(table.columns).map(([name, { type, nullable }]) => [
    name,
    { type: TYPES[type], optional: nullable, compression: 'SNAPPY' },
  ]);
  const writer = await parquetjs.ParquetWriter.openFile(
    new parquetjs.ParquetSchema(Object.fromEntries(fields)),
    join(folder, `${table.name}.parquet`),
    { useDataPageV2: false },
  );
  writer.setRowGroupSize(ROW_GROUP_ROWS);
  return writer;
}

/** A copy, because drafts are filled again; parquetjs-lite takes what is missing for null. */
function withoutNulls(draft: object): Row {
  const row: Row = {};
  for (const [name, value] of Object.entries(draft)) if (value !== null) row[name] = value;
  return row;
}
