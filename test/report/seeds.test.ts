import { expect, test } from 'vitest';
import { complaintOf, toldOf } from './seeds.ts';

/** The least from which a usual day can be told at several providers. */
const SIZE = { messages: 2500, days: 35 };

test.each([1, 2, 3])('the report of generated mail without an incident tells of none (seed %d)', async (seed) => {
  expect(complaintOf(await toldOf({ seed, incident: false, ...SIZE }))).toBeNull();
});

test('the report of generated mail with an incident names it in its first lines', async () => {
  expect(complaintOf(await toldOf({ seed: 1, incident: true, ...SIZE }))).toBeNull();
});
