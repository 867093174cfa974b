import { expect, test } from 'vitest';
import { type Count, isNotable, RATES, rateOf } from '#report/measures.ts';

const counts = (some: Partial<Record<Count, number>>) => ({ number: (name: Count) => some[name] ?? 0 });

test('a rate without anything to divide by is unknown, not zero', () => {
  expect(rateOf(counts({ feedback_complaints: 0, feedback_delivered: 0 }), RATES.complaint)).toBeNull();
  expect(rateOf(counts({ feedback_complaints: 0, feedback_delivered: 5 }), RATES.complaint)).toBe(0);
});

test('a rate is unknown where nothing is tracked, where it counts more than it is of, and where nearly all opens are hidden', () => {
  expect(rateOf(counts({ sent: 15 }), RATES.click)).toBeNull();
  expect(rateOf(counts({ click_trackable: 15 }), RATES.click)).toBe(0);
  expect(rateOf(counts({ click_trackable: 2, unique_human_clicks: 3 }), RATES.click)).toBeNull();
  const opened = { open_trackable: 100, unique_opens: 50, unique_human_opens: 4 };
  expect(rateOf(counts({ ...opened, hidden_opens: 44 }), RATES.humanOpen)).toBe(0.04);
  expect(rateOf(counts({ ...opened, hidden_opens: 45 }), RATES.humanOpen)).toBeNull();
});

// z = (0.12 − 0.10) / sqrt(0.11 · 0.89 · (1/n + 1/n)): 1.43 for n = 1,000, 2.02 for n = 2,000.
test('a change is notable when chance makes a larger one in less than one of twenty cases', () => {
  const of = (n: number, share: number) => counts({ volume_sent: n, volume_hard_bounces: n * share });
  expect(isNotable(of(1000, 0.12), of(1000, 0.1), RATES.hardBounce)).toBe(false);
  expect(isNotable(of(2000, 0.12), of(2000, 0.1), RATES.hardBounce)).toBe(true);
});

test('nothing is notable without mail, or where nothing happened', () => {
  expect(isNotable(counts({}), counts({}), RATES.hardBounce)).toBe(false);
  expect(isNotable(counts({ volume_sent: 9 }), counts({ volume_sent: 9 }), RATES.hardBounce)).toBe(false);
});
