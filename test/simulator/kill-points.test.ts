import { afterAll, describe, expect, test } from 'vitest';
import { KILLED_STEPS, type KilledStep, visitKillPoints } from './kill-points.ts';

/** What a row of the list of faults says of a step that is killed. */
const SEED = 7;
let total = 0;
afterAll(() => console.log(`${total} kill points in all`));

/** @param every of the longest steps, whose kills the schedules draw, too, one call in so many */
async function holds(step: KilledStep, every = 1): Promise<void> {
  const { points, violations } = await visitKillPoints(step, SEED, every);
  console.log(`${step}: ${points} kill points, ${violations.length} violations`);
  total += points;
  expect(violations).toEqual([]);
  expect(points).toBeGreaterThan(4);
}

describe('a step that is killed before and after each of its port calls', () => {
  test('fault 43: plan leaves what the next one plans', () => holds('plan'));
  test('fault 45: transform leaves what the next one makes the same', () => holds('transform'));
  test('fault 48: settle leaves the old generation or the new', () => holds('settle'));
  test('fault 48: settle of a day that was settled before leaves the old generation or the new', () =>
    holds('settle again'));
  test('fault 52: requeue leaves units that are queued in the next hour', () => holds('requeue'));
  test('fault 49: audit with repair and collection leaves what readers need', { timeout: 300_000 }, () =>
    holds('audit', 2),
  );
  test('expire and collect leave what the next ones hide and remove', { timeout: 300_000 }, () => holds('expire'));
  test('rollup leaves what the next one mends', () => holds('rollup'));
  test('replay leaves what the next one plans', () => holds('replay'));
  test('transform of a replay leaves what the next one makes the same', () => holds('transform of a replay'));
  test('erase, of raw objects too, leaves what the next one finds', { timeout: 300_000 }, () => holds('erase', 3));
  test('rebuild leaves what the next one goes on with', { timeout: 300_000 }, () => holds('rebuild', 3));
  test('a switch leaves what the next one finishes', { timeout: 300_000 }, () => holds('switch', 3));
  test('the way back leaves what the next one finishes', { timeout: 300_000 }, () => holds('back', 3));
  test('every step is visited', () => expect(KILLED_STEPS).toHaveLength(14));
});
