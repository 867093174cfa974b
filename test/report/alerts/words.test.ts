import { expect, test } from 'vitest';
import { atLeast, atMost } from '#report/alerts/chance.ts';
import { rarity } from '#report/alerts/finding.ts';
import { chatOf, eventOf, textOf } from '#report/alerts/words.ts';
import { alert, finding } from './messages.ts';

const says = {
  ...finding().says,
  whose: 'All of it was from news.example.',
  why: 'The most frequent answer, 5.7.1, means: Refused by policy.',
  said: 'Servers said “550 \u001b[2J <!channel> [here](https://phish.example)” (all 27 times).',
};

test('an alert as a text says what, how much, why, what to do, how sure and how to look further', () => {
  expect(
    textOf(alert({ finding: finding({ says }) }), false),
  ).toBe(`On Tuesday 6 October, 06:00 to 08:00 UTC, Microsoft turned away 75.0% of the mail that came there: 27 of 36, where 1.99% was expected. All of it was from news.example. The most frequent answer, 5.7.1, means: Refused by policy.

Servers said “550 \\x1b[2J <!channel> [here](https://phish.example)” (all 27 times).

What to do: Read the diagnostic.

How sure: Chance alone would do this in less than one of 1,000,000 such hours.

Since: 2026-10-06 06:00 UTC. Warning.

To look further:
select * from bounce_diagnostics

Alert f547e2474937-0`);
});

test('one that is over says why, and a repeat that it may be one', () => {
  const over = alert({ what: 'over', why: '1 of 60 mails of the last 3 hours', id: 'f547e2474937-1', n: 1 });
  expect(textOf(over, true)).toBe(`This may have been told before: whoever was telling it did not say how that ended.

It is over: 1 of 60 mails of the last 3 hours. It was told that:

On Tuesday 6 October, 06:00 to 08:00 UTC, Microsoft turned away 75.0% of the mail that came there: 27 of 36, where 1.99% was expected.

To look further:
select * from bounce_diagnostics

Alert f547e2474937-1`);
});

test('in a chat, what servers said calls nobody and links nowhere, and a trouble is one thread', () => {
  const text = JSON.stringify(chatOf(alert({ finding: finding({ says }) }), false));
  expect(text).not.toMatch(/<!channel>|\[here\]|\\u001b/);
  expect(JSON.parse(text)).toMatchObject({
    version: '1.0',
    source: 'custom',
    id: 'f547e2474937-0',
    content: { textType: 'client-markdown', nextSteps: ['Read the diagnostic.', 'select * from bounce_diagnostics'] },
    metadata: { threadId: 'f547e2474937', eventType: 'refused' },
  });
});

test('for programs it is figures, times and the same words', () => {
  expect(eventOf(alert(), false)).toEqual({
    id: 'f547e2474937-0',
    what: 'opened',
    trouble: 'refused',
    level: 'warning',
    scope: { provider: 'microsoft' },
    since: '2026-10-06T06:00:00.000Z',
    until: '2026-10-06T07:00:00.000Z',
    told_at: '2026-10-06T08:40:00.000Z',
    counted: 27,
    of: 36,
    expected: 0.7,
    headline: 'On Tuesday 6 October, 06:00 to 08:00 UTC, Microsoft turned away 75.0% of the mail that came there',
    compared: '27 of 36, where 1.99% was expected',
    whose: null,
    reason: null,
    said: null,
    todo: 'Read the diagnostic.',
    sure: 'Chance alone would do this in less than one of 1,000,000 such hours.',
    query: 'select * from bounce_diagnostics',
    why_over: null,
    may_be_repeat: false,
  });
});

test('a chance is never said to be rarer than it is', () => {
  expect([0.5, 0.02, 9.9e-7, 0].map((p) => rarity(p, 'hours'))).toEqual([
    'Chance alone could do this.',
    'Chance alone would do this in less than one of 10 such hours.',
    'Chance alone would do this in less than one of 1,000,000 such hours.',
    'Chance alone would do this in less than one of 1,000,000,000 such hours.',
  ]);
});

test('tails of the distributions are those of their definition', () => {
  // Of the Poisson distribution with mean 2: P(X ≤ 1) = 3 / e².
  expect(atMost(1, 2)).toBeCloseTo(3 / Math.E ** 2, 12);
  // With spread 1 it is geometric: P(X ≥ k) = (m / (1 + m))^k.
  expect(atLeast(5, 3, 1)).toBeCloseTo(0.75 ** 5, 8);
  // With little spread it is Poisson's.
  expect(atLeast(2, 2, 1e-4)).toBeCloseTo(1 - 3 / Math.E ** 2, 6);
  expect([atLeast(0, 1, 0.5), atLeast(1, 0, 0.5)]).toEqual([1, 0]);
});
