import { expect, test } from 'vitest';
import { type Headlines, headlineLines } from '#cli/commands/headlines.ts';
import { paletteFor } from '#cli/terminal/palette.ts';
import { COUNTS, type Count, RATES, rateOf } from '#report/measures.ts';

const record = <K extends string, V>(names: readonly K[], of: (name: K) => V) =>
  Object.fromEntries(names.map((name) => [name, of(name)])) as Record<K, V>;

/** What `run` says of these counts, by the first word of its lines. */
function said(given: Partial<Record<Count, number>>): Record<string, string> {
  const counts = record(COUNTS, (name) => given[name] ?? 0);
  const rates = record(Object.keys(RATES) as (keyof typeof RATES)[], (name) =>
    rateOf({ number: (count) => counts[count] }, RATES[name]),
  );
  const found: Headlines = {
    first_send_date: '2026-09-01',
    last_send_date: '2026-09-30',
    counts,
    rates,
    providers: [],
    unpublished: [],
  };
  const lines = [...headlineLines(found, paletteFor(null))].map((line) => line.trim().split(/ {2,}/));
  return Object.fromEntries(lines.map(([name = '', ...rest]) => [name, rest.join(' ')]));
}

test('a rate of other mails than the count beside it says of which', () => {
  // An identity of which bounces alone are published has 139 of these, of nobody knows how many mails.
  const lines = said({ sent: 1799, hard_bounces: 340, volume_sent: 1660, volume_hard_bounces: 201 });
  expect(lines['hard bounces']).toBe('340 12.1%: 201 of the 1,660 that it can be told of');
});

test('a rate of the mails that are counted stands alone', () => {
  const lines = said({ sent: 1660, hard_bounces: 201, volume_sent: 1660, volume_hard_bounces: 201 });
  expect(lines['hard bounces']).toBe('201 12.1%');
  expect(lines.unsubscribed).toBe('0 –');
});
