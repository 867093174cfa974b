/** Holds the rows of a unit, drops repeats, and encodes one Parquet file for each table and day. */
import { DAY_MS, partitionDay } from '../../days.ts';
import type { RowSink } from '../../decode/types.ts';
import { type SeenScope, SeenTypes, typesShown } from '../../protocol/published.ts';
import type { Settings } from '../../settings.ts';
import type { UnitTables } from '../../shapes/known-records.ts';
import type { TableColumns } from '../../shapes/plan.ts';
import { type ClickRow, clicks } from '../../tables/clicks.ts';
import { type EventRow, events } from '../../tables/events.ts';
import { type HeaderRow, headers } from '../../tables/headers.ts';
import { type QuarantineRow, quarantine } from '../../tables/quarantine.ts';
import { BooleanColumn } from '../../write/booleans.ts';
import { Columns } from '../../write/columns.ts';
import { EventIds, type IdsMark } from '../../write/event-ids.ts';
import { InternedColumn } from '../../write/interned.ts';
import { Int64Column } from '../../write/numbers.ts';
import { orderByDay, type RowOrder } from '../../write/order.ts';
import { encodeParquet } from '../../write/parquet.ts';
import { slicesOf } from '../../write/rows.ts';

/** A live file, encoded. */
export interface EncodedFile {
  table: 'events' | 'headers' | 'clicks' | 'quarantine';
  /** `YYYY-MM-DD` */
  dt: string;
  /** from 0, among the files of the table and day */
  part: number;
  rows: number;
  bytes: Uint8Array;
  /** days on which the mail was sent that these rows belong to, in order; of headers and quarantine none */
  sendDays: string[];
  /** event types that these rows show to be published; of other tables none */
  published: SeenScope[];
}

/** A state of the rows that can be restored. */
export interface RowsMark {
  readonly lengths: readonly [events: number, headers: number, clicks: number, quarantine: number];
  readonly ids: IdsMark;
  readonly dead: number;
}

/**
 * A mail's rows lie together, in order of time: they compress well and are found by few reads. The last keys make the
 * order total.
 */
const EVENT_ORDER: RowOrder = { day: 'occurred_at', keys: ['message_id', 'occurred_at', 'event_id'] };
const HEADER_ORDER: RowOrder = {
  day: 'sent_at',
  keys: ['message_id', 'sent_at', 'position', 'source_key', 'source_ordinal'],
};
const QUARANTINE_ORDER: RowOrder = { day: 'delivered_to_lake_at', keys: ['source_key', 'source_ordinal'] };

/** ZSTD at least halves hex ids, addresses and JSON; SNAPPY may not. */
const FILE_BYTES_PER_RAW = { best: 0.5, compatible: 1 } as const;

/**
 * The rows of a unit: by column, without repeats of an event_id, ready to be written.
 *
 * Of two copies of an event the one of the earlier feed stays (event_publishing, notification, pinpoint: alphabetical),
 * and else the one that came first, which is settle's order too. A better copy that comes second takes the place of the
 * first, but counts as the repeat. Its headers and clicks are not taken, and it has none: only bounces,
 * complaints and deliveries come by two feeds under one id.
 */
export class UnitRows implements RowSink, UnitTables<RowsMark> {
  #events = new Columns(events);
  #headers = new Columns(headers);
  #clicks = new Columns(clicks);
  #quarantine = new Columns(quarantine);
  #ids = new EventIds();
  readonly #tables: TableColumns = { events: this.#events, headers: this.#headers, clicks: this.#clicks };
  /** rows of events whose place a better copy took */
  #dead: number[] = [];

  event(draft: EventRow): boolean {
    const row = this.#events.length;
    const earlier = this.#ids.add(draft.event_id, row);
    if (earlier >= 0 && draft.feed >= String(this.#events.at('feed', earlier))) return false;
    this.#events.append(draft);
    if (earlier < 0) return true;
    this.#ids.move(draft.event_id, row);
    this.#dead.push(earlier);
    return false;
  }

  /** Columns to put a row into by column, at the table's length; `extend` it then. */
  columns(): TableColumns {
    return this.#tables;
  }

  /** Decides on the event that is to be the next row, by the SHA-256 that its id is of, as a character a byte. */
  admit(hashed: string, feed: string): 'new' | 'repeat' | 'better' {
    const row = this.#events.length;
    const earlier = this.#ids.addHashed(hashed, row);
    if (earlier < 0) return 'new';
    if (feed >= String(this.#events.at('feed', earlier))) return 'repeat';
    this.#ids.moveHashed(hashed, row);
    this.#dead.push(earlier);
    return 'better';
  }

  header(draft: HeaderRow): void {
    this.#headers.append(draft);
  }

  click(draft: ClickRow): void {
    this.#clicks.append(draft);
  }

  quarantine(row: QuarantineRow): void {
    this.#quarantine.append(row);
  }

  mark(): RowsMark {
    return {
      lengths: [this.#events.length, this.#headers.length, this.#clicks.length, this.#quarantine.length],
      ids: this.#ids.mark(),
      dead: this.#dead.length,
    };
  }

  /** Goes back to the mark, as if nothing had come since. */
  rollback({ lengths: [events, headers, clicks, quarantine], ids, dead }: RowsMark): void {
    this.#events.truncate(events);
    this.#headers.truncate(headers);
    this.#clicks.truncate(clicks);
    this.#quarantine.truncate(quarantine);
    this.#ids.rollback(ids);
    this.#dead.length = dead;
  }

  /**
   * Encodes the rows, one file at a time: table by table, so that a table's memory is free once its files are made, and
   * within it the days in order. A day that would make more than `maxBytes`, roughly, is cut into parts of equal rows.
   * This uses the rows up: afterwards there are none.
   */
  async *files(profile: Settings['parquet'], maxBytes: number): AsyncGenerator<EncodedFile> {
    const eventRows = rowsBut(this.#dead, this.#events.length);
    this.#dead = [];
    this.#ids = new EventIds();

    yield* encodeDays('events', this.#events, EVENT_ORDER, eventRows, profile, maxBytes);
    this.#events.free();
    this.#events = new Columns(events);
    yield* encodeDays('headers', this.#headers, HEADER_ORDER, rowsBut([], this.#headers.length), profile, maxBytes);
    this.#headers.free();
    this.#headers = new Columns(headers);
    yield* encodeDays('clicks', this.#clicks, EVENT_ORDER, rowsBut([], this.#clicks.length), profile, maxBytes);
    this.#clicks.free();
    this.#clicks = new Columns(clicks);
    yield* encodeDays(
      'quarantine',
      this.#quarantine,
      QUARANTINE_ORDER,
      rowsBut([], this.#quarantine.length),
      profile,
      maxBytes,
    );
    this.#quarantine.free();
    this.#quarantine = new Columns(quarantine);
  }
}

async function* encodeDays(
  table: EncodedFile['table'],
  columns: Columns,
  order: RowOrder,
  rows: Uint32Array,
  profile: Settings['parquet'],
  maxBytes: number,
): AsyncGenerator<EncodedFile> {
  for (const day of orderByDay(columns, order, rows)) {
    const rowsPerPart = Math.ceil(day.rows.length / partsOf(columns, day.rows, profile, maxBytes));
    for (let from = 0, part = 0; from < day.rows.length; from += rowsPerPart, part++) {
      const ofPart = day.rows.subarray(from, from + rowsPerPart);
      const bytes = await encodeParquet(columns, ofPart, profile);
      yield {
        table,
        dt: day.dt,
        part,
        rows: ofPart.length,
        bytes,
        sendDays: table === 'events' ? sendDays(columns, ofPart) : [],
        published: table === 'events' ? published(columns, ofPart) : [],
      };
    }
  }
}

/**
 * How many files the rows make. Nearly always all rows of the table would fit into one, and none has to be looked at.
 */
function partsOf(columns: Columns, rows: Uint32Array, profile: Settings['parquet'], maxBytes: number): number {
  const most = maxBytes / FILE_BYTES_PER_RAW[profile];
  return columns.bytes <= most ? 1 : Math.max(1, Math.ceil(columns.sizeOf(rows) / most));
}

function sendDays(columns: Columns, rows: Uint32Array): string[] {
  const sentAt = columns.columnOf('sent_at', Int64Column);
  const numbers = new Set<number>();
  for (const slice of slicesOf(rows)) addDays(sentAt, slice, numbers);
  return [...new Set([...numbers].map((number) => partitionDay(number * DAY_MS)))].sort();
}

function addDays(times: Int64Column, rows: Uint32Array, numbers: Set<number>): void {
  let last = Number.NaN;
  for (let i = 0; i < rows.length; i++) {
    const number = Math.floor(times.number(rows[i] ?? 0) / DAY_MS);
    if (number === last || Number.isNaN(number)) continue;
    numbers.add(number);
    last = number;
  }
}

function published(columns: Columns, rows: Uint32Array): SeenScope[] {
  const types = columns.columnOf('event_type', InternedColumn);
  const unsubscribes = columns.columnOf('is_unsubscribe', BooleanColumn);
  const scopes = [
    columns.columnOf('configuration_set', InternedColumn),
    columns.columnOf('sending_identity', InternedColumn),
    columns.columnOf('application_id', InternedColumn),
  ] as const;
  const seen = new SeenTypes();
  const rowOf = new Map<number, number>();
  for (const slice of slicesOf(rows)) addUnlike(types, unsubscribes, scopes, slice, rowOf);
  for (const row of rowOf.values()) {
    const scope = scopes.map((column) => column.at(row)).find((text) => text !== null) ?? '';
    for (const type of typesShown(types.at(row), unsubscribes.at(row))) seen.add(scope, type);
  }
  return seen.list();
}

/** Adds one row of each type and scope, by the number of these: rows alike in them show the same. */
function addUnlike(
  types: InternedColumn,
  unsubscribes: BooleanColumn,
  [sets, identities, applications]: readonly [InternedColumn, InternedColumn, InternedColumn],
  rows: Uint32Array,
  rowOf: Map<number, number>,
): void {
  const kinds = 2 * (types.distinct.size + 1);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0;
    const [set, identity] = [sets.code(row), identities.code(row)];
    const scope = set > 0 ? 3 * set : identity > 0 ? 3 * identity + 1 : 3 * applications.code(row) + 2;
    const kind = scope * kinds + 2 * types.code(row) + (unsubscribes.at(row) ? 1 : 0);
    if (!rowOf.has(kind)) rowOf.set(kind, row);
  }
}

/** The index of every row below `length` that was not dropped. */
function rowsBut(dead: readonly number[], length: number): Uint32Array {
  const isGone = new Uint8Array(length);
  for (const row of dead) isGone[row] = 1;
  const rows = new Uint32Array(length);
  let count = 0;
  for (let row = 0; row < length; row++) {
    rows[count] = row;
    count += 1 - (isGone[row] ?? 0);
  }
  return rows.subarray(0, count);
}
