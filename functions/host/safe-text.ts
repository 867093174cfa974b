/** Text that comes from mail, made harmless for a terminal, and its width there. */

// Control characters drive the terminal (colours, cursor, window title, clipboard); line and paragraph separators and
// direction marks move or reverse what stands around them; a lone surrogate is no character.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const DANGEROUS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Cs}/gu;
const NAMED: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Shows characters that would control a terminal as an escape such as `\x1b` or `\u202e`; everything else stays as it
 * is.
 */
export const safeText = (text: string): string => text.replace(DANGEROUS, escapeOf);

/** As safeText, but line breaks stay: for messages over several lines. */
export const safeLines = (text: string): string => text.split(/\r?\n/).map(safeText).join('\n');

/** As safeText, but what a cell of a table may hold stays: tabs and line breaks. */
export const safeCell = (text: string): string =>
  text.replace(DANGEROUS, (character) => ('\t\r\n'.includes(character) ? character : escapeOf(character)));

function escapeOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return NAMED[character] ?? (code < 256 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
}

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');

const ASCII = /^[\x20-\x7e]*$/;
const NO_WIDTH = /^[\p{M}\u200b-\u200d]+$/u;
const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]|\ufe0f/u;
/** Made at first use: it takes longer than everything else that a help text needs. */
let segmenter: Intl.Segmenter | undefined;
function graphemes(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return segmenter.segment(text);
}

/** Columns that safe text takes on a terminal: two for East Asian characters and emoji, none for marks. */
export function textWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes(text)) width += graphemeWidth(segment);
  return width;
}

const graphemeWidth = (segment: string): number => (NO_WIDTH.test(segment) ? 0 : WIDE.test(segment) ? 2 : 1);

/** At most `width` columns; what is cut ends in `…`. */
export function cutText(text: string, width: number): string {
  if (ASCII.test(text)) return text.length <= width ? text : `${text.slice(0, Math.max(width - 1, 0))}…`;
  if (textWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes(text)) {
    used += graphemeWidth(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

export const padRight = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(width - textWidth(text), 0));
export const padLeft = (text: string, width: number): string => ' '.repeat(Math.max(width - textWidth(text), 0)) + text;

/** Breaks text between words into lines of at most `width` columns; longer words are cut into pieces. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((part) => pieces(part, width))) {
    if (line === '') line = word;
    else if (textWidth(line) + 1 + textWidth(word) <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

function pieces(word: string, width: number): string[] {
  if (textWidth(word) <= width) return [word];
  const found: string[] = [];
  let piece = '';
  for (const { segment } of graphemes(word)) {
    if (piece !== '' && textWidth(piece + segment) > width) {
      found.push(piece);
      piece = '';
    }
    piece += segment;
  }
  return [...found, piece];
}
