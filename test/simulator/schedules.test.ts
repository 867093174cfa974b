import { beforeAll, describe, expect, test } from 'vitest';
import { playSchedule } from './schedule.ts';
import { playSeeds, type SoakSum } from './soak.ts';
import { shrunk, traceText } from './trace.ts';
import { VARIANTS } from './variants.ts';

/** Schedules that each run plays: less than a minute on one core. A budget of seeds, so that every machine plays the same. */
const SEEDS = 600;

describe('schedules of planners, workers, settles, rollups, audits, collectors and readers at once', () => {
  let sum: SoakSum;
  beforeAll(async () => {
    sum = await playSeeds(0, SEEDS, 1);
    const mean = (n: number): number => Math.round(n / sum.schedules);
    console.log(
      `${sum.schedules} schedules, ${mean(sum.calls)} port calls each, ${sum.kills} kills, ${sum.violations.length} violations`,
    );
  }, 600_000);

  const broken = (rule: RegExp): string[] => sum.violations.map(({ text }) => text).filter((text) => rule.test(text));

  test('nothing that must hold is broken, and in the end the tables are what the raw objects say', () => {
    expect(sum.violations.map(({ text }) => text)).toEqual([]);
  });

  test('they are of realistic length, and rough', () => {
    expect(sum.schedules).toBe(SEEDS);
    expect(sum.calls / SEEDS).toBeGreaterThan(300);
    expect(sum.kills).toBeGreaterThan(SEEDS);
  });

  test('fault 43: wherever a planner is killed, no object is in two units or in none', () => {
    expect(broken(/^(an object is in two units|audit finds unplanned_object)/)).toEqual([]);
  });

  test('fault 44: two planners at once, in any interleaving, seal disjoint units', () => {
    expect(broken(/^(an object is in two units|two units have one id|a create-only object)/)).toEqual([]);
  });

  test('fault 45: wherever a worker is killed, its unit has the rows of its records and one outcome', () => {
    expect(broken(/^(a unit's files|an outcome|a unit has two outcomes)/)).toEqual([]);
  });

  test('fault 46: two workers on one unit, or a zombie after the visibility timeout, make no second copy', () => {
    expect(broken(/^(a unit has two outcomes|a generation takes an attempt)/)).toEqual([]);
  });

  test('fault 47: a message that comes again after the outcome does nothing', () => {
    expect(broken(/^(a unit has two outcomes|the lake never comes to rest)/)).toEqual([]);
  });

  test('fault 48: readers see one generation or the other, whole, whatever settles and late units do', () => {
    expect(broken(/^(readers are|a settled day|a generation|a location|two generations)/)).toEqual([]);
  });

  test('fault 49: no file goes that readers see or may be reading', () => {
    expect(broken(/^(what readers see|a live file|a file of the newest|a file was gone)/)).toEqual([]);
  });

  test('fault 75: nothing of a day is removed while its newest generation is damaged, and the day is made again', () => {
    expect(broken(/^(something of a day was removed beside|the tables are not)/)).toEqual([]);
  });

  test('fault 52: with all messages lost, units are queued again and the lake comes to rest', () => {
    expect(broken(/^(the lake never comes to rest|audit finds (open|overdue)_unit)/)).toEqual([]);
  });

  test('fault 54: with a clock that is wrong by a day the tables are the same', () => {
    expect(broken(/^the tables are not/)).toEqual([]);
  });

  test('fault 54b: late opens and bounces of old mail rewrite no old day of headers', () => {
    expect(broken(/^(a unit's files are not|a generation is not)/)).toEqual([]);
  });
});

test('the same seed plays the same schedule, call by call', async () => {
  const [first, second] = [await playSchedule(42), await playSchedule(42)];
  expect(second.trace).toEqual(first.trace);
  expect(first.calls).toBeGreaterThan(100);
});

describe('the simulator can fail: it catches, among the same seeds,', () => {
  test.each(VARIANTS)('$name', { timeout: 600_000 }, async (variant) => {
    for (let i = 0; i < SEEDS; i++) {
      const seed = ((variant.caughtAt ?? 0) + i) % SEEDS;
      const outcome = await playSchedule(seed, { variant });
      if (outcome.violations.length === 0) continue;
      expect(outcome.violations[0]?.rule).toMatch(/./);
      console.log(`${variant.name}: seed ${seed}, ${outcome.violations[0]?.message}`);
      return;
    }
    expect.fail(`not caught in ${SEEDS} schedules`);
  });

  test('and a failing schedule is shortened to a trace that plays again', { timeout: 600_000 }, async () => {
    const variant = VARIANTS.find(({ name }) => name === 'outcome before files');
    const failed = await playSchedule(0, { variant });
    const { outcome, without } = await shrunk(failed, variant);
    expect(without.length).toBeGreaterThan(0);
    expect(outcome.violations[0]?.rule).toBe(failed.violations[0]?.rule);
    const again = await playSchedule(0, { variant, without: new Set(without) });
    expect(again.trace).toEqual(outcome.trace);
    expect(traceText(outcome, without)).toContain(`--seed 0 --without ${without.join(',')}`);
  });
});
