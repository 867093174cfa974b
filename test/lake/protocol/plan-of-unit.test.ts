/** A unit that is looked for in a plan's bytes is the one that parsing the whole plan gives. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPlanOf } from '#lake/protocol/plan-of-unit.ts';
import { createState, DamagedRecord, type Plan, readPlan } from '#lake/protocol/records.ts';
import { MemoryStore } from '#test/ports/memory-store.ts';

const KEY = 'v1/state/plans/raw/0.json';
/** Texts that look like parts of a plan, among others. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('{"id":"2026-01-01-00000000000a-0-0","objects":[', '"units":[', '}]}', '\\', '\\"{', '{', '}'),
);
const object = fc.record(
  { key: text, etag: text, size: fc.nat(), modified: fc.nat(), ranges: fc.array(fc.record({ offset: fc.nat() })) },
  { requiredKeys: ['key', 'etag', 'size', 'modified'] },
);
const unitId = fc.nat({ max: 12 }).map((n) => `2026-01-01-00000000000a-0-${n}`);
const plan = fc.record(
  {
    prefix: text,
    kind: fc.constantFrom('first', 'replay'),
    units: fc.uniqueArray(fc.record({ id: unitId, objects: fc.array(object) }), { selector: ({ id }) => id }),
  },
  { requiredKeys: ['prefix', 'units'] },
);

async function stored(record: object): Promise<MemoryStore> {
  const store = new MemoryStore();
  await createState(store, KEY, record);
  return store;
}

describe('a unit read out of its plan', () => {
  test('is the one that the plan has, whatever texts are in it, and none that it has not', async () => {
    await fc.assert(
      fc.asyncProperty(plan, unitId, fc.constantFrom('', 'a', 'ba'), async (made, id, half) => {
        const store = await stored(made);
        const { units, ...head } = await readPlan(store, KEY);
        expect(await readPlanOf(store, KEY, id + half)).toEqual({
          ...head,
          units: units.filter((one) => one.id === id),
        });
      }),
      { numRuns: 500 },
    );
  });

  test('is found where the members stand in another order, too', async () => {
    const units: Plan['units'] = [{ id: '2026-01-01-00000000000a-0-0', objects: [] }];
    const store = await stored({ units, prefix: 'raw/', kind: 'first' });
    expect(await readPlanOf(store, KEY, '2026-01-01-00000000000a-0-0')).toEqual({
      units,
      prefix: 'raw/',
      kind: 'first',
    });
  });

  test('of a plan that was cut off says which record is damaged', async () => {
    const store = new MemoryStore();
    await store.create(KEY, '{"prefix":"","units":[{"id":"2026-01-01-00000000000a-0-0","objects":[{"key":"a');
    await expect(readPlanOf(store, KEY, '2026-01-01-00000000000a-0-0')).rejects.toThrow(DamagedRecord);
  });
});
