import { hash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { DAY_MS } from '#lake/days.ts';
import { type EncodedFile, UnitRows } from '#lake/steps/transform/unit-rows.ts';
import { type ClickRow, clicks } from '#lake/tables/clicks.ts';
import { type EventRow, events } from '#lake/tables/events.ts';
import { type HeaderRow, headers } from '#lake/tables/headers.ts';
import { type QuarantineRow, quarantine } from '#lake/tables/quarantine.ts';
import type { Column, RowOf, Table } from '#lake/tables/table.ts';
import { readWithHyparquet } from '../../write/readers.ts';

const MB = 1024 * 1024;
const NOON = Date.UTC(2026, 2, 1, 12);
const TABLES = { events, headers, clicks, quarantine };

const eventRow = draftOf(events, { source: 'ses', feed: 'event_publishing', occurred_at: NOON, message_id: 'm1' });
const headerRow = draftOf(headers, { source: 'ses', feed: 'event_publishing', sent_at: NOON, message_id: 'm1' });
const clickRow = draftOf(clicks, { source: 'ses', feed: 'event_publishing', occurred_at: NOON, message_id: 'm1' });
const quarantineRow = draftOf(quarantine, { reason: 'json', delivered_to_lake_at: NOON, source_key: 'raw/1.gz' });

describe('repeats of an event_id', () => {
  test('fault 35: are dropped, and said to be repeats', async () => {
    const unit = new UnitRows();
    expect(unit.event(eventRow({ event_id: 'e1', subject: 'first' }))).toBe(true);
    expect(unit.event(eventRow({ event_id: 'e2' }))).toBe(true);
    expect(unit.event(eventRow({ event_id: 'e1', subject: 'second' }))).toBe(false);
    const [file] = await contentOf(unit);
    expect(file?.content.map(({ event_id, subject }) => [event_id, subject])).toEqual([
      ['e1', 'first'],
      ['e2', null],
    ]);
  });

  test.each([
    ['pinpoint', 'event_publishing', 'event_publishing'],
    ['notification', 'event_publishing', 'event_publishing'],
    ['event_publishing', 'notification', 'event_publishing'],
    ['notification', 'pinpoint', 'notification'],
  ] as const)('from %s, then %s: the row is that of %s', async (first, second, kept) => {
    const unit = new UnitRows();
    expect(unit.event(eventRow({ event_id: 'e1', feed: first }))).toBe(true);
    expect(unit.event(eventRow({ event_id: 'e1', feed: second }))).toBe(false);
    expect(unit.event(eventRow({ event_id: 'e1', feed: second }))).toBe(false);
    const [file] = await contentOf(unit);
    expect(file?.content.map(({ feed }) => feed)).toEqual([kept]);
  });
});

describe('going back to a mark', () => {
  test('undoes rows of every table, event_ids and replacements', async () => {
    const fill = (unit: UnitRows): void => {
      unit.event(eventRow({ event_id: 'e1', feed: 'notification', subject: 'kept' }));
      unit.header(headerRow({ position: 0 }));
    };
    const unit = new UnitRows();
    fill(unit);
    const mark = unit.mark();
    unit.event(eventRow({ event_id: 'e1', feed: 'event_publishing' }));
    unit.event(eventRow({ event_id: 'e2' }));
    unit.header(headerRow({ position: 1 }));
    unit.click(clickRow({ event_id: 'e2' }));
    unit.quarantine(quarantineRow({ source_ordinal: 7 }));
    unit.rollback(mark);
    expect(unit.event(eventRow({ event_id: 'e2' }))).toBe(true);

    const other = new UnitRows();
    fill(other);
    other.event(eventRow({ event_id: 'e2' }));
    expect(await filesOf(unit)).toEqual(await filesOf(other));
  });

  test('again and again to the same mark is possible', async () => {
    const unit = new UnitRows();
    const mark = unit.mark();
    for (let i = 0; i < 3; i++) {
      expect(unit.event(eventRow({ event_id: 'e1' }))).toBe(true);
      unit.rollback(mark);
    }
    expect(await filesOf(unit)).toEqual([]);
  });
});

describe('the files of a unit', () => {
  test('come by table and day; headers by the day of sending, quarantine by the day of delivery', async () => {
    const unit = new UnitRows();
    unit.quarantine(quarantineRow({ delivered_to_lake_at: NOON + 9 * DAY_MS }));
    unit.event(eventRow({ event_id: 'e2', occurred_at: NOON + DAY_MS, sent_at: NOON }));
    unit.click(clickRow({ event_id: 'e2', occurred_at: NOON + DAY_MS, sent_at: NOON }));
    unit.event(eventRow({ event_id: 'e1', sent_at: NOON }));
    unit.header(headerRow({ position: 0, sent_at: NOON - DAY_MS }));
    expect((await contentOf(unit)).map(({ table, dt, part, rows }) => [table, dt, part, rows])).toEqual([
      ['events', '2026-03-01', 0, 1],
      ['events', '2026-03-02', 0, 1],
      ['headers', '2026-02-28', 0, 1],
      ['clicks', '2026-03-02', 0, 1],
      ['quarantine', '2026-03-10', 0, 1],
    ]);
  });

  test('fault 01: nothing makes no file', async () => {
    expect(await filesOf(new UnitRows())).toEqual([]);
  });

  test('fault 32: absurd times lie in 1970-01-01, times ahead in their own day', async () => {
    const unit = new UnitRows();
    const times = [-5, 0, Date.UTC(1970, 0, 9), 1.76e15, NOON + 30 * DAY_MS];
    for (const [i, occurred_at] of times.entries()) unit.event(eventRow({ event_id: `e${i}`, occurred_at }));
    expect((await contentOf(unit)).map(({ dt, content }) => [dt, content.length])).toEqual([
      ['1970-01-01', 4],
      ['2026-03-31', 1],
    ]);
  });

  test('hold rows by message, time and event_id, headers by position', async () => {
    const unit = new UnitRows();
    const rows = [
      ['m2', 0, 'e5'],
      ['m1', 9, 'e1'],
      ['m1', 3, 'e4'],
      ['m1', 3, 'e2'],
    ] as const;
    for (const [message_id, ms, event_id] of rows) {
      unit.event(eventRow({ message_id, event_id, occurred_at: NOON + ms }));
    }
    for (const position of [2, 0, 1]) unit.header(headerRow({ position }));
    const [eventFile, headerFile] = await contentOf(unit);
    expect(eventFile?.content.map(({ event_id }) => event_id)).toEqual(['e2', 'e4', 'e1', 'e5']);
    expect(headerFile?.content.map(({ position }) => position)).toEqual([0, 1, 2]);
  });

  test('are cut into parts when a day would make too large a file', async () => {
    const unit = new UnitRows();
    for (let i = 0; i < 1000; i++)
      unit.event(eventRow({ event_id: `e${i}`, extras: hash('sha512', `e${i}`).repeat(8) }));
    const files = await contentOf(unit, 'best', 0.25 * MB);
    expect(files.map(({ part }) => part)).toEqual(files.map((_, i) => i));
    expect(files.length).toBeGreaterThan(1);
    for (const { bytes } of files) expect(bytes.length).toBeLessThan(0.25 * MB);
    const ids = files.flatMap(({ content }) => content.map(({ event_id }) => event_id));
    expect(ids).toEqual(Array.from({ length: 1000 }, (_, i) => `e${i}`).sort());
  });

  test('fault 33: 500 different dates make 500 files, each made only when it is asked for', async () => {
    const unit = new UnitRows();
    for (let i = 0; i < 2000; i++) unit.event(eventRow({ event_id: `e${i}`, occurred_at: NOON + (i % 500) * DAY_MS }));
    const dts: string[] = [];
    let peak = 0;
    for await (const { dt, rows, bytes } of unit.files('best', 128 * MB)) {
      dts.push(dt);
      peak = Math.max(peak, bytes.length);
      expect(rows).toBe(4);
    }
    expect(new Set(dts).size).toBe(500);
    expect(dts).toEqual(dts.toSorted());
    expect(peak).toBeLessThan(0.1 * MB);
  });

  test('fault 45: are the same, byte for byte, when the unit is done again', async () => {
    const fill = (): UnitRows => {
      const unit = new UnitRows();
      for (let i = 0; i < 500; i++) {
        unit.event(
          eventRow({ event_id: `e${i % 450}`, message_id: `m${i % 90}`, occurred_at: NOON + (i % 7) * DAY_MS }),
        );
        unit.header(headerRow({ message_id: `m${i % 90}`, position: i, name: `H${i % 12}` }));
      }
      return unit;
    };
    expect(await filesOf(fill())).toEqual(await filesOf(fill()));
    expect(await filesOf(fill(), 'compatible')).toEqual(await filesOf(fill(), 'compatible'));
  });

  test('use the rows up', async () => {
    const unit = new UnitRows();
    unit.event(eventRow({ event_id: 'e1' }));
    expect(await filesOf(unit)).toHaveLength(1);
    expect(await filesOf(unit)).toEqual([]);
  });
});

type Draft<T extends Table> = (values?: Partial<RowOf<T>>) => RowOf<T>;

/** Rows with the given values, something in each other required column, and null in the rest. */
function draftOf(table: typeof events, values: Partial<EventRow>): Draft<typeof events>;
function draftOf(table: typeof headers, values: Partial<HeaderRow>): Draft<typeof headers>;
function draftOf(table: typeof clicks, values: Partial<ClickRow>): Draft<typeof clicks>;
function draftOf(table: typeof quarantine, values: Partial<QuarantineRow>): Draft<typeof quarantine>;
function draftOf(table: Table, values: object): (more?: object) => object {
  const fillers = {
    string: 'x',
    bigint: 0,
    int: 0,
    double: 0,
    boolean: false,
    timestamp: NOON,
    'map<string,bigint>': {},
  };
  const filler = ({ type, nullable }: Column) => (nullable ? null : fillers[type]);
  const base = Object.fromEntries(Object.entries(table.columns).map(([name, column]) => [name, filler(column)]));
  return (more = {}) => ({ ...base, ...values, ...more });
}

async function filesOf(
  unit: UnitRows,
  profile: 'best' | 'compatible' = 'best',
  maxBytes = 128 * MB,
): Promise<EncodedFile[]> {
  return Array.fromAsync(unit.files(profile, maxBytes));
}

async function contentOf(unit: UnitRows, profile: 'best' | 'compatible' = 'best', maxBytes = 128 * MB) {
  const files = await filesOf(unit, profile, maxBytes);
  return Promise.all(
    files.map(async (file) => ({ ...file, content: await readWithHyparquet(TABLES[file.table], file.bytes) })),
  );
}
