import { expect, test } from 'vitest';
import { type Delay, delaysSection } from '#report/sections/delays.ts';
import { parsed, words } from '../page-tags.ts';

const delay = (row: Partial<Delay>): Delay => ({
  provider: 'yahoo',
  type: 'SpamDetected',
  meaning: 'The provider takes the mail for spam',
  whatToDo: 'Send less',
  example: null,
  days: 1,
  delayed: 100,
  ...row,
});
const JUNE = { from: '2026-06-01', to: '2026-06-30', before: null, shown: { from: '2026-06-01', to: '2026-06-30' } };
const told = (...delays: Delay[]) =>
  parsed(delaysSection(delays, JUNE)?.markup.toString() ?? '')
    .querySelectorAll('.results li')
    .map(words);

test('delays of most days are told as chronic, those of a day or of few mails are not', () => {
  expect(
    told(delay({ days: 24 }), delay({ provider: 'gmx', days: 3 }), delay({ provider: 'apple', days: 20, delayed: 19 })),
  ).toEqual(['Yahoo put mail off on 24 of 30 days, 100 mails: The provider takes the mail for spam']);
});

test('nobody who puts mail off is no section', () => {
  expect(delaysSection([], JUNE)).toBeNull();
});
