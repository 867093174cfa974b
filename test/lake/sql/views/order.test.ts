import { expect, test } from 'vitest';
import { neededViews, orderViews } from '#lake/sql/views/order.ts';
import type { View } from '#lake/sql/views/view.ts';

const view = (name: string, ...dependsOn: string[]): View => ({
  name,
  folder: 'marts',
  doc: 'One row per thing.',
  clock: 'none',
  grain: [],
  columns: [],
  sql: '',
  dependsOn,
});
const names = (views: View[]): string[] => views.map(({ name }) => name);

test('a view comes after those it reads, else in the order given', () => {
  const views = [view('c', 'b', 'events'), view('d'), view('b', 'a'), view('a', 'events')];
  expect(names(orderViews(views))).toEqual(['a', 'b', 'c', 'd']);
});

test('views in a circle are an error that names it', () => {
  expect(() => orderViews([view('a', 'b'), view('b', 'c'), view('c', 'a')])).toThrow(
    'views read each other: a → b → c → a',
  );
});

test('only what is read, directly or not, is needed, and not what stands behind a known name', () => {
  const views = [view('c', 'b'), view('b', 'a'), view('a', 'events'), view('other', 'a')];
  expect(names(neededViews(['c', 'events'], views))).toEqual(['a', 'b', 'c']);
  expect(names(neededViews(['c'], views, new Set(['b'])))).toEqual(['c']);
});
