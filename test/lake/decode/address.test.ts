import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAddresses } from '#lake/decode/address.ts';

const brief = (text: string) => parseAddresses(text).map(({ address, name, domain }) => [address, name, domain]);

test.each([
  ['reader@example.org', 'reader@example.org', null, 'example.org'],
  ['  Reader@EXAMPLE.Org ', 'Reader@EXAMPLE.Org', null, 'example.org'],
  ['Jo Doe <jo@example.org>', 'jo@example.org', 'Jo Doe', 'example.org'],
  ['<jo@example.org>', 'jo@example.org', null, 'example.org'],
  ['"Doe, \\"Jo\\"" <jo@example.org>', 'jo@example.org', 'Doe, "Jo"', 'example.org'],
  ['Doe, Jo <jo@example.org>', 'jo@example.org', 'Doe, Jo', 'example.org'],
  ['"jo doe"@example.org', '"jo doe"@example.org', null, 'example.org'],
  ['"a@b,c"@example.org', '"a@b,c"@example.org', null, 'example.org'],
  ['jo@example.org (Jo Doe)', 'jo@example.org', 'Jo Doe', 'example.org'],
  ['=?UTF-8?B?SsO8cmdlbg==?= <j@example.org>', 'j@example.org', 'Jürgen', 'example.org'],
  ['=?utf-8?Q?Doe=2C_J?= <j@example.org>', 'j@example.org', 'Doe, J', 'example.org'],
  ['jörg@MÜNCHEN.example', 'jörg@MÜNCHEN.example', null, 'xn--mnchen-3ya.example'],
  ['jo@xn--mnchen-3ya.example', 'jo@xn--mnchen-3ya.example', null, 'xn--mnchen-3ya.example'],
  ['jo@example.org.', 'jo@example.org.', null, 'example.org'],
  ['root@localhost', 'root@localhost', null, 'localhost'],
  ['jo@[192.0.2.1]', 'jo@[192.0.2.1]', null, null],
  ['jo@192.0.2', 'jo@192.0.2', null, null],
  ['jo@exa mple.org', 'jo@exa mple.org', null, null],
  ['jo@example.org/path', 'jo@example.org/path', null, null],
  ['jo@', 'jo@', null, null],
  ['@example.org', '@example.org', null, null],
  ['postmaster', 'postmaster', null, null],
  ['undisclosed-recipients:;', 'undisclosed-recipients:;', null, null],
  ['', '', null, null],
])('%s is one address', (text, address, name, domain) => {
  expect(brief(text)).toEqual([[address, name, domain]]);
});

test('several addresses in one text are several, whatever stands between them', () => {
  expect(parseAddresses('a@x.org, "B, C" <b@y.org>; c@z.org,').map(({ given }) => given)).toEqual([
    'a@x.org',
    '"B, C" <b@y.org>',
    'c@z.org',
  ]);
});

test('the members of a group are addresses, its name is none', () => {
  expect(brief('Team: a@x.org, Bo <b@y.org>;').map(([address]) => address)).toEqual(['a@x.org', 'b@y.org']);
});

test('any text gives addresses, whose domain is ASCII', () => {
  const char = fc.constantFrom(...'ab@.,;:<>()[]"\\ ü?=é1-', '=?utf-8?Q?', '?=');
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: char }), fc.string({ unit: 'binary' })), (text) => {
      for (const { domain, name } of parseAddresses(text)) {
        expect(domain ?? 'none').toMatch(/^[a-z0-9_.-]+$/);
        expect(name).not.toBe('');
      }
    }),
  );
});

test('a plain address is the same alone, with a name, and in a list', () => {
  fc.assert(
    fc.property(fc.emailAddress(), fc.stringMatching(/^[A-Za-z]{1,10}( [A-Za-z]{1,10})?$/), (address, name) => {
      expect(brief(address)).toEqual(brief(`<${address}>`));
      expect(brief(`${name} <${address}>`)).toEqual([[address, name, brief(address)[0]?.[2]]]);
      expect(brief(`${address}, other@example.org`)).toHaveLength(2);
    }),
  );
});
