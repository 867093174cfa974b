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
  /(?<space>\s+|--[^\n]*|\/\*[\s\S]*?\*\/)|(?<word>[A-Za-z_][A-Za-z0-9_]*)|(?<quoted>"(?:[^"]|"")*")|(?<string>'(?:[^']|'')*')|(?<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<symbol>[\s\S])/g;

/** The words of a statement, without white space and comments. Enough SQL to find what a view reads, no more. */
export function tokens(sql: string): Token[] {
  const found: Token[] = [];
  let line = 1;
  for (const { 0: text, groups = {}, index: at } of sql.matchAll(PATTERN)) {
    if (groups.word !== undefined) found.push({ kind: 'word', text: text.toLowerCase(), line, at });
    else if (groups.quoted !== undefined) found.push({ kind: 'quoted', text, line, at });
    else if (groups.string !== undefined) found.push({ kind: 'string', text, line, at });
    else if (groups.number !== undefined) found.push({ kind: 'number', text, line, at });
    else if (groups.symbol !== undefined) found.push({ kind: 'symbol', text, line, at });
    line += text.split('\n').length - 1;
  }
  return found;
}
