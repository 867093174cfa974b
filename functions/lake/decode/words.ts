import libmime from 'libmime';

/** Text with its encoded words (RFC 2047) decoded; what can't be decoded stays as it is. Always well-formed Unicode. */
export const decodedWords = (text: string): string => {
  if (!text.includes('=?')) return text;
  try {
    return libmime.decodeWords(text).toWellFormed();
  } catch {
    return text;
  }
};
