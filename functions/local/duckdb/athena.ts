/**
 * Rewrites a query in Athena's SQL so that DuckDB's parser accepts it. Functions are macros (dialect.ts); this is for what
 * a macro can't do: syntax, lambdas as arguments, and table names with a catalog and a database in front. Everything else
 * stays as it was written, so that errors point at the reader's own text.
 */
import { quoteText } from '#lake/sql/quote.ts';
import { type Token, tokens } from '#lake/sql/views/tokens.ts';
import { quoteName } from './relations.ts';

/** A token with the white space and comments before it, or what stands between two brackets. */
type Node = Leaf | Group;
interface Leaf {
  kind: Token['kind'];
  /** a word in lower case; else as written */
  text: string;
  /** as written, with what stands before it */
  written: string;
}
interface Group {
  kind: 'group';
  nodes: Node[];
  written: string;
}

/** @param relations names of tables and views, in lower case */
export function inDuckDb(sql: string, relations: ReadonlySet<string>): string {
  const statement = sql.trim().replace(/(?:\s*;)+$/, '');
  const shown = showing(statement, relations);
  if (shown !== null) return shown;
  if (!MAY_DIFFER.test(sql)) return sql;
  return written(rewritten(grouped(sql), relations));
}

/** Statements without any of these are DuckDB's too: most, and the views with all that they read. */
const MAY_DIFFER =
  /\b(?:transform|any_match|all_match|none_match|reduce|listagg|format_datetime|parse_datetime|format|if|extract|array|row|unnest)\s*\(|\btime\s+zone\b|\btablesample\b|\$partitions"|\b(?:from|join|describe)\s+(?:\w+|"[^"]*")\s*\.|,\s*(?:\w+|"[^"]*")\s*\.\s*(?:\w+|"[^"]*")\s*\./i;

/** `show …` of what the lake has; null for any other statement. */
function showing(statement: string, relations: ReadonlySet<string>): string | null {
  const tables = /^show\s+tables(?:\s+(?:in|from)\s+[\w."]+)?(?:\s+(like\s+)?'(.*)')?$/i.exec(statement);
  if (tables) {
    const [, like, pattern] = tables;
    const names = [...relations].sort().map((name) => `(${quoteText(name)})`);
    // Athena's own pattern: * for anything, | between others.
    const matches = like ? `like '${pattern}'` : `similar to '${pattern?.replaceAll('*', '.*')}'`;
    const where = pattern === undefined ? '' : ` where tab_name ${matches}`;
    return `select tab_name from (values ${names.join(', ')}) as names (tab_name)${where} order by tab_name`;
  }
  const [, of] = /^show\s+columns\s+(?:in|from)\s+([\w."]+)(?:\s+(?:in|from)\s+[\w."]+)?$/i.exec(statement) ?? [];
  if (of !== undefined) return `describe ${of.split('.').at(-1)}`;
  const [, partitioned] = /^show\s+partitions\s+([\w."]+)$/i.exec(statement) ?? [];
  if (partitioned !== undefined)
    return `select distinct 'dt=' || dt as partition from ${partitioned.split('.').at(-1)} order by 1`;
  return null;
}

function grouped(sql: string): Node[] {
  const root: Node[] = [];
  const open: Node[][] = [root];
  let end = 0;
  for (const { kind, text, at } of tokens(sql)) {
    const before = sql.slice(end, at);
    end = at + text.length;
    if (text === '(') {
      const group: Group = { kind: 'group', nodes: [], written: `${before}(` };
      open.at(-1)?.push(group);
      open.push(group.nodes);
    } else {
      // The closing bracket ends its group's nodes, so that what stands before it is kept.
      open.at(-1)?.push({ kind, text, written: before + sql.slice(at, end) });
      if (text === ')' && open.length > 1) open.pop();
    }
  }
  if (end < sql.length) root.push({ kind: 'symbol', text: '', written: sql.slice(end) });
  return root;
}

const written = (nodes: readonly Node[]): string =>
  nodes.map((node) => node.written + (node.kind === 'group' ? written(node.nodes) : '')).join('');

const leaf = (text: string): Leaf => ({ kind: 'symbol', text, written: text });
const isWord = (node: Node | undefined, ...words: string[]): boolean =>
  node?.kind === 'word' && words.includes(node.text);
const isSymbol = (node: Node | undefined, text: string): boolean => node?.kind === 'symbol' && node.text === text;
const isName = (node: Node | undefined): node is Leaf => node?.kind === 'word' || node?.kind === 'quoted';
const nameOf = ({ text }: Leaf): string => text.replace(/^"(.*)"$/s, '$1').toLowerCase();
const spaceBefore = (node: Node): string => /^\s*/.exec(node.written)?.[0] ?? '';

function rewritten(nodes: readonly Node[], relations: ReadonlySet<string>): Node[] {
  const done: Node[] = [];
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i];
    if (node === undefined) break;
    const next = nodes[i + 1];
    const took =
      qualified(nodes, i, done, relations) ??
      partitions(node, done) ??
      timeZone(nodes, i, done) ??
      sample(nodes, i, done);
    if (took !== null) {
      i += took - 1;
      continue;
    }
    if (node.kind === 'word' && next?.kind === 'group') {
      const args = argumentsOf(rewritten(next.nodes, relations));
      const call = callOf(node.text, args, nodes.slice(i + 2), relations);
      if (call !== null) {
        done.push(leaf(spaceBefore(node) + call.text));
        i += 1 + call.took;
        continue;
      }
    }
    done.push(node.kind === 'group' ? { ...node, nodes: rewritten(node.nodes, relations) } : node);
  }
  return done;
}

/** `awsdatacatalog.db.events`, `db.events` → `events`: there is one lake here. Returns how many nodes that took. */
function qualified(nodes: readonly Node[], at: number, done: Node[], relations: ReadonlySet<string>): number | null {
  const before = done.at(-1);
  const [first] = nodes.slice(at);
  if (!isName(first) || isSymbol(before, '.')) return null;
  const parts = [first];
  while (isSymbol(nodes[at + parts.length * 2 - 1], '.')) {
    const part = nodes[at + parts.length * 2];
    if (!isName(part)) break;
    parts.push(part);
  }
  const last = parts.at(-1);
  if (last === undefined) return null;
  const isTable = isWord(before, 'from', 'join', 'describe') || isSymbol(before, ',');
  const catalog = nameOf(first) === 'awsdatacatalog';
  // With the catalog in front also of a column: catalog.db.table.column.
  const keep = catalog
    ? parts.slice(2)
    : isTable && parts.length === 2 && relations.has(nameOf(last))
      ? parts.slice(1)
      : null;
  if (keep === null || keep.length === 0 || nameOf(first) === 'information_schema') return null;
  done.push(leaf(spaceBefore(first) + keep.map((part) => part.written.trim()).join('.')));
  return parts.length * 2 - 1;
}

/** Athena's table of a table's partitions, `"events$partitions"`. */
function partitions(node: Node, done: Node[]): number | null {
  const [, table] = (node.kind === 'quoted' && /^"(\w+)\$partitions"$/.exec(node.text)) || [];
  if (table === undefined) return null;
  done.push(leaf(`${spaceBefore(node)}(select distinct dt from ${quoteName(table)})`));
  return 1;
}

/** `x at time zone 'z'`: of a time without zone, which is UTC, Trino gives the clock there, and DuckDB the way back. */
function timeZone(nodes: readonly Node[], at: number, done: Node[]): number | null {
  const [a, time, zone, name] = nodes.slice(at, at + 4);
  if (!isWord(a, 'at') || !isWord(time, 'time') || !isWord(zone, 'zone') || name === undefined) return null;
  let from = done.length - 1;
  if (done[from]?.kind === 'group' && isName(done[from - 1])) from--;
  if (done[from]?.kind === 'string' && isWord(done[from - 1], 'timestamp')) from--;
  while (isSymbol(done[from - 1], '.') && isName(done[from - 2])) from -= 2;
  const value = done.splice(from);
  const text = written(value);
  done.push(leaf(`${/^\s*/.exec(text)?.[0] ?? ''}at_timezone(${text.trim()}, ${name.written.trim()})`));
  return 4;
}

/** `tablesample bernoulli (10)`: DuckDB wants to be told that it is percent. */
function sample(nodes: readonly Node[], at: number, done: Node[]): number | null {
  const [method, share] = nodes.slice(at, at + 2);
  if (!isWord(done.at(-1), 'tablesample') || !isWord(method, 'bernoulli', 'system') || share?.kind !== 'group')
    return null;
  done.push(leaf(`${method?.written} (${written(share.nodes.slice(0, -1))} percent)`));
  return 2;
}

/** The arguments between the brackets, as text. */
function argumentsOf(nodes: readonly Node[]): string[] {
  const parts: Node[][] = [[]];
  for (const node of nodes.slice(0, -1)) {
    if (isSymbol(node, ',')) parts.push([]);
    else parts.at(-1)?.push(node);
  }
  return parts.map((part) => written(part).trim());
}

interface Call {
  text: string;
  /** nodes behind the brackets that are part of it */
  took: number;
}

/** The call as DuckDB has it; null if it has it so. `after`: what follows. */
function callOf(
  name: string,
  args: readonly string[],
  after: readonly Node[],
  relations: ReadonlySet<string>,
): Call | null {
  const [first = '', second = '', third = '', fourth = ''] = args;
  const call = (text: string, took = 0): Call => ({ text, took });
  switch (name) {
    case 'transform':
      return call(`list_transform(${args.join(', ')})`);
    case 'any_match':
      return call(`coalesce(list_bool_or(list_transform(${args.join(', ')})), false)`);
    case 'all_match':
      return call(`coalesce(list_bool_and(list_transform(${args.join(', ')})), true)`);
    case 'none_match':
      return call(`(not coalesce(list_bool_or(list_transform(${args.join(', ')})), false))`);
    case 'reduce':
      return call(`list_transform([list_reduce(${first}, ${third}, ${second})], ${fourth})[1]`);
    case 'format':
      return call(`printf(${args.join(', ')})`);
    case 'format_datetime':
      return call(`strftime(${first}, ${cFormat(second)})`);
    case 'parse_datetime':
      return call(`cast(strptime(${first}, ${cFormat(second)}) as timestamptz)`);
    case 'if':
      return args.length === 2 ? call(`if(${first}, ${second}, null)`) : null;
    case 'extract': {
      const [, of] = /^(?:dow|day_of_week)\s+from\s+(.*)$/is.exec(first) ?? [];
      return of === undefined ? null : call(`isodow(${of})`);
    }
    // Trino's constructor of an array takes square brackets, so this is a type.
    case 'array':
      return call(`${first}[]`);
    case 'row':
      return args.every((field) => /^(?:\w+|"[^"]*")\s+\w/.test(field)) ? call(`struct(${args.join(', ')})`) : null;
    case 'listagg': {
      const [within, group, order] = after;
      if (!isWord(within, 'within') || !isWord(group, 'group') || order?.kind !== 'group') return null;
      const by = written(rewritten(order.nodes, relations).slice(0, -1)).trim();
      return call(`string_agg(${first}, ${second || "''"} ${by})`, 3);
    }
    case 'unnest':
      return unnested(args, after);
    default:
      return null;
  }
}

/** Of a map, or of several arrays: DuckDB's unnest makes one column. */
function unnested(args: readonly string[], after: readonly Node[]): Call | null {
  const [as, alias, columns] = isWord(after[0], 'as') ? after : [undefined, ...after];
  if (!isName(alias) || columns?.kind !== 'group') return null;
  const wanted = columns.nodes.filter((node) => isName(node)).length;
  const isMap = args.length === 1 && wanted === 2;
  if (!isMap && (args.length < 2 || wanted !== args.length)) return null;
  const lists = isMap ? [`map_keys(${args[0]})`, `map_values(${args[0]})`] : args;
  const select = `lateral (select ${lists.map((list) => `unnest(${list})`).join(', ')})`;
  return { text: `${select} as${alias.written}${written([columns])}`, took: as === undefined ? 2 : 3 };
}

/** Joda's letters for a time, as Trino takes them, and C's. */
const JODA: Readonly<Record<string, string>> = {
  yyyy: '%Y',
  YYYY: '%Y',
  yy: '%y',
  xxxx: '%G',
  ww: '%V',
  MMMM: '%B',
  MMM: '%b',
  MM: '%m',
  M: '%-m',
  dd: '%d',
  d: '%-d',
  EEEE: '%A',
  EEE: '%a',
  E: '%a',
  e: '%u',
  HH: '%H',
  H: '%-H',
  hh: '%I',
  h: '%-I',
  mm: '%M',
  ss: '%S',
  SSS: '%g',
  a: '%p',
  DDD: '%j',
  Z: '%z',
};

/** `'yyyy-MM-dd''T''HH'` → `'%Y-%m-%dT%H'`; text in doubled quotes stays. */
function cFormat(literal: string): string {
  if (!/^'.*'$/s.test(literal)) return literal;
  const text = literal.slice(1, -1);
  return `'${text.replace(/''(.*?)''|([A-Za-z])\2*|%/gs, (found: string, quoted?: string) => quoted ?? (found === '%' ? '%%' : (JODA[found] ?? found)))}'`;
}
