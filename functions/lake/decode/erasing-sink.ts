/** Keeps erased persons out of a unit's rows. */
import type { ErasedPersons } from './erased-persons.ts';
import type { RowSink } from './types.ts';

/** Stands before a unit's rows: what is about an erased person doesn't get in, and what names one gets in without that. */
export class ErasingSink implements RowSink {
  readonly #rows: RowSink;
  readonly #erased: ErasedPersons;
  /** rows of the record that were left out, or lost a part */
  #touched = 0;
  #left = 0;

  constructor(rows: RowSink, erased: ErasedPersons) {
    this.#rows = rows;
    this.#erased = erased;
  }

  event: RowSink['event'] = (draft) => {
    const row = this.#without('events', draft);
    if (row === null) return false;
    this.#left++;
    return this.#rows.event(row);
  };

  header: RowSink['header'] = (draft) => {
    const row = this.#without('headers', draft);
    if (row !== null) this.#rows.header(row);
  };

  click: RowSink['click'] = (draft) => {
    const row = this.#without('clicks', draft);
    if (row !== null) this.#rows.click(row);
  };

  /** Ends a record. `erased`: all rows that it would have made were left out; `touched`: something of it was. */
  record(): 'erased' | 'touched' | 'whole' {
    const is = this.#touched === 0 ? 'whole' : this.#left === 0 ? 'erased' : 'touched';
    this.#touched = 0;
    this.#left = 0;
    return is;
  }

  #without<R extends object>(table: string, draft: R): R | null {
    const row = this.#erased.withoutThem(table, draft);
    if (row !== draft) this.#touched++;
    return row;
  }
}
