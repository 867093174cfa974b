/** Finds the tables and views that a SQL statement reads. */
import { type Token, tokens } from './tokens.ts';

/**
 * The tables and views that a statement reads, each as often as it is named, in order of appearance. A name counts as
 * a CTE's only after the CTE: in `with events as (select … from events)` the inner one is the table.
 */
export function relations(sql: string): string[] {
  return scopes(sql).flatMap(({ read }) => read.filter(({ isCte }) => !isCte).map(({ name }) => name));
}

/**
 * How often an engine that runs a CTE again for each reference, as Trino does, reads each table and view: a CTE that is
 * named twice reads its own twice. Names of tables and views, with the number of scans; a CTE that nobody names reads none.
 */
export function scans(sql: string): Map<string, number> {
  const parts = scopes(sql);
  const total = new Map<string, number>();
  const add = (scope: Scope, times: number): void => {
    for (const { name, isCte } of scope.read) {
      const cte = isCte ? parts.find((part) => part.cte === name) : undefined;
      if (cte) add(cte, times);
      else total.set(name, (total.get(name) ?? 0) + times);
    }
  };
  for (const part of parts) if (part.cte === null) add(part, 1);
  return total;
}

/** A CTE, or what stands outside of all of them. */
interface Scope {
  cte: string | null;
  read: { name: string; isCte: boolean }[];
}

/** The CTEs in order, those within others too, and last the statement itself. */
function scopes(sql: string): Scope[] {
  const words = tokens(sql);
  const main: Scope = { cte: null, read: [] };
  const done: Scope[] = [];
  const defined = new Set<string>();
  const open: (Scope | null)[] = [];
  words.forEach((token, at) => {
    if (token.text === '(') {
      const cte = cteName(words, at);
      open.push(cte === null ? null : { cte, read: [] });
    } else if (token.text === ')') {
      const closed = open.pop();
      if (closed?.cte) {
        defined.add(closed.cte);
        done.push(closed);
      }
    } else if (isRelation(words, at)) {
      const scope = open.findLast((one) => one !== null) ?? main;
      scope.read.push({ name: token.text, isCte: defined.has(token.text) });
    }
  });
  return [...done, main];
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
