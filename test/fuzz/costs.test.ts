/** Inputs that once made work out of proportion, against a plain one of their size; all of them: `node test/fuzz/costs.ts`. */
import { expect, test } from 'vitest';
import { type CostInput, costOf, smallMembers, spacedDates, unsafeInteger } from './costs.ts';
import { POISON } from './poison.ts';

const MB = 1e6;
/** Of CPU time a MB, against plain records: before they were mended these took 40 to 100 times as much. */
const MOST_TIMES = 25;
const TRIES = 3;

const INPUTS: readonly CostInput[] = [
  { name: 'one unsafe integer among small values', make: () => unsafeInteger(0.5) },
  { name: 'dates with a thousand spaces', make: () => spacedDates(MB / 2) },
  { name: 'small gzip members', make: () => smallMembers(MB / 5, '{"a":1}\n') },
  { name: 'empty gzip members', make: () => smallMembers(MB / 5, '') },
  { name: 'records that open and never close', make: () => POISON.openStructures?.make(0.3) ?? Buffer.alloc(0) },
];

/** Short records that are no mail events: for each MB, 30,000 of them are parsed, looked at and counted. */
const plain = Buffer.from('{"eventType":"Other","a":12345}\n'.repeat(MB / 2 / 32));

/** The least of some tries: a busy machine makes a try dearer, never cheaper. */
async function leastPerMb(bytes: Buffer): Promise<number> {
  const tries: number[] = [];
  for (let i = 0; i < TRIES; i++) {
    const { seconds, mb } = await costOf(bytes);
    tries.push(seconds / mb);
  }
  return Math.min(...tries);
}

test.each(INPUTS)(
  'reading $name costs no multiple of what short records cost',
  { timeout: 120_000 },
  async ({ make }) => {
    const [usual, found] = [await leastPerMb(plain), await leastPerMb(make())];
    console.log(`${(found / usual).toFixed(1)} times ${usual.toFixed(2)} s/MB`);
    expect(found / usual).toBeLessThan(MOST_TIMES);
  },
);
