import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DAY_MS } from '#lake/days.ts';
import { Columns } from '#lake/write/columns.ts';
import { orderByDay, type RowOrder } from '#lake/write/order.ts';
import { anyRow, type EveryTypeRow, everyType, everyTypeRow } from './rows.ts';

const ORDER: RowOrder = { day: 'at', keys: ['id', 'at', 'text'] };

const allOf = ({ length }: Columns): Uint32Array => Uint32Array.from({ length }, (_, i) => i);

function columnsOf(rows: readonly EveryTypeRow[]): Columns<typeof everyType> {
  const columns = new Columns(everyType);
  for (const row of rows) columns.append(row);
  return columns;
}

test('a mail lies together, its events in order of time, on each UTC day', () => {
  const day = Date.UTC(2026, 2, 1);
  const columns = columnsOf([
    everyTypeRow({ id: 'b', at: day + 5 }),
    everyTypeRow({ id: 'a', at: day + DAY_MS }),
    everyTypeRow({ id: 'b', at: day + 4 }),
    everyTypeRow({ id: 'a', at: day + 86_399_999 }),
    everyTypeRow({ id: 'b', at: day + 5, text: 'tie' }),
  ]);
  expect(orderByDay(columns, ORDER, allOf(columns))).toEqual([
    { dt: '2026-03-01', rows: Uint32Array.of(3, 2, 0, 4) },
    { dt: '2026-03-02', rows: Uint32Array.of(1) },
  ]);
});

test('absurd times, before 2010 and from 2100, share one day', () => {
  const times = [
    -1,
    0,
    Date.UTC(2009, 11, 31),
    Date.UTC(2010, 0, 1),
    Date.UTC(2099, 11, 31),
    Date.UTC(2100, 0, 1),
    1.7e15,
  ];
  const columns = columnsOf(times.map((at) => everyTypeRow({ at })));
  expect(orderByDay(columns, ORDER, allOf(columns)).map(({ dt, rows }) => [dt, ...rows])).toEqual([
    ['1970-01-01', 0, 1, 2, 5, 6],
    ['2010-01-01', 3],
    ['2099-12-31', 4],
  ]);
});

test('only the rows that were asked for are ordered', () => {
  const columns = columnsOf(['c', 'b', 'a'].map((id) => everyTypeRow({ id })));
  expect(orderByDay(columns, ORDER, Uint32Array.of(0, 2))).toEqual([{ dt: '2026-03-01', rows: Uint32Array.of(2, 0) }]);
  expect(orderByDay(columns, ORDER, new Uint32Array(0))).toEqual([]);
});

test('the order is total: it does not depend on the order in which rows came', () => {
  const keys: RowOrder['keys'] = ['word', 'at', 'count', 'is_so', 'place', 'id', 'text'];
  const row = anyRow(everyType).map((any) => ({ ...any, at: 1.7e12 + (any.at % 3) * DAY_MS }));
  fc.assert(
    fc.property(fc.array(row, { maxLength: 80 }), fc.nat(), (rows, by) => {
      const turned = [...rows.slice(by % (rows.length + 1)), ...rows.slice(0, by % (rows.length + 1))].reverse();
      const keyed = (of: EveryTypeRow[]) => {
        const columns = columnsOf(of);
        return orderByDay(columns, { day: 'at', keys }, allOf(columns)).map(({ dt, rows: indexes }) => [
          dt,
          ...Array.from(indexes, (index) => keys.map((key) => columns.at(key, index))),
        ]);
      };
      expect(keyed(turned)).toEqual(keyed(rows));
    }),
  );
});

test('many rows of one message are in order, too', () => {
  const rows = Array.from({ length: 500 }, (_, i) =>
    everyTypeRow({ id: 'same', at: Date.UTC(2026, 2, 1) + ((i * 7) % 500) }),
  );
  const columns = columnsOf(rows);
  const [day] = orderByDay(columns, ORDER, allOf(columns));
  const times = Array.from(day?.rows ?? [], (row) => columns.at('at', row));
  expect(times).toEqual(rows.map(({ at }) => at).sort((a, b) => a - b));
});

test('the first key must be interned text', () => {
  const columns = columnsOf([everyTypeRow()]);
  expect(() => orderByDay(columns, { day: 'at', keys: ['text'] }, allOf(columns))).toThrow(
    'another type: text (table: every_type)',
  );
});
