/** Runs the decoder on example records, and returns copies of the rows that it makes. */
import { makeDecoder } from '../decode/decode.ts';
import type { Pseudonyms } from '../decode/pseudonyms.ts';
import type { Decode } from '../decode/types.ts';
import type { JsonObject } from '../read/record.ts';
import type { Settings } from '../settings.ts';
import type { ClickRow } from '../tables/clicks.ts';
import type { EventRow } from '../tables/events.ts';
import type { HeaderRow } from '../tables/headers.ts';
import type { Value } from '../write/column.ts';

/** A row by column, as it comes from the decoder. */
export type Row = Readonly<Record<string, Value | null>>;

/** The rows of one record, copied. */
export class Rows {
  readonly events: EventRow[] = [];
  readonly headers: HeaderRow[] = [];
  readonly clicks: ClickRow[] = [];

  event(row: EventRow): boolean {
    this.events.push({ ...row });
    return true;
  }

  header(row: HeaderRow): void {
    this.headers.push({ ...row });
  }

  click(row: ClickRow): void {
    this.clicks.push({ ...row });
  }
}

/** The decoder, asked what it makes of a record. */
export class Teacher {
  readonly #decode: Decode;

  constructor(settings: Settings, hide?: Pseudonyms) {
    this.#decode = makeDecoder(settings, hide);
  }

  /** Null if it doesn't take it for an event. */
  rowsOf(record: JsonObject): Rows | null {
    const rows = new Rows();
    const context = { attempt: '', sourceKey: '', sourceOrdinal: 0, deliveredAt: 0, hasEscapes: false };
    try {
      const verdict = this.#decode(record, JSON.stringify(record), context, rows);
      return verdict.is === 'accepted' ? rows : null;
    } catch {
      return null;
    }
  }
}
