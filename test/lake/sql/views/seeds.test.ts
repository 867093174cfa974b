import { describe, expect, test } from 'vitest';
import { parseCsv } from '#lake/sql/views/csv.ts';
import { type Seed, seedView } from '#lake/sql/views/seeds.ts';

describe('CSV', () => {
  test('fields may be quoted and hold commas, quotes and line breaks', () => {
    expect(parseCsv('a,"b, ""c""\nd",\r\n\r\n,x,"y"\n')).toEqual([
      ['a', 'b, "c"\nd', ''],
      ['', 'x', 'y'],
    ]);
    expect(parseCsv('')).toEqual([]);
    expect(parseCsv('a,')).toEqual([['a', '']]);
  });

  test('a quote that does not end, or ends too early, is an error with its line', () => {
    expect(() => parseCsv('a\n"b')).toThrow('csv field has no closing quote (line 2)');
    expect(() => parseCsv('a\n"b"c')).toThrow('csv field goes on after its closing quote (line 2)');
  });
});

describe('a seed', () => {
  const seed: Seed = {
    name: 'fruits',
    doc: 'Fruits. One row per fruit.',
    grain: ['fruit'],
    columns: [
      { name: 'fruit', type: 'varchar', doc: 'It.' },
      { name: 'is_sweet', type: 'boolean', doc: 'Sweet.' },
      { name: 'share', type: 'double', doc: 'How much.' },
    ],
    derived: [{ name: 'initial', type: 'varchar', doc: 'Its first letter.', sql: 'substr(fruit, 1, 1)' }],
  };
  const csv = (...rows: string[]): string => ['fruit,is_sweet,share', ...rows].join('\n');

  test('becomes a view over its rows, typed, with an empty field as NULL', () => {
    const view = seedView(seed, csv("king's apple,true,0.5", 'lemon,false,'));
    expect(view.name).toBe('seed_fruits');
    expect(view.columns.map(({ name }) => name)).toEqual(['fruit', 'is_sweet', 'share', 'initial']);
    expect(view.sql).toBe(`select
    cast(fruit as varchar) as fruit,
    cast(is_sweet as boolean) as is_sweet,
    cast(share as double) as share,
    cast(substr(fruit, 1, 1) as varchar) as initial
from (
    values
        ('king''s apple', true, 0.5),
        ('lemon', false, null)
) as seed (fruit, is_sweet, share)`);
  });

  test('that was edited wrongly is an error with file and row', () => {
    expect(() => seedView(seed, 'fruit,share\n')).toThrow(
      'seeds/fruits.csv: the first row must be fruit,is_sweet,share',
    );
    expect(() => seedView(seed, csv())).toThrow('seeds/fruits.csv: no rows');
    expect(() => seedView(seed, csv('fig,true'))).toThrow('seeds/fruits.csv, row 2: 2 fields, expected 3');
    expect(() => seedView(seed, csv('fig,yes,1'))).toThrow('seeds/fruits.csv, row 2: not a boolean: yes');
    expect(() => seedView(seed, csv('fig,true,1', 'fig,true,2'))).toThrow(
      'seeds/fruits.csv, row 3: fig is there twice',
    );
  });
});
