import { expect, test } from 'vitest';
import { type Deployed, keyOf, wholeOne } from '../../stacks/deployed.ts';

const TYPE = 'aws:athena/namedQuery:NamedQuery';

/** A state that has these, broken ones marked so. */
const having = (...names: readonly string[]): Deployed =>
  new Map(
    names.map((name) => {
      const isBroken = name.startsWith('broken ');
      const own = name.replace('broken ', '');
      return [keyOf(TYPE, own), { urn: own, type: TYPE, initErrors: isBroken ? ['read failed'] : [] }];
    }),
  );

test.each([
  ['a new one', having(), 'Q'],
  ['one that is there', having('Q'), 'Q'],
  ['one that could not be read after it was made, by another name', having('broken Q'), 'QAgain'],
  ['one that was made again before', having('QAgain'), 'QAgain'],
  ['the second time that it could not be read, by the first name', having('broken QAgain'), 'Q'],
  ['one that is whole beside one that is not', having('broken Q', 'QAgain'), 'QAgain'],
])('what has no update is made: %s', (_, deployed, expected) => {
  expect(wholeOne(deployed, TYPE, 'Q')).toBe(expected);
});
