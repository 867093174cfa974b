import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutText, safeLines, safeText, textWidth, wrapText } from '#host/safe-text.ts';

test('fault 34: escape sequences in data are shown, not obeyed', () => {
  expect(safeText('\u001b[31mred\u001b]0;title\u0007')).toBe('\\x1b[31mred\\x1b]0;title\\x07');
  expect(safeText('\u009b2J')).toBe('\\x9b2J');
  expect(safeText('a\nb\tc\rd')).toBe('a\\nb\\tc\\rd');
});

test('fault 34: direction marks that would turn text around are shown', () => {
  expect(safeText('invoice\u202efdp.exe')).toBe('invoice\\u202efdp.exe');
  expect(safeText('a\u2028b')).toBe('a\\u2028b');
});

test('a lone surrogate is shown as what it is', () => {
  expect(safeText('x\ud800y')).toBe('x\\ud800y');
});

test('ordinary text of any language stays as it is', () => {
  for (const text of [
    'Grüße, Ελλάδα',
    '日本語のメール',
    'مرحبا',
    'e\u0301',
    '👩‍👩‍👧 🇪🇸',
    "<b>'; drop table x; --</b>",
  ]) {
    expect(safeText(text)).toBe(text);
  }
});

test('fault 34: nothing that is printed holds a control character, whatever the data', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(safeText(text)).not.toMatch(/\p{Cc}|\p{Cs}|[\u202a-\u202e\u2066-\u2069]/u);
      expect(safeText(text)).toBe(safeText(safeText(text)));
    }),
  );
});

test('messages keep their line breaks and lose everything else that acts', () => {
  expect(safeLines('first\r\nsecond\u001b[1m')).toBe('first\nsecond\\x1b[1m');
});

test.for([
  ['', 0],
  ['abc', 3],
  ['Grüße', 5],
  ['e\u0301', 1],
  ['日本', 4],
  ['✅ ok', 5],
  ['👩‍👩‍👧', 2],
  ['🇪🇸', 2],
] as const)('%j takes %i columns', ([text, width]) => {
  expect(textWidth(text)).toBe(width);
});

test('cut text never takes more columns than there are, and says that it was cut', () => {
  expect(cutText('deliverability', 8)).toBe('deliver…');
  expect(cutText('日本語のメール', 6)).toBe('日本…');
  expect(cutText('short', 5)).toBe('short');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (text, width) => {
      expect(textWidth(cutText(safeText(text), width))).toBeLessThanOrEqual(width);
    }),
  );
});

test('wrapped text keeps every character that is no space', () => {
  expect(wrapText('550 5.1.1 no such mailbox here', 12)).toEqual(['550 5.1.1 no', 'such mailbox', 'here']);
  expect(wrapText('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 2, max: 20 }), (text, width) => {
      expect(wrapText(safeText(text), width).join('').replaceAll(' ', '')).toBe(safeText(text).replaceAll(' ', ''));
    }),
  );
});
