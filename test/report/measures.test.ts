import { expect, test } from 'vitest';
import { type Count, isNotable, RATES, rateOf } from '#report/measures.ts';

const counts = (some: Partial<Record<Count, number>>) => ({ number: (name: Count) => some[name] ?? 0 });

test('a rate without anything to divide by is unknown, not zero', () => {
  expect(rateOf(counts({ feedback_complaints: 0, feedback_delivered: 0 }), RATES.complaint)).toBeNull();
  expect(rateOf(counts({ feedback_complaints: 0, feedback_delivered: 5 }), RATES.complaint)).toBe(0);
});

test('a rate that is seen by opens or clicks is unknown where the mail that it is a part of had none at all', () => {
  const none = counts({ trackable_delivered: 15 });
  expect(rateOf(none, RATES.click)).toBeNull();
  expect(rateOf(none, RATES.click, counts({ trackable_delivered: 99, unique_clicks: 7 }))).toBe(0);
  expect(rateOf(none, RATES.click, counts({ trackable_delivered: 99 }))).toBeNull();
});

// z = (0.12 − 0.10) / sqrt(0.11 · 0.89 · (1/n + 1/n)): 1.43 for n = 1,000, 2.02 for n = 2,000.
test('a change is notable when chance makes a larger one in less than one of twenty cases', () => {
  const of = (n: number, share: number) => counts({ sent: n, hard_bounces: n * share });
  expect(isNotable(of(1000, 0.12), of(1000, 0.1), RATES.hardBounce)).toBe(false);
  expect(isNotable(of(2000, 0.12), of(2000, 0.1), RATES.hardBounce)).toBe(true);
});

test('nothing is notable without mail, or where nothing happened', () => {
  expect(isNotable(counts({}), counts({}), RATES.hardBounce)).toBe(false);
  expect(isNotable(counts({ sent: 9 }), counts({ sent: 9 }), RATES.hardBounce)).toBe(false);
});
