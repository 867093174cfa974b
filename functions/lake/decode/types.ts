/** The types between reader, decoder and writer of rows. */
import type { JsonValue } from '../read/record.ts';
import type { Settings } from '../settings.ts';
import type { ClickRow } from '../tables/clicks.ts';
import type { EventRow } from '../tables/events.ts';
import type { HeaderRow } from '../tables/headers.ts';
import type { EventType, Source } from '../vocabulary.ts';
import type { Pseudonyms } from './pseudonyms.ts';

/**
 * Where a decoder puts rows. Rows are drafts: one object per table that the decoder fills again for each row, with the
 * same shape always, so that the sink copies the values into columns and no row is ever allocated.
 */
export interface RowSink {
  /** False if the unit already has this event_id: the row is a repeat and was dropped. */
  event(draft: EventRow): boolean;
  header(draft: HeaderRow): void;
  click(draft: ClickRow): void;
}

/** What the decoder knows of a record beside its content. One instance per object; ordinal changes. */
export interface RecordContext {
  attempt: string;
  sourceKey: string;
  sourceOrdinal: number;
  /** delivery of the raw object, epoch ms */
  deliveredAt: number;
  /** false: the record's text is well-formed Unicode, escapes included; else it is looked through */
  hasEscapes?: boolean | undefined;
}

export type Verdict =
  | { is: 'accepted'; source: Source; eventType: EventType }
  /** all rows of the record are repeats */
  | { is: 'duplicate' }
  /** no e-mail event; `type` is the record's own word for what it is */
  | { is: 'skipped'; type: string }
  /** it was about a person who was forgotten, in the raw data as well */
  | { is: 'erased' };

/** @throws Rejection, before anything of the record was put into the sink */
export type Decode = (value: JsonValue, text: string, context: RecordContext, sink: RowSink) => Verdict;
export type MakeDecoder = (settings: Settings, hide?: Pseudonyms) => Decode;
