import { domainOf } from './domain.ts';
import { decodedWords } from './words.ts';

/** One address of a list. */
export interface Address {
  /** as written, with display name, without outer spaces */
  given: string;
  /** the address alone, as written; empty if there is none */
  address: string;
  /** display name, or the comment behind the address; decoded (RFC 2047) */
  name: string | null;
  /** in lower-case ASCII (IDNA) */
  domain: string | null;
}

/** `local@domain` without quotes, comments or anything beyond ASCII: nearly every address there is. */
const PLAIN = /^[\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$/;

export const isPlainAddress = (text: string): boolean => PLAIN.test(text);

/**
 * The addresses of a list (RFC 5322, 3.4): display names, quoted local parts, comments, groups, encoded words. Reads
 * leniently: a `;` separates too, and a comma in an unquoted name (`Doe, Jo <jo@example.org>`) belongs to the name.
 * Text without any `@` is one address that has no domain; never fails.
 */
export const parseAddresses = (text: string): Address[] => {
  const given = text.trim();
  if (isPlainAddress(given)) return [plainAddress(given)];
  const pieces = given.includes('@') ? splitList(given) : [given];
  return pieces.map(parsePiece);
};

const plainAddress = (given: string): Address => ({
  given,
  address: given,
  name: null,
  domain: given.slice(given.lastIndexOf('@') + 1).toLowerCase(),
});

/** Cuts at commas and semicolons outside quotes, comments and angle brackets, and after a group's name. */
const splitList = (text: string): string[] => {
  const pieces: string[] = [];
  let from = 0;
  let names = '';
  const end = (at: number, separator: string) => {
    const piece = text.slice(from, at).trim();
    from = at + 1;
    if (piece === '' && names === '') return;
    const whole = names + piece;
    names = '';
    // A piece without an address, before a comma, is the beginning of a name with a comma in it.
    if (separator === ',' && !piece.includes('@')) names = `${whole}, `;
    else pieces.push(whole);
  };
  for (const [at, char] of outsideOfQuotes(text)) {
    if (char === ',' || char === ';') end(at, char);
    else if (char === ':' && text.includes(';', at) && !text.slice(from, at).includes('@')) {
      from = at + 1;
      names = '';
    }
  }
  end(text.length, '');
  return pieces;
};

/** The characters, with their places, that are in no quoted string, comment, domain literal or angle brackets. */
function* outsideOfQuotes(text: string): Generator<[number, string]> {
  // An opening character that nothing closes is only a character.
  const closed = new Map(Object.entries(CLOSERS).map(([opener, ender]) => [opener, text.lastIndexOf(ender)]));
  let closer = '';
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '\\' && (closer === '"' || closer === ')')) at++;
    else if (closer !== '') {
      if (closer === ')' && char === '(') depth++;
      else if (char === closer && --depth === 0) closer = '';
    } else if ((closed.get(char) ?? -1) > at) {
      closer = CLOSERS[char] ?? '';
      depth = 1;
    } else yield [at, char];
  }
}

const CLOSERS: Readonly<Record<string, string>> = { '"': '"', '(': ')', '[': ']', '<': '>' };

const parsePiece = (given: string): Address => {
  const comments: string[] = [];
  const bare = withoutComments(given, comments);
  const angle = /^(.*)<([^<>]*)>[^<>]*$/s.exec(bare);
  const address = (angle?.[2] ?? bare).trim();
  const phrase = unquoted((angle?.[1] ?? '').trim()) || (comments[0] ?? '');
  return { given, address, name: decodedWords(phrase).trim() || null, domain: domainOf(address) };
};

const withoutComments = (text: string, comments: string[]): string => {
  if (!text.includes('(')) return text;
  return text.replace(/("(?:[^"\\]|\\.)*")|\(((?:[^()\\]|\\.)*)\)/gs, (whole, quoted, comment) => {
    if (quoted !== undefined) return whole;
    comments.push(String(comment).trim());
    return ' ';
  });
};

const unquoted = (phrase: string): string =>
  /^"(?:[^"\\]|\\.)*"$/s.test(phrase) ? phrase.slice(1, -1).replace(/\\(.)/gs, '$1') : phrase;
