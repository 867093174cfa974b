/** Declares the table `headers`. */
import { feed, lineage, message_id, source } from './shared.ts';
import { defineTable, int, type RowOf, required, string, timestamp } from './table.ts';

const few = { storage: 'dictionary' } as const;

export const headers = defineTable({
  name: 'headers',
  doc: 'The headers of sent mail, from send events only, so that a late open never touches an old day.',
  grain: 'One row per message and header.',
  key: ['message_id', 'position'],
  partition: 'the UTC day of sent_at',
  format: 'parquet',
  columns: {
    message_id,
    position: required(int("Place among the message's headers, from 0.")),
    name: required(string('The header as written.', few)),
    name_lower: required(string('The header in lower case.', few)),
    value: string('The value; NULL where the source wrote "null".', { person: 'words' }),
    sent_at: required(timestamp('When the message was sent.', { storage: 'delta' })),
    source,
    from_domain: string('As in events.', few),
    feed,
    ...lineage,
  },
});

export type HeaderRow = RowOf<typeof headers>;
