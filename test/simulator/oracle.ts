/**
 * The oracle: what the tables must hold, computed from the raw records alone, with none of the protocol between. Each
 * event once, by the total order; the headers of each message from its first send by that order; a line of life for each
 * message and recipient.
 */
import { DAY_MS, utcDate } from '#lake/days.ts';
import type { ErasedPersons } from '#lake/decode/erased-persons.ts';
import { typesShown } from '#lake/protocol/published.ts';
import { clickRows, eventRows, headerRows, type PlacedRow } from './event-rows.ts';
import { NOBODY, rowsWithout } from './forgotten.ts';
import type { MailEvent, MailRecord } from './mail.ts';
import type { Row } from './rows.ts';

/** A raw object as it was read; null for records that were not, so that ordinals stay what they are. */
export interface Reading {
  key: string;
  records: readonly (MailRecord | null)[];
}

/** By table, then by day; rows in any order. */
export type Expected = Map<string, Map<string, Row[]>>;

interface Copy {
  event: MailEvent;
  key: string;
  ordinal: number;
}

/** Whether `a` wins over `b`, by the total order of feed, source_key and source_ordinal. */
const wins = (a: Copy, b: Copy): boolean => {
  if (a.event.feed !== b.event.feed) return a.event.feed < b.event.feed;
  return a.key !== b.key ? a.key < b.key : a.ordinal < b.ordinal;
};

/**
 * What every table must hold by day once all of these objects are settled and rolled up, and these persons are forgotten.
 * @param isToCome days that aren't settled yet: what happened to these persons there shows others of the same send day what is published
 */
export function expectedTables(
  readings: readonly Reading[],
  attributionDays: number,
  forgotten: ErasedPersons = NOBODY,
  isToCome: (dt: string) => boolean = () => false,
): Expected {
  const copies = readings.flatMap(({ key, records }) =>
    records.flatMap((event, ordinal): Copy[] => (event?.is === 'event' ? [{ event, key, ordinal }] : [])),
  );
  const expected: Expected = new Map();
  const put = ({ table, dt, row }: { table: string; dt: string; row: Row }): void => {
    const days = expected.get(table) ?? new Map<string, Row[]>();
    expected.set(table, days);
    days.set(dt, [...(days.get(dt) ?? []), row]);
  };
  const winners = new Map<string, Copy & { placed: PlacedRow }>();
  const sends = new Map<string, Copy>();
  const shownOn = new Map<string, Set<string>>();
  const show = ({ sentAt, type }: MailEvent): void => {
    const dt = utcDate(sentAt);
    shownOn.set(dt, new Set([...(shownOn.get(dt) ?? []), ...typesShown(type, null)]));
  };
  for (const copy of copies) {
    const { event, key, ordinal } = copy;
    for (const placed of eventRows(event, { attempt: '', key, ordinal })) {
      if (forgotten.withoutThem('events', placed.row) === null) {
        if (isToCome(placed.dt) && isAttributed(event, placed, attributionDays)) show(event);
        continue;
      }
      const id = String(placed.row.event_id);
      const winner = winners.get(id);
      if (!winner || wins(copy, winner)) winners.set(id, { ...copy, placed });
    }
    if (event.type !== 'send') continue;
    const first = sends.get(event.message);
    if (!first || wins(copy, first)) sends.set(event.message, copy);
  }
  const lives = new Map<string, { dt: string; row: Row; events: string[] }>();
  for (const { event, key, ordinal, placed } of winners.values()) {
    put(placed);
    if (event.type === 'click') {
      const click = clickRows(event, { attempt: '', key, ordinal }).find(
        ({ row }) => row.event_id === placed.row.event_id,
      );
      if (click) put(click);
    }
    const { recipient_key, event_id } = placed.row;
    if (!isAttributed(event, placed, attributionDays)) continue;
    const id = `${event.message}|${recipient_key}`;
    const life = lives.get(id) ?? {
      dt: utcDate(event.sentAt),
      row: { message_id: event.message, recipient_key: recipient_key ?? null, sent_at: event.sentAt },
      events: [],
    };
    life.events.push(String(event_id));
    lives.set(id, life);
    show(event);
  }
  for (const { event, key, ordinal } of sends.values()) {
    const placed = headerRows(event, { attempt: '', key, ordinal });
    const rows = placed.map(({ row }) => row);
    for (const row of rowsWithout('headers', rows, forgotten))
      put({ table: 'headers', dt: utcDate(event.sentAt), row });
  }
  for (const { dt, row, events } of lives.values()) {
    const shown = [...(shownOn.get(dt) ?? [])].sort().join(' ');
    put({ table: 'recipient_messages', dt, row: { ...row, events: events.sort().join(' '), shown } });
  }
  return expected;
}

/** Whether an event is one of somebody's mail, and near enough to its sending. */
function isAttributed({ at, sentAt }: MailEvent, { row }: PlacedRow, attributionDays: number): boolean {
  const after = Math.floor(at / DAY_MS) - Math.floor(sentAt / DAY_MS);
  return row.recipient_key !== null && after >= -1 && after <= attributionDays;
}

/** What an outcome must say and its files must hold. */
export interface UnitTruth {
  records: number;
  /** rows by `<table> dt=<day>` */
  files: Map<string, Row[]>;
}

/** What a unit of these objects holds, read by who knew of these persons: each event of it once, by the order that settle goes by, too. */
export function unitTruth(readings: readonly Reading[], forgotten: ErasedPersons): UnitTruth {
  const files = new Map<string, Row[]>();
  for (const [table, days] of expectedTables(readings, 0, forgotten)) {
    if (table === 'recipient_messages') continue;
    for (const [dt, rows] of days) files.set(`${table} dt=${dt}`, rows);
  }
  const records = readings.reduce(
    (sum, reading) => sum + reading.records.filter((record) => record !== null).length,
    0,
  );
  return { records, files };
}
