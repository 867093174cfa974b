import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseLink } from '#lake/decode/link.ts';

const parts = (text: string) => {
  const { link_scheme, link_host, link_path, link_query } = parseLink(text);
  return [link_scheme, link_host, link_path, link_query];
};

describe('fault 30: links of all kinds are taken apart as far as they go', () => {
  test.each([
    ['https://www.Example.com/a/b?x=1&y=2#z', ['https', 'www.example.com', '/a/b', 'x=1&y=2']],
    ['HTTP://example.com', ['http', 'example.com', '/', null]],
    ['https://bücher.example/ä', ['https', 'xn--bcher-kva.example', '/%C3%A4', null]],
    ['https://example.com/a%20b%zz?q=%zz', ['https', 'example.com', '/a%20b%zz', 'q=%zz']],
    ['mailto:jo@example.org?subject=Hi', ['mailto', null, 'jo@example.org', 'subject=Hi']],
    ['javascript:alert(1)', ['javascript', null, 'alert(1)', null]],
    ['example.com/path', [null, null, null, null]],
    ['example.com:8080/path', [null, null, null, null]],
    ['/relative?utm_source=x', [null, null, null, null]],
    ['https://', [null, null, null, null]],
    ['not a link', [null, null, null, null]],
    ['', [null, null, null, null]],
  ])('%s', (text, expected) => {
    expect(parts(text)).toEqual(expected);
  });

  test('64 KB of link', () => {
    const path = `/${'a'.repeat(65_536)}`;
    expect(parts(`https://example.com${path}`)).toEqual(['https', 'example.com', path, null]);
  });
});

test('utm parameters are decoded; the first of a name counts, in any case, behind &amp; too', () => {
  const link = parseLink(
    'https://e.org/?UTM_Source=a%20b+c&amp;utm_medium=mail&utm_source=no&utm_term=%FF&utm_content=',
  );
  expect(link).toMatchObject({
    utm_source: 'a b c',
    utm_medium: 'mail',
    utm_campaign: null,
    utm_term: null,
    utm_content: null,
  });
});

test('any utm value comes back as it was encoded', () => {
  const value = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => text.isWellFormed());
  fc.assert(
    fc.property(value, value, (source, campaign) => {
      const query = new URLSearchParams({ utm_source: source, utm_campaign: campaign });
      const link = parseLink(`https://example.com/?${query}`);
      expect([link.utm_source, link.utm_campaign]).toEqual([source, campaign]);
    }),
  );
});

test('no text makes it fail', () => {
  fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl()), (text) => void parseLink(text)));
});
