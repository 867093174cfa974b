import { expect, test } from 'vitest';
import { didYouMean, EXIT, explain, UsageError, WorkError } from '#host/failure.ts';
import { DeniedObject } from '#lake/ports.ts';

test('wrong usage and failed work have exit codes of their own', () => {
  expect(explain(new UsageError('no such folder', 'name another'))).toEqual({
    message: 'no such folder',
    hint: 'name another',
    exitCode: EXIT.usage,
  });
  expect(explain(new WorkError('bad SQL'))).toEqual({ message: 'bad SQL', exitCode: EXIT.failed });
});

test('units that failed are named one by one, five at most', () => {
  const units = Array.from({ length: 7 }, (_, i) => new Error(`unit ${i} failed: disk`));
  expect(explain(new AggregateError(units)).message.split('\n')).toEqual([
    ...units.slice(0, 5).map(({ message }) => message),
    'and 2 more',
  ]);
});

test('a full disk says what to do', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  expect(explain(full).hint).toContain('make room and run it again');
});

test('an error of the ports says itself what to do', () => {
  expect(explain(new DeniedObject('raw/a.gz', 'EACCES'))).toEqual({
    message: 'access denied, grant read access and run again: raw/a.gz (EACCES)',
    exitCode: EXIT.failed,
  });
});

test('a mistake in the program is called one', () => {
  expect(explain(new TypeError('x is not a function')).message).toBe('a fault in maillake itself: x is not a function');
});

test('fault 34: escape sequences in what an error quotes are shown, not obeyed', () => {
  expect(explain(new Error('object does not exist: \u001b[2J\nsecond line')).message).toBe(
    'object does not exist: \\x1b[2J\nsecond line',
  );
});

test.for([
  ['event', 'did you mean events?'],
  ['deliverability', 'did you mean deliverability_daily or deliverability_by_campaign?'],
  ['recipient_message', 'did you mean recipient_messages?'],
  ['xyz', undefined],
] as const)('%s: %s', ([name, hint]) => {
  const names = ['events', 'headers', 'recipient_messages', 'deliverability_daily', 'deliverability_by_campaign'];
  expect(didYouMean(name, names)).toBe(hint);
});
