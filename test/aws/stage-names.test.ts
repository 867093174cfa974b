import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bucketName, databaseName, globalName, LIMITS, logicalName, nameOf, type Stage } from '#aws/stage-names.ts';

const word = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9-]{0,40}$/);
const stage: fc.Arbitrary<Stage> = fc.record({ app: word.map((app) => app.toLowerCase()), stage: word });
const same = (a: Stage, b: Stage): boolean => a.app === b.app && a.stage === b.stage;

test('names of everyday stages can be read and typed', () => {
  const production = { app: 'maillake', stage: 'production' };
  expect(nameOf('lambda', production, 'plan')).toBe('maillake-production-plan');
  expect(nameOf('workgroup', production, 'analysts')).toBe('maillake-production-analysts');
  expect(globalName('dashboard', production, 'eu-west-1')).toBe('maillake-production-eu-west-1');
  expect(databaseName(production)).toBe('maillake_production');
  expect(globalName('role', production, 'eu-west-1', 'plan')).toBe('maillake-production-eu-west-1-plan');
  expect(bucketName(production, '123456789012', 'eu-west-1', 'lake')).toMatch(/^maillake-production-lake-[0-9a-f]{8}$/);
});

test('stages whose names could be read in two ways are told apart', () => {
  const one = { app: 'mail', stage: 'lake-dev' };
  const other = { app: 'mail-lake', stage: 'dev' };
  expect(nameOf('queue', one, 'live')).not.toBe(nameOf('queue', other, 'live'));
  expect(databaseName({ app: 'mail', stage: 'Dev' })).not.toBe(databaseName({ app: 'mail', stage: 'dev' }));
});

test('no two stages share a name of any kind, whatever they are called', () => {
  fc.assert(
    fc.property(stage, stage, fc.constantFrom('plan', 'settle-day', 'jobs-dead'), (a, b, what) => {
      fc.pre(!same(a, b));
      expect(nameOf('lambda', a, what)).not.toBe(nameOf('lambda', b, what));
      expect(databaseName(a)).not.toBe(databaseName(b));
      // To IAM capitals and small letters are one.
      const roleOf = (of: Stage): string => globalName('role', of, 'eu-west-1', what).toLowerCase();
      expect(roleOf(a)).not.toBe(roleOf(b));
      const bucketOf = (of: Stage): string => bucketName(of, '123456789012', 'eu-west-1', what);
      expect(bucketOf(a)).not.toBe(bucketOf(b));
    }),
  );
});

test('names keep AWS’s limits and letters', () => {
  fc.assert(
    fc.property(stage, fc.constantFrom('plan', 'settle-day', 'dead-letters-backfill'), (of, what) => {
      expect(nameOf('lambda', of, what).length).toBeLessThanOrEqual(LIMITS.lambda);
      expect(globalName('role', of, 'ap-southeast-2', what).length).toBeLessThanOrEqual(LIMITS.role);
      expect(databaseName(of)).toMatch(/^[a-z][a-z0-9_]{0,254}$/);
      expect(bucketName(of, '123456789012', 'eu-west-1', what)).toMatch(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/);
    }),
  );
});

test('things of one stage have names of their own, however they are cut', () => {
  const long = { app: 'a'.repeat(20), stage: 's'.repeat(60) };
  expect(nameOf('lambda', long, 'plan')).not.toBe(nameOf('lambda', long, 'transform'));
});

test('a logical name is one word', () => {
  expect(logicalName('settle-day')).toBe('SettleDay');
  expect(logicalName('recipient_messages_live')).toBe('RecipientMessagesLive');
});
