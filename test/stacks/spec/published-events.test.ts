import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SES_EVENTS } from '../../../stacks/config.ts';
import { withPublishedEvents } from '../../../stacks/spec/published-events.ts';

const CSV = readFileSync('sql/seeds/published_events.csv', 'utf8');

test('what a configuration set publishes is stated, and what it does not is left to the data', () => {
  expect(withPublishedEvents(CSV, 'maillake-dev', ['SEND', 'BOUNCE', 'DELIVERY'])).toBe(
    `${CSV}maillake-dev,true,true,,,,\n`,
  );
  expect(withPublishedEvents(CSV, 'maillake-dev', SES_EVENTS)).toBe(
    `${CSV}maillake-dev,true,true,true,true,true,true\n`,
  );
});

test('a row that a user wrote stays', () => {
  const own = `${CSV}maillake-dev,,false,,,,\n`;
  expect(withPublishedEvents(own, 'maillake-dev', SES_EVENTS)).toBe(own);
  expect(withPublishedEvents(own, 'maillake', SES_EVENTS)).toContain('\nmaillake,true');
});

test('a seed of another form is refused', () => {
  expect(() => withPublishedEvents('scope,has_sends\n', 'maillake-dev', [])).toThrow('other columns');
});
