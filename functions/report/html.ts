/**
 * A template that escapes by default: what comes from data can't become markup, because only this file's two functions
 * make Markup and everything else is text.
 */

/** Finished, safe markup. */
export class Markup {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  toString(): string {
    return this.#text;
  }
}

export type Content = Markup | string | number | null | undefined | false | readonly Content[];

/**
 * `` html`<td title="${subject}">${subject}</td>` ``: text is escaped for element content and quoted attributes, lists are
 * joined, null, undefined and false are nothing. Attributes must be quoted, and no value belongs into style or a URL.
 */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(parts.reduce((text, part, i) => text + rendered(values[i - 1]) + part));
}

/** Markup that something trustworthy has made: a serialized SVG, our own style sheet. Never text from data. */
export const trusted = (text: string): Markup => new Markup(text);

/**
 * Text as it may be shown: control characters as their pictures (an ANSI escape is seen, and does nothing in a terminal
 * either), marks that turn the reading direction or hide in text as U+FFFD (they would let a link look like another).
 */
export function visible(text: string): string {
  return text
    .toWellFormed()
    .replaceAll('\r\n', '\n')
    .replace(CONTROLS, (char) => String.fromCharCode(char === '\x7f' ? 0x2421 : 0x2400 + char.charCodeAt(0)))
    .replace(INVISIBLES, '\ufffd');
}

const rendered = (content: Content): string => {
  if (content === null || content === undefined || content === false) return '';
  if (content instanceof Markup) return content.toString();
  if (typeof content === 'object') return content.map(rendered).join('');
  return visible(String(content)).replace(/[&<>"'`]/g, (char) => `&#${char.charCodeAt(0)};`);
};

// Tab and line feed are kept: in HTML they are white space.
const CONTROLS = controlClass([
  [0x00, 0x08],
  [0x0b, 0x1f],
  [0x7f, 0x7f],
]);

// C1 controls; marks, embeddings, overrides and isolates of the Unicode bidirectional algorithm (UAX #9); U+2028, U+2029.
const INVISIBLES = /[\u0080-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

function controlClass(ranges: readonly (readonly [from: number, to: number])[]): RegExp {
  const escaped = (code: number) => `\\x${code.toString(16).padStart(2, '0')}`;
  return new RegExp(`[${ranges.map(([from, to]) => `${escaped(from)}-${escaped(to)}`).join('')}]`, 'g');
}
