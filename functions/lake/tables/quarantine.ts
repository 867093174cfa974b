/** Declares the table `quarantine`. */
import { lineage } from './shared.ts';
import { bigint, defineTable, type RowOf, required, string, timestamp } from './table.ts';

export const quarantine = defineTable({
  name: 'quarantine',
  doc: 'What could not be read, kept to be looked at and read again.',
  grain: 'One row per rejected record or object.',
  key: ['source_key', 'source_ordinal'],
  partition: 'the UTC day of delivered_to_lake_at',
  format: 'parquet',
  columns: {
    ...lineage,
    byte_offset: bigint('Where the record begins in the decompressed object; NULL for a whole object.'),
    byte_length: bigint('Bytes of the record, decompressed; NULL for a whole object.'),
    range_ordinal: bigint(
      'The ordinal of the first record in the byte range, as an envelope may hold several; NULL for a whole object.',
    ),
    reason: required(string('Why: one word of a fixed list.', { storage: 'dictionary' })),
    detail: required(string('Path and value, cut.', { person: 'words' })),
    raw: string(
      'The bytes in base64, cut at 64 KB; NULL for a whole object, and where a record before has the same byte range.',
      { person: 'words' },
    ),
    delivered_to_lake_at: required(timestamp('When the raw object was delivered.', { lineage: true })),
  },
});

export type QuarantineRow = RowOf<typeof quarantine>;
