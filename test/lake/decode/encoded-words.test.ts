import libmime from 'libmime';
import { expect, test } from 'vitest';
import { decodedWords } from '#lake/decode/encoded-words.ts';

test('a word of letters and digits is read without libmime, as libmime reads it', () => {
  for (const word of ['=?utf-8?q?x?=', '=?utf-8?q?Abc9?=']) expect(decodedWords(word)).toBe(libmime.decodeWords(word));
  expect(decodedWords('=?utf-8?q?a_b=C3=A9?= =?utf-8?q?c?=')).toBe('a béc');
});
