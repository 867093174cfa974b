/** Decodes the encoded words (RFC 2047) of header values. */
import libmime from 'libmime';

/** Far more than a mail's headers have; decoding takes some hundred times the memory of the text. */
const LONGEST = 1 << 18;

/** Text with its encoded words (RFC 2047) decoded; what can't be decoded stays as it is. Always well-formed Unicode. */
export const decodedWords = (text: string): string => {
  if (text.length > LONGEST || !text.includes('=?')) return text;
  try {
    return libmime.decodeWords(text).toWellFormed();
  } catch {
    return text;
  }
};
