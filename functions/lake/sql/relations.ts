import { type Token, tokens } from './tokens.ts';

/**
 * The tables and views that a statement reads, each as often as it is named, in order of appearance. A name counts as
 * a CTE's only after the CTE: in `with events as (select … from events)` the inner one is the table.
 */
export function relations(sql: string): string[] {
  const words = tokens(sql);
  const defined = new Set<string>();
  const open: (string | null)[] = [];
  const read: string[] = [];
  words.forEach((token, at) => {
    if (token.text === '(') open.push(cteName(words, at));
    else if (token.text === ')') {
      const name = open.pop();
      if (name) defined.add(name);
    } else if (isRelation(words, at) && !defined.has(token.text)) read.push(token.text);
  });
  return read;
}

/** `with x as (` or `, x as (`: the name that the parenthesis at `at` begins; null for any other parenthesis. */
function cteName(words: readonly Token[], at: number): string | null {
  const [lead, name, as] = words.slice(Math.max(0, at - 3), at);
  const isCte = (lead?.text === 'with' || lead?.text === ',') && name?.kind === 'word' && as?.text === 'as';
  return isCte ? name.text : null;
}

function isRelation(words: readonly Token[], at: number): boolean {
  const before = words[at - 1]?.text;
  const after = words[at + 1]?.text;
  return words[at]?.kind === 'word' && (before === 'from' || before === 'join') && after !== '(';
}
