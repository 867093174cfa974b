import { expect, test } from 'vitest';
import { complaintOf, toldOf } from './seeds.ts';

/** The least from which a usual day can be told at several providers. `npm run test:soak` tries 20 seeds of each. */
const OPTIONS = { seed: 1, messages: 2500, days: 35 };

test('the report of generated mail without an incident tells of none', async () => {
  expect(complaintOf(await toldOf({ ...OPTIONS, incident: false }))).toBeNull();
});

test('the report of generated mail with an incident names it in its first lines', async () => {
  expect(complaintOf(await toldOf({ ...OPTIONS, incident: true }))).toBeNull();
});
