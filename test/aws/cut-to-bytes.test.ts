import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutToBytes } from '#aws/cut-to-bytes.ts';

test('what fits stays, what does not ends in … within the bytes, and no character is halved', () => {
  expect(cutToBytes('a'.repeat(255), 255)).toBe('a'.repeat(255));
  expect(cutToBytes('a'.repeat(256), 255)).toBe(`${'a'.repeat(252)}…`);
  expect(cutToBytes('–'.repeat(86), 255)).toBe(`${'–'.repeat(84)}…`);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 4, max: 40 }), (text, most) => {
      const cut = cutToBytes(text, most);
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(most);
      expect(cut === text || (cut.endsWith('…') && text.startsWith(cut.slice(0, -1)))).toBe(true);
      expect(cut).not.toMatch(/\p{Cs}/u);
    }),
  );
});
