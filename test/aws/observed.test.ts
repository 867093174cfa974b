import { expect, test } from 'vitest';
import { spoken, withoutPeople } from '#aws/observed.ts';

test('what an error says is logged without addresses and without what it quotes', () => {
  expect(withoutPeople('no such key: raw/2025/03/10/a.gz')).toBe('no such key: raw/2025/03/10/a.gz');
  expect(withoutPeople('bounce of <Anna.B+x@example.org>, to b@c.de')).toBe('bounce of <…@…>, to …@…');
  expect(spoken(new SyntaxError('Unexpected token \'h\', "hello Anna" is not valid JSON'))).toEqual({
    error: 'SyntaxError',
    why: 'Unexpected token \'h\', "…" is not valid JSON',
  });
  expect(spoken('anna@example.org')).toEqual({ error: 'unknown', why: 'something was thrown that is no error' });
});

test('a message is cut where it would fill the log', () => {
  expect(spoken(new Error('x'.repeat(5000))).why).toHaveLength(1000);
});
