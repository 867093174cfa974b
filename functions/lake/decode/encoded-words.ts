/** Decodes the encoded words (RFC 2047) of header values. */
import { createRequire } from 'node:module';
import type Libmime from 'libmime';

/** Far more than a mail's headers have; decoding takes some hundred times the memory of the text. */
const LONGEST = 1 << 18;

/** A word of letters and digits, which stand for themselves (RFC 2047, 4.2): what is asked to see which columns words change. */
const PLAIN_WORD = /^=\?utf-8\?q\?([a-zA-Z0-9]+)\?=$/;

let loaded: typeof Libmime | undefined;

/**
 * Loaded when a text needs it, at once: with the tables of its charsets it is a fifth of a worker's start, and most mail has
 * no such words. A bundle has a `require` of its own, and takes in what that names.
 */
const libmime = (): typeof Libmime =>
  (loaded ??= typeof require === 'function' ? require('libmime') : createRequire(import.meta.url)('libmime'));

/** Text with its encoded words (RFC 2047) decoded; what can't be decoded stays as it is. Always well-formed Unicode. */
export const decodedWords = (text: string): string => {
  if (text.length > LONGEST || !text.includes('=?')) return text;
  const plain = PLAIN_WORD.exec(text)?.[1];
  if (plain !== undefined) return plain;
  try {
    return libmime().decodeWords(text).toWellFormed();
  } catch {
    return text;
  }
};
