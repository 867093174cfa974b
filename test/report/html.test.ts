import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { html, trusted, visible } from '#report/html.ts';

describe('the template', () => {
  test('escapes text for element content and for quoted attributes', () => {
    expect(html`<p title="${'a"b'}">${'<b>&'}</p>`.toString()).toBe('<p title="a&#34;b">&#60;b&#62;&#38;</p>');
  });

  test('keeps markup, joins lists, and writes nothing for what is missing', () => {
    const items = ['a', '<'].map((text) => html`<li>${text}</li>`);
    expect(html`<ul>${items}${null}${undefined}${false}${0}${trusted('<hr>')}</ul>`.toString()).toBe(
      '<ul><li>a</li><li>&#60;</li>0<hr></ul>',
    );
  });

  test('never lets text begin a tag, an entity or another attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const inner = html`${text}`.toString();
        expect(inner).not.toMatch(/[<>"'`]/);
        expect(inner.replace(/&#\d+;/g, '')).not.toContain('&');
      }),
    );
  });
});

describe('visible text', () => {
  test('shows control characters as pictures', () => {
    expect(visible('a\x1b[31mred\x07\x00\x7f')).toBe('a␛[31mred␇␀␡');
  });

  test('keeps tabs and line feeds, emoji and accents', () => {
    expect(visible('a\tb\nç 👩‍👩‍👧 e\u0301')).toBe('a\tb\nç 👩‍👩‍👧 e\u0301');
  });

  test('replaces marks that turn the reading direction, and lone surrogates', () => {
    expect(visible('safe\u202egnp.exe\u2066\ud800')).toBe('safe\ufffdgnp.exe\ufffd\ufffd');
  });
});
