import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { events, units } from '#lake/tables/index.ts';
import type { Table } from '#lake/tables/table.ts';
import { Columns } from '#lake/write/columns.ts';
import { expected, type PlainRow } from './readers.ts';
import { anyRow, type EveryTypeRow, everyType, everyTypeRow } from './rows.ts';

describe('columns', () => {
  test('give back what was appended', () => {
    fc.assert(
      fc.property(fc.array(anyRow(everyType), { maxLength: 50 }), (rows) => {
        const columns = new Columns(everyType);
        expect(rows.map((row) => columns.append(row))).toEqual(rows.map((_, i) => i));
        expect(contentOf(columns)).toEqual(rows.map((row) => expected(everyType, row)));
      }),
    );
  });

  test('copy values: the draft may be filled again for the next row', () => {
    const columns = new Columns(everyType);
    const draft = everyTypeRow({ text: 'first', count: 1 });
    columns.append(draft);
    Object.assign(draft, { text: null, count: 2n });
    columns.append(draft);
    expect([columns.at('text', 0), columns.at('text', 1)]).toEqual(['first', null]);
    expect([columns.at('count', 0), columns.at('count', 1)]).toEqual([1, 2]);
  });

  test('after taking rows back are as if these had never come', () => {
    const step = fc.oneof(
      fc.record({ append: anyRow(everyType) }),
      fc.record({ truncate: fc.double({ min: 0, max: 1, noNaN: true }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const columns = new Columns(everyType);
        let model: EveryTypeRow[] = [];
        for (const step of steps) {
          if ('append' in step) {
            columns.append(step.append);
            model.push(step.append);
          } else {
            const length = Math.floor(step.truncate * model.length);
            columns.truncate(length);
            model = model.slice(0, length);
          }
        }
        expect(contentOf(columns)).toEqual(model.map((row) => expected(everyType, row)));
      }),
    );
  });

  test('taken back to a length they never had stay as they are', () => {
    const columns = new Columns(everyType);
    columns.append(everyTypeRow());
    columns.truncate(5);
    expect(columns.length).toBe(1);
  });

  test('give U+FFFD for a lone surrogate in plain text', () => {
    const columns = new Columns(everyType);
    columns.append(everyTypeRow({ text: '\ud800', word: 'ok' }));
    columns.append(everyTypeRow({ text: 'ok', word: '\ud801' }));
    expect([columns.at('text', 0), columns.at('text', 1)]).toEqual(['\ufffd', 'ok']);
  });

  test('go on as plain text when a dictionary would grow too large', () => {
    const columns = new Columns(everyType);
    const count = 270_000;
    for (let i = 0; i < count; i++)
      columns.append(everyTypeRow({ word: i % 2 ? null : `word ${i}`, needed_word: `n${i}` }));
    expect([0, 1, 2, count - 2, count - 1].map((row) => columns.at('word', row))).toEqual([
      'word 0',
      null,
      'word 2',
      `word ${count - 2}`,
      null,
    ]);
    expect(columns.at('needed_word', 99)).toBe('n99');
    columns.truncate(3);
    columns.append(everyTypeRow({ word: 'after' }));
    expect([2, 3, 4].map((row) => columns.at('word', row))).toEqual(['word 2', 'after', null]);
  });

  test('know their size, roughly, before they are encoded', () => {
    const columns = new Columns(everyType);
    for (let i = 0; i < 1000; i++) columns.append(everyTypeRow({ text: 'x'.repeat(1000) }));
    const all = Uint32Array.from({ length: 1000 }, (_, i) => i);
    expect(columns.sizeOf(all)).toBeGreaterThan(1e6);
    expect(columns.sizeOf(all)).toBeLessThan(1.2e6);
    expect(columns.sizeOf(all.subarray(0, 500))).toBeLessThan(0.6e6);
  });
});

describe('a value that its column can not hold is refused, and leaves no trace', () => {
  const wrong: [string, Record<string, unknown>][] = [
    ['null in a required column', { needed_text: null }],
    ['nothing in a required column', { needed_word: undefined }],
    ['a number for text', { text: 5 }],
    ['a number for text of a dictionary', { word: 5 }],
    ['a rounded integer', { count: 2 ** 53 }],
    ['a fraction for an integer', { count: 0.5 }],
    ['an integer past 64 bits', { count: 2n ** 63n }],
    ['a text for an integer', { needed_count: '1' }],
    ['an integer past 32 bits', { place: 2 ** 31 }],
    ['a fraction of a millisecond', { later: 1.5 }],
    ['not a number, for a time', { at: Number.NaN }],
    ['a text for a number', { share: '1' }],
    ['a number for a boolean', { is_so: 1 }],
  ];

  test.each(wrong)('%s', (_what, values) => {
    const columns: Columns = new Columns(everyType);
    columns.append(everyTypeRow({ text: 'kept' }));
    expect(() => columns.append({ ...everyTypeRow({ id: 'new' }), ...values })).toThrow();
    columns.append(everyTypeRow({ id: 'next' }));
    expect(contentOf(columns)).toEqual(
      [everyTypeRow({ text: 'kept' }), everyTypeRow({ id: 'next' })].map((row) => expected(everyType, row)),
    );
  });
});

test('a column that does not exist is named', () => {
  expect(() => new Columns(events).column('treament_id')).toThrow('column does not exist: treament_id (table: events)');
});

test('a table with maps has no columnar form', () => {
  expect(() => new Columns(units)).toThrow('type has no columnar form: map<string,bigint> (column: accepted_by_type)');
});

function contentOf<T extends Table>(columns: Columns<T>): PlainRow[] {
  const names = Object.keys(columns.table.columns);
  return Array.from({ length: columns.length }, (_, row) =>
    expected(columns.table, Object.fromEntries(names.map((name) => [name, columns.at(name, row)]))),
  );
}
