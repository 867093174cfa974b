import { hash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventIds } from '#lake/write/event-ids.ts';

const idOf = (n: number | string): string => hash('sha256', String(n)).slice(0, 32);

test('an id belongs to the row that it was first added with', () => {
  const ids = new EventIds();
  for (let i = 0; i < 20_000; i++) expect(ids.add(idOf(i), i)).toBe(-1);
  for (let i = 0; i < 20_000; i++) expect(ids.add(idOf(i), 99_999)).toBe(i);
  expect(ids.size).toBe(20_000);
});

test('ids that differ in one digit are different', () => {
  const id = 'f'.repeat(32);
  const ids = new EventIds();
  expect(ids.add(id, 0)).toBe(-1);
  for (let i = 0; i < 32; i++) expect(ids.add(`${id.slice(0, i)}e${id.slice(i + 1)}`, i + 1)).toBe(-1);
  expect(ids.add(id, 50)).toBe(0);
});

test('ids need not be hex', () => {
  const ids = new EventIds();
  expect(['a', 'A', '', 'G'.repeat(32), 'A'.repeat(32)].map((id, row) => ids.add(id, row))).toEqual([
    -1, -1, -1, -1, -1,
  ]);
  expect(ids.add('A'.repeat(32), 9)).toBe(4);
});

test('moving an id that nobody has is refused', () => {
  expect(() => new EventIds().move('a', 1)).toThrow('event_id is not known: a');
});

test('any history of adding, moving, marking and going back is that of a Map', () => {
  // Ids that collide in their first words probe past each other.
  const id = fc.nat({ max: 40 }).map((n) => (n % 2 ? '00000000'.repeat(3) + n.toString(16).padStart(8, '0') : idOf(n)));
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ is: fc.constant('add' as const), id, row: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ is: fc.constant('move' as const), id, row: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ is: fc.constant('mark' as const) }) },
    { weight: 1, arbitrary: fc.record({ is: fc.constant('rollback' as const) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const ids = new EventIds();
      let model = new Map<string, number>();
      let saved = { model, mark: ids.mark() };
      for (const step of steps) {
        if (step.is === 'add') {
          expect(ids.add(step.id, step.row)).toBe(model.get(step.id) ?? -1);
          model = new Map([[step.id, step.row], ...model]);
        } else if (step.is === 'move' && model.has(step.id)) {
          ids.move(step.id, step.row);
          model = new Map([...model, [step.id, step.row]]);
        } else if (step.is === 'mark') {
          saved = { model, mark: ids.mark() };
        } else if (step.is === 'rollback') {
          ids.rollback(saved.mark);
          model = saved.model;
        }
        expect(ids.size).toBe(model.size);
      }
    }),
  );
});

test('going back over a growth of the table finds the older ids', () => {
  const ids = new EventIds();
  for (let i = 0; i < 1000; i++) ids.add(idOf(i), i);
  const mark = ids.mark();
  for (let i = 1000; i < 9000; i++) ids.add(idOf(i), i);
  ids.rollback(mark);
  expect(ids.size).toBe(1000);
  for (let i = 0; i < 9000; i++) expect(ids.add(idOf(i), 7)).toBe(i < 1000 ? i : -1);
});
