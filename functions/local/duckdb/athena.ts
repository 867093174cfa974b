/**
 * Rewrites a query in Athena's SQL so that DuckDB's parser accepts it. Functions are macros (dialect.ts); this is for what
 * a macro can't do: syntax, lambdas as arguments, and table names with a catalog and a database in front. Everything else
 * stays as it was written, so that errors point at the reader's own text.
 */
import { type Token, tokens } from '#lake/sql/views/tokens.ts';
import { quoteName } from './relations.ts';
import { showing, showingText } from './show.ts';
import type { SavedView } from './sources.ts';

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

/**
 * @param relations names of tables and views, in lower case
 * @param views those whose text is at hand
 */
export function inDuckDb(
  sql: string,
  relations: ReadonlySet<string>,
  views: ReadonlyMap<string, SavedView> = new Map(),
): string {
  const statement = sql.trim().replace(/(?:\s*;)+$/, '');
  const [, explained] = /^explain\s*\([^)]*\)\s*(.*)$/is.exec(statement) ?? [];
  if (explained !== undefined) return `explain ${inDuckDb(explained, relations)}`;
  const shown = showing(statement, relations) ?? showingText(statement, views);
  if (shown !== null) return shown;
  if (!MAY_DIFFER.test(sql) && !MAY_NAME.test(sql)) return sql;
  return written(rewritten(grouped(sql), relations));
}

/** Statements without any of these are DuckDB's too: most, and the views with all that they read. */
const MAY_DIFFER =
  /\b(?:array_sort|cardinality|json_array|json_object|map_agg|map_zip_with|match_recognize|normalize|regexp_replace|date_add|date_trunc|to_iso8601|sequence|transform|transform_keys|transform_values|map_filter|zip_with|any_match|all_match|none_match|reduce|reduce_agg|concat|listagg|format_datetime|parse_datetime|format|if|extract|array|row|unnest)\s*\(|\)\s*(?:ignore|respect|filter|over)\b|\bvalues\s+[^\s(]|[+-]\s*interval\b|\binformation_schema\b|\btimestamp\s+'|\bx'|\bexplain\s*\(|\btime\s+zone\b|\btablesample\b|\$partitions"|\b(?:from|join|describe)\s+(?:\w+|"[^"]*")\s*\.|,\s*(?:\w+|"[^"]*")\s*\.\s*(?:\w+|"[^"]*")\s*\./i;

/** Words of DuckDB's grammar that Trino doesn't reserve, as far as anybody would call a column so. */
const NAME_WORDS =
  'action|class|comment|content|current|data|database|days?|decade|domain|error|event|family|first|hours?|identity|index|json|key|label|language|last|level|location|match|method|minutes?|mode|months?|name|names|new|next|no|object|old|option|others|owner|partition|percent|policy|position|prior|program|quarter|range|release|role|rule|sample|schema|scope|seconds?|sequence|server|session|set|share|source|start|statement|storage|subscription|system|target|temp|template|text|ties|time|timestamp|trigger|types?|unique|unknown|user|valid|value|variable|version|views?|weeks?|years?|zone';
const NAMES = new RegExp(`^(?:${NAME_WORDS})$`);
const TYPES = /^(?:json|text|time|timestamp)$/;

const MAY_NAME = new RegExp(`[\\w"'\\])]\\s+(?:${NAME_WORDS})\\s*(?:[,)]|$|\\bfrom\\b)`, 'i');

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
    const took = isName(node)
      ? (binary(nodes, i, done) ??
        columnName(nodes, i, done) ??
        values(nodes, i, done, relations) ??
        instant(nodes, i, done) ??
        schema(nodes, i, done) ??
        qualified(nodes, i, done, relations) ??
        partitions(node, done) ??
        timeZone(nodes, i, done) ??
        sample(nodes, i, done))
      : interval(nodes, i, done);
    if (took !== null) {
      i += took - 1;
      continue;
    }
    if (node.kind === 'word' && next?.kind === 'group') {
      if (node.text === 'match_recognize') throw new Error(refusal('match_recognize'));
      // Once each: done again by the group itself, brackets within brackets would double the work at each depth.
      const within = rewritten(next.nodes, relations);
      const call = callOf(node.text, argumentsOf(within), nodes.slice(i + 2, i + 2 + MOST_BEHIND), relations);
      if (call === null) done.push(node, { ...next, nodes: within });
      else done.push(leaf(spaceBefore(node) + call.text));
      i += 1 + (call?.took ?? 0);
      continue;
    }
    done.push(node.kind === 'group' ? { ...node, nodes: rewritten(node.nodes, relations) } : node);
  }
  return done;
}

/** What to do about a function that the engine here doesn't have. */
export const refusal = (name: string): string =>
  `no ${name} on a laptop: if Athena has it, ask a stage with the same query (--stage NAME)`;

/** `awsdatacatalog.db.events`, `db.events` → `events`: there is one lake here. Returns how many nodes that took. */
function qualified(nodes: readonly Node[], at: number, done: Node[], relations: ReadonlySet<string>): number | null {
  const before = done.at(-1);
  const first = nodes[at];
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
    ? parts.slice(parts[1] !== undefined && nameOf(parts[1]) === 'information_schema' ? 1 : 2)
    : isTable && parts.length === 2 && relations.has(nameOf(last))
      ? parts.slice(1)
      : null;
  if (keep === null || keep.length === 0 || nameOf(first) === 'information_schema') return null;
  done.push(leaf(spaceBefore(first) + keep.map((part) => part.written.trim()).join('.')));
  return parts.length * 2 - 1;
}

/** `date(occurred_at) day`: to DuckDB some words name a column only after `as`. */
function columnName(nodes: readonly Node[], at: number, done: Node[]): number | null {
  const [word, next] = nodes.slice(at, at + 2);
  const [from, before] = [done.at(-2), done.at(-1)];
  if (word?.kind !== 'word' || !NAMES.test(word.text) || before === undefined) return null;
  const isLast = next === undefined || isSymbol(next, ',') || isSymbol(next, ')') || isWord(next, 'from');
  if (!isLast || isWord(from, 'interval')) return null;
  const isValue =
    isName(before) && !isWord(before, 'end')
      ? !TYPES.test(word.text) &&
        (isWord(from, 'select', 'distinct', 'over') || isSymbol(from, ',') || isSymbol(from, '.'))
      : before.kind !== 'symbol' || /[\])]$/.test(before.written);
  if (!isValue) return null;
  done.push(leaf(`${spaceBefore(word)}as ${word.written.trim()}`));
  return 1;
}

/** `values 1, 2`: DuckDB wants brackets around each row. */
function values(nodes: readonly Node[], at: number, done: Node[], relations: ReadonlySet<string>): number | null {
  const [word, first] = nodes.slice(at, at + 2);
  if (!isWord(word, 'values') || first === undefined || first.kind === 'group') return null;
  const rest = rewritten(nodes.slice(at + 1), relations);
  const isClosed = isSymbol(rest.at(-1), ')');
  const rows = argumentsOf(isClosed ? rest : [...rest, leaf('')]);
  done.push(leaf(`${word?.written} ${rows.map((row) => `(${row})`).join(', ')}${isClosed ? ')' : ''}`));
  return nodes.length - at;
}

/** `x + interval '1' day`: of a date Trino makes a date, DuckDB a timestamp. */
function interval(nodes: readonly Node[], at: number, done: Node[]): number | null {
  const sign = nodes[at];
  if (sign?.kind !== 'symbol' || !'+-'.includes(sign.text)) return null;
  const [word, length, unit, after] = nodes.slice(at + 1, at + 5);
  if (!isWord(word, 'interval') || length?.kind !== 'string') return null;
  if (!isName(unit) || isWord(after, 'to') || (after?.kind === 'symbol' && '*/%'.includes(after.text))) return null;
  const from = operandFrom(done);
  const [before, operand] = [done[from - 1], done[from]];
  const isOperand = operand?.kind === 'symbol' ? operand.written.endsWith(')') : operand !== undefined;
  // Of `2 * x - interval '1' day` only the sum is the operand; `then - interval '1' day` has none.
  if (!isOperand || isWord(operand, ...NO_OPERANDS) || before?.kind === 'string') return null;
  if (before?.kind === 'symbol' && '-+*/%|'.includes(before.text)) return null;
  const text = written(done.splice(from));
  const span = `${sign.text === '-' ? '-' : ''}interval ${length.text} ${unit.text}`;
  done.push(leaf(`${/^\s*/.exec(text)?.[0] ?? ''}${byType('plus_interval', [text.trim(), span])}`));
  return 4;
}

const NO_OPERANDS = ['day', 'hour', 'minute', 'second', 'month', 'year', 'then', 'else', 'when', 'select', 'and', 'or'];

/** `timestamp '2026-10-28 00:00:00 Europe/Berlin'` is an instant. */
function instant(nodes: readonly Node[], at: number, done: Node[]): number | null {
  const [word, text] = nodes.slice(at, at + 2);
  if (!isWord(word, 'timestamp') || text?.kind !== 'string' || !/\d (?:[A-Za-z]|[+-]\d)|:\d\d[+-]\d/.test(text.text))
    return null;
  done.push(leaf(`${word?.written}tz`), text);
  return 2;
}

/** `X'ff'`: bytes, in hex. */
function binary(nodes: readonly Node[], at: number, done: Node[]): number | null {
  const [word, text] = nodes.slice(at, at + 2);
  if (word === undefined || !isWord(word, 'x') || text?.kind !== 'string' || text.written !== text.text) return null;
  done.push(leaf(`${spaceBefore(word)}unhex(${text.text})`));
  return 2;
}

/** `table_schema = 'maillake'` of information_schema: there is one database here. */
function schema(nodes: readonly Node[], at: number, done: Node[]): number | null {
  const [column, equal, name] = nodes.slice(at, at + 3);
  if (!isWord(column, 'table_schema') || !isSymbol(equal, '=') || name?.kind !== 'string') return null;
  done.push(leaf(`${column?.written} = 'main'`));
  return 3;
}

/** Where the value begins that stands last: a name with its table, a call, a literal with its type, brackets. */
function operandFrom(done: readonly Node[]): number {
  let from = done.length - 1;
  if (done[from]?.kind === 'group' && isName(done[from - 1])) from--;
  if (done[from]?.kind === 'string' && isWord(done[from - 1], 'timestamp', 'date')) from--;
  while (isSymbol(done[from - 1], '.') && isName(done[from - 2])) from -= 2;
  return from;
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
  const value = done.splice(operandFrom(done));
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
  let depth = 0;
  for (const node of nodes.slice(0, -1)) {
    if (isSymbol(node, '[')) depth++;
    else if (isSymbol(node, ']')) depth--;
    if (isSymbol(node, ',') && depth === 0) parts.push([]);
    else parts.at(-1)?.push(node);
  }
  return parts.map((part) => written(part).trim());
}

/** Nodes behind a call's brackets that may belong to it, as of `unnest(…) with ordinality as t (x, n)`. */
const MOST_BEHIND = 8;

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
  if (isWord(after[0], 'ignore', 'respect') && isWord(after[1], 'nulls')) {
    return call(`${name}(${args.join(', ')} ${written(after.slice(0, 2)).trim()})`, 2);
  }
  const aggregate = isWord(after[0], 'filter', 'over') ? AGGREGATES[name]?.(args) : undefined;
  if (aggregate !== undefined) return call(aggregate);
  switch (name) {
    // NULL if one is; DuckDB's own leaves NULLs out.
    case 'concat':
      return args.length > 1 ? call(`(${args.join(' || ')})`) : null;
    case 'date_add':
    case 'date_trunc':
    case 'to_iso8601':
    case 'sequence':
      return call(byType(name, args));
    // Views have no key twice, and nothing to look for.
    case 'map_agg': {
      const [filter, where] = after;
      if (!isWord(filter, 'filter') || where?.kind !== 'group') return call(`map_agg_first(${args.join(', ')})`);
      // A macro takes no filter, and this one leaves out keys that are NULL.
      const condition = written(rewritten(where.nodes, relations).slice(1, -1)).trim();
      return call(`map_agg_first(case when ${condition} then ${first} end, ${second})`, 2);
    }
    case 'cardinality':
      return IS_MAP.test(first) ? call(`system.main.cardinality(${first})`) : null;
    case 'map_filter':
      return call(`map_from_entries(list_filter(map_entries(${first}), entry_ -> ${ofEntry(second)}))`);
    case 'transform_values':
      return call(`map(map_keys(${first}), list_transform(map_entries(${first}), entry_ -> ${ofEntry(second)}))`);
    case 'transform_keys':
      return call(`map(list_transform(map_entries(${first}), entry_ -> ${ofEntry(second)}), map_values(${first}))`);
    case 'zip_with':
      return call(`list_transform(list_zip(${first}, ${second}), entry_ -> ${ofEntry(third, '[1]', '[2]')})`);
    case 'reduce_agg':
      return call(`list_reduce(list(${first}), ${third}, ${second})`);
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
    // Trino's comparator says which of two comes first; DuckDB has none, so each is put behind those that come before it.
    case 'array_sort': {
      const compared = second && ofTwo(second, 'other_', 'list_[place_]');
      return compared
        ? call(
            `list_transform([${first}], list_ -> list_transform(list_sort(list_transform(range(1, len(list_) + 1), place_ -> {before: len(list_filter(list_, other_ -> ${compared} < 0)), place: place_})), found_ -> list_[found_.place]))[1]`,
          )
        : null;
    }
    // NULLs are left out.
    case 'json_array': {
      const values = args.map((arg) => (arg === '' ? '' : `case when ${arg} is not null then to_json(${arg}) end`));
      return call(`cast(to_json(list_filter([${values.join(', ')}], value_ -> value_ is not null)) as varchar)`);
    }
    case 'json_object': {
      const pairs = args.map((arg) => /^(?:key\s+)?('(?:[^']|'')*'|[\w.]+)\s*(?::|\bvalue\b)\s*(.*)$/is.exec(arg));
      return pairs.every((pair) => pair !== null)
        ? call(
            `cast(system.main.json_object(${pairs.map(([, key, value]) => `${key}, ${value}`).join(', ')}) as varchar)`,
          )
        : null;
    }
    case 'map_zip_with': {
      const [, k, a, b, body] = /^\(\s*(\w+)\s*,\s*(\w+)\s*,\s*(\w+)\s*\)\s*->(.*)$/s.exec(third) ?? [];
      if (k === undefined) return null;
      const of = `list_transform([maps_[1][${k}]], ${a} -> list_transform([maps_[2][${k}]], ${b} -> ${body?.trim()})[1])[1]`;
      return call(
        `list_transform([[${first}, ${second}]], maps_ -> list_transform([list_distinct(list_concat(map_keys(maps_[1]), map_keys(maps_[2])))], keys_ -> map(keys_, list_transform(keys_, ${k} -> ${of})))[1])[1]`,
      );
    }
    case 'normalize':
      return /^nfc$/i.test(second) || args.length === 1 ? call(`nfc_normalize(${first})`) : null;
    case 'regexp_replace':
      return third.includes('->') ? replacedBy(first, second, third) : null;
    case 'format_datetime':
      return call(`strftime(${first}, ${cFormat(second)})`);
    case 'parse_datetime':
      return call(`cast(strptime(${first}, ${cFormat(second)}) as timestamptz)`);
    case 'if':
      return args.length === 2 ? call(`if(${first}, ${second}, null)`) : null;
    case 'extract': {
      const [, field = '', of] = /^(\w+)\s+from\s+(.*)$/is.exec(first) ?? [];
      const named = FIELDS[field.toLowerCase()];
      return named === undefined ? null : call(`${named}(${of})`);
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

/** Fields of `extract` by names of Trino's, and the functions that they are. */
const FIELDS: Readonly<Record<string, string>> = {
  day_of_month: 'day',
  day_of_week: 'isodow',
  day_of_year: 'dayofyear',
  dow: 'isodow',
  doy: 'dayofyear',
  year_of_week: 'isoyear',
  yow: 'isoyear',
};

/** DuckDB's own aggregates behind macros, which can't have a `filter` or a window themselves. */
const AGGREGATES: Readonly<Record<string, (args: readonly string[]) => string>> = {
  approx_distinct: ([x]) => `count(distinct ${x})`,
  bitwise_and_agg: ([x]) => `bit_and(${x})`,
  bitwise_or_agg: ([x]) => `bit_or(${x})`,
  bitwise_xor_agg: ([x]) => `bit_xor(${x})`,
  approx_percentile: (args) => `quantile_disc(${args.join(', ')})`,
  count_if: ([x]) => `count(case when ${x} then 1 end)`,
  every: ([x]) => `bool_and(${x})`,
  max_by: (args) => `${args.length > 2 ? 'arg_max' : 'arg_max_null'}(${args.join(', ')})`,
  min_by: (args) => `${args.length > 2 ? 'arg_min' : 'arg_min_null'}(${args.join(', ')})`,
};

/** A call of a macro that goes by its arguments' types, which DuckDB knows of an aggregate only within a lambda. */
function byType(name: string, args: readonly string[]): string {
  const fields: string[] = [];
  const within = args.map((arg, at) => (arg.includes('(') ? `of_.a${fields.push(`a${at} := ${arg}`) && at}` : arg));
  const call = `${name}(${within.join(', ')})`;
  return fields.length === 0 ? call : `list_transform([struct_pack(${fields.join(', ')})], of_ -> ${call})[1]`;
}

const IS_MAP =
  /^(?:map\w*|histogram|numeric_histogram|multimap_agg|split_to_map|split_to_multimap|approx_most_frequent)\s*\(|\bas\s+map\s*\([^()]*\)\s*\)$/i;

/** A lambda of two parameters, such as a map's key and value, as the body of one of `entry_`. */
function ofEntry(lambda: string, one = '.key', other = '.value'): string {
  return ofTwo(lambda, `entry_${one}`, `entry_${other}`) ?? lambda;
}

/** The body of a lambda of two parameters, of these values; null if it is none. */
function ofTwo(lambda: string, one: string, other: string): string | null {
  const [, a, b, body] = /^\(\s*(\w+)\s*,\s*(\w+)\s*\)\s*->(.*)$/s.exec(lambda) ?? [];
  if (a === undefined) return null;
  return `list_transform([${one}], ${a} -> list_transform([${other}], ${b} -> ${body?.trim()})[1])[1]`;
}

/** No text has it: the first code point for private use. */
const MARK = 0xe000;

/** `regexp_replace(s, 'p', x -> …)`: each match becomes what the lambda makes of its groups. */
function replacedBy(text: string, pattern: string, lambda: string): Call | null {
  const [, x, body] = /^\(?\s*(\w+)\s*\)?\s*->(.*)$/s.exec(lambda) ?? [];
  if (x === undefined) return null;
  if (!/^'.*'$/s.test(pattern))
    throw new Error(refusal('regexp_replace with a lambda and a pattern that is no literal'));
  const groups = pattern.replace(/\\.|\[(?:\\.|[^\]])*\]/gs, '').match(/\((?!\?)|\(\?P?<(?![=!])/g)?.length ?? 0;
  const found = Array.from({ length: groups }, (_, n) => `system.main.regexp_extract_all(text_, ${pattern}, ${n + 1})`);
  const ofMatch = Array.from({ length: groups }, (_, n) => `groups_[${n + 1}][at_]`);
  const made = `list_transform([cast([${ofMatch.join(', ')}] as varchar[])], ${x} -> ${body?.trim()})[1]`;
  const parts = `list_transform(parts_, (part_, at_) -> part_ || case when at_ < len(parts_) then coalesce(${made}, '') else '' end)`;
  return {
    text: `list_transform([${text}], text_ -> list_transform([[${found.join(', ')}]], groups_ -> list_transform([string_split(system.main.regexp_replace(text_, ${pattern}, chr(${MARK}), 'g'), chr(${MARK}))], parts_ -> array_to_string(${parts}, ''))[1])[1])[1]`,
    took: 0,
  };
}

/** Of a map, of rows, or of several arrays: DuckDB's unnest makes one column. */
function unnested(args: readonly string[], after: readonly Node[]): Call | null {
  const isOrdered = isWord(after[0], 'with') && isWord(after[1], 'ordinality');
  const named = after.slice(isOrdered ? 2 : 0);
  const [as, alias, columns] = isWord(named[0], 'as') ? named : [undefined, ...named];
  if (!isName(alias) || columns?.kind !== 'group') return null;
  const wanted = columns.nodes.filter((node) => isName(node)).length - (isOrdered ? 1 : 0);
  const [first = ''] = args;
  if (args.length === 1 ? wanted < 2 : wanted !== args.length) return null;
  const isMap = args.length === 1 && wanted === 2 && !/\bstruct\(|^(?:array)?\s*\[/i.test(first);
  const lists = isMap ? [`map_keys(${first})`, `map_values(${first})`] : args;
  const place = isOrdered
    ? `, unnest(range(1, greatest(0, ${lists.map((list) => `len(${list})`).join(', ')}) + 1))`
    : '';
  const parts =
    isMap || args.length > 1 ? lists.map((list) => `unnest(${list})`) : [`unnest(${first}, max_depth := 2)`];
  const text = `lateral (select ${parts.join(', ')}${place}) as${alias.written}${written([columns])}`;
  return { text, took: (as === undefined ? 2 : 3) + (isOrdered ? 2 : 0) };
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
