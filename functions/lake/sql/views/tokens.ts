/** Splits SQL text into tokens. */

export interface Token {
  /** `word` is lower-cased; the others are as written, quotes included */
  kind: 'word' | 'quoted' | 'string' | 'number' | 'symbol';
  text: string;
  /** from 1 */
  line: number;
  /** where it begins in the statement, in UTF-16 units */
  at: number;
}

const PATTERN =
  /\s+|--[^\n]*|\/\*[\s\S]*?\*\/|([A-Za-z_][A-Za-z0-9_]*)|("(?:[^"]|"")*")|('(?:[^']|'')*')|(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|([\s\S])/g;

/** The words of a statement, without white space and comments. Enough SQL to find what a view reads, no more. */
export function tokens(sql: string): Token[] {
  const found: Token[] = [];
  let line = 1;
  for (const { 0: text, 1: word, 2: quoted, 3: string, 4: number, 5: symbol, index: at } of sql.matchAll(PATTERN)) {
    if (word !== undefined) found.push({ kind: 'word', text: text.toLowerCase(), line, at });
    else if (quoted !== undefined) found.push({ kind: 'quoted', text, line, at });
    else if (string !== undefined) found.push({ kind: 'string', text, line, at });
    else if (number !== undefined) found.push({ kind: 'number', text, line, at });
    else if (symbol !== undefined) found.push({ kind: 'symbol', text, line, at });
    if (text.includes('\n')) line += text.split('\n').length - 1;
  }
  return found;
}
