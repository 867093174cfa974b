/**
 * What a person or an agent may have Athena do: read, and nothing else. Athena has no mode that only reads, so there are three
 * safeguards:
 *
 * 1. The analysts' policy has no right to write a table (stacks/spec/analyst.ts). But who asks may have more rights.
 * 2. Trino tells what a statement does by its first word (Trino's grammar, `statement`). It has to be one that reads, or
 *    EXPLAIN of one: `explain analyze` runs what it explains. A comment cannot hide another one: what stands before the
 *    first word is not sent.
 * 3. A SELECT can still act through a function in its FROM, `table(…)`, by which a connector runs a text of its own. Those are
 *    refused, all of them.
 *
 * A caller may close tables and views. Trino itself then resolves their names to relations that fail: no way of writing a name is
 * overlooked. Only a name with its database would go past them, so a statement may not say the database's name.
 */
import { RefusedStatement } from '#host/failure.ts';
import { quoteText } from '#lake/sql/quote.ts';
import { relations } from '#lake/sql/views/relations.ts';
import { type Token, tokens } from '#lake/sql/views/tokens.ts';

const QUERIES: ReadonlySet<string> = new Set(['select', 'with', 'values', 'table']);
const READS: ReadonlySet<string> = new Set([...QUERIES, 'show', 'describe', 'desc', 'explain']);

export interface ClosedRelations {
  /** tables and views that the statement may not read, in lower case */
  names: ReadonlySet<string>;
  /** which they lie in */
  database: string;
}

/**
 * The statement to run for a text, after all is checked.
 * @throws RefusedStatement if the text is anything but one statement that reads, or reads what is closed
 */
export function readingStatement(text: string, closed: ClosedRelations | null = null): string {
  // To Trino a lone CR ends a comment, to `tokens` it doesn't.
  const sql = text.replace(/\r\n?/g, '\n').replace(/(\s*;)+\s*$/, '');
  const all = tokens(sql);
  if (all.some(({ kind, text: symbol }) => kind === 'symbol' && symbol === ';'))
    throw new RefusedStatement('one statement at a time, please: take out the semicolon');
  const [first] = all;
  const word = wordOf(all);
  const explained = word === 'explain' ? wordOf(afterExplain(all)) : '';
  if (!first || !READS.has(word) || (word === 'explain' && !QUERIES.has(explained)))
    throw new RefusedStatement('the lake is only read by queries: use select, with, describe, show or explain');
  const acting = all.findIndex((token, at) => isWord(token, 'table') && all[at + 1]?.text === '(');
  if (acting >= 0) throw new RefusedStatement('the lake is only read by queries: table() is not allowed in from');
  const statement = sql.slice(first.at);
  return closed === null ? statement : withClosed(statement, word, closed);
}

const isWord = ({ kind, text }: Token, word: string): boolean => kind === 'word' && text === word;

/** The first word, behind parentheses; empty if there is none. */
function wordOf(all: readonly Token[]): string {
  const first = all.find(({ text }) => text !== '(');
  return first?.kind === 'word' ? first.text : '';
}

/** What `explain analyze verbose` or `explain (type io, format json)` explains. */
function afterExplain([, ...rest]: readonly Token[]): readonly Token[] {
  let at = 0;
  while (rest[at] && ['analyze', 'verbose'].includes(rest[at]?.text ?? '')) at++;
  if (rest[at]?.text !== '(' || !['type', 'format'].includes(rest[at + 1]?.text ?? '')) return rest.slice(at);
  const end = rest.findIndex(({ text }, i) => i > at && text === ')');
  return end < 0 ? [] : rest.slice(end + 1);
}

function withClosed(statement: string, word: string, { names, database }: ClosedRelations): string {
  if (!QUERIES.has(word)) throw new RefusedStatement('ask with select or with: nothing else is open here');
  const read = relations(statement).find((name) => names.has(name));
  if (read !== undefined) throw new RefusedStatement(`${read} ${WHY_CLOSED}`);
  const lower = statement.toLowerCase();
  if (lower.includes(database.toLowerCase()) || lower.includes('awsdatacatalog') || /u&["']/.test(lower))
    throw new RefusedStatement('name tables and views alone here, without catalog, database or U&');
  const ctes = [...names].map(
    (name) =>
      `"${name.replaceAll('"', '""')}" as (select 1 as closed from (values ${quoteText(`${name} ${WHY_CLOSED}`)}) as closed(why) where cast(why as bigint) = 1)`,
  );
  const [, own] = /^with\b(\s+recursive\b)?/i.exec(statement) ?? [];
  const rest = word === 'with' ? statement.replace(/^with\b(\s+recursive\b)?/i, ',') : statement;
  return ctes.length === 0 ? statement : `with${own ?? ''} ${ctes.join(',\n')}\n${rest}`;
}

const WHY_CLOSED = 'is closed here, as its rows are of single persons or mails';
