import { expect, test } from 'vitest';
import { spoken } from '#aws/observed.ts';
import { withoutPeople } from '#lake/decode/without-addresses.ts';

test('what an error says is logged without addresses and without what it quotes', () => {
  expect(withoutPeople('no such key: raw/2025/03/10/a.gz')).toBe('no such key: raw/2025/03/10/a.gz');
  expect(withoutPeople('bounce of <Anna.B+x@example.org>, to b@c.de')).toBe('bounce of <…@…>, to …@…');
  const hers = ['ann%40example.org', 'ann=40example.org', '%61nn%2540example.org', btoa('to ann@example.org')];
  for (const one of hers) expect(withoutPeople(`no such key: raw/${one}`)).not.toContain(one);
  expect(withoutPeople('at 1 of "{"to":"QW5u","x":1" is no JSON: `ann`')).toBe('at 1 of "…" is no JSON: "…"');
  expect(spoken(new SyntaxError('Unexpected token \'h\', "hello Anna" is not valid JSON'))).toEqual({
    error: 'SyntaxError',
    why: 'Unexpected token \'h\', "…" is not valid JSON',
  });
  expect(spoken('anna@example.org')).toEqual({ error: 'unknown', why: 'something was thrown that is no error' });
});

test('a message is cut where it would fill the log', () => {
  expect(spoken(new Error('x'.repeat(5000))).why).toHaveLength(1000);
});
