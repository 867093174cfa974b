/** The statements of settle, in Athena's dialect. Values in them are the protocol's own names, never data. */
import type { Input } from '../../ports.ts';
import { attemptOfFile } from '../../protocol/keys.ts';
import { recipeOf } from '../../protocol/recipe.ts';
import { TABLES } from '../../tables/index.ts';
import { columnNames, type Table } from '../../tables/table.ts';

/**
 * The total order that decides between copies of one event. The attempt only tells a replay from its original. Together
 * with the key these columns name one event of one attempt.
 */
const PREFERENCE = ['feed', 'source_key', 'source_ordinal', 'attempt'];

/** Rows of the inputs, named by location: settled generations and live attempts; of them those that meet a condition. */
export function inputRows(table: string, inputs: readonly Input[], condition = ''): string {
  const columns = columnNames(declared(table)).join(', ');
  const settled = inputs.filter(({ stage, attempts }) => stage === 'settled' && !attempts);
  const live = inputs.filter(({ stage }) => stage === 'live');
  const more = condition === '' ? '' : ` and ${condition}`;
  const parts: string[] = [];
  if (settled.length > 0) {
    parts.push(`select ${columns}, dt from ${table}_settled where ${ofGenerations(settled)}${more}`);
  }
  if (live.length > 0) {
    const attempts = live.flatMap(({ keys }) => keys.map((key) => attemptOfFile(key) ?? ''));
    parts.push(
      `select ${columns}, dt from ${table}_live where dt in (${list(live.map(({ dt }) => dt))}) and attempt in (${list(attempts)})${more}`,
    );
  }
  for (const input of inputs) {
    if (!input.attempts) continue;
    const attempts = list(input.attempts);
    parts.push(
      `select ${columns}, dt from ${table}_settled where ${ofGenerations([input])} and attempt in (${attempts})${more}`,
    );
  }
  return parts.join('\nunion all\n');
}

/**
 * The two lists are what projects the partitions: of many days that is every day with every generation. The pairs say which
 * of these there are, so that an engine lists no other folder: of 365 days 365, and not 133,225.
 */
function ofGenerations(settled: readonly Input[]): string {
  const lists = inLists(settled);
  if (settled.length < 2) return lists;
  const pairs = settled.map(({ dt, generation }) => `dt = '${dt}' and generation = '${generation ?? ''}'`);
  return `${lists} and (${pairs.join(' or ')})`;
}

/** A statement without these pairs, for an engine that opens exactly the inputs' files: it would weigh each pair for each file. */
export const withoutPairs = (sql: string): string => sql.replace(PAIRS, '');

const PAIR = "dt = '[^']*' and generation = '[^']*'";
const PAIRS = new RegExp(` and \\(${PAIR}(?: or ${PAIR})+\\)`, 'g');

const inLists = (settled: readonly Input[]): string =>
  `dt in (${list(settled.map(({ dt }) => dt))}) and generation in (${list(settled.map(({ generation }) => generation ?? ''))})`;

/** What decides which rows a generation holds and how they lie, whatever its inputs and columns. The same all through a process. */
export function settleRecipe(table: string): string {
  const known = recipes.get(table);
  if (known !== undefined) return known;
  const recipe = recipeOf(selectOver(table, ['*'], `select * from ${table}`), []);
  recipes.set(table, recipe);
  return recipe;
}

const recipes = new Map<string, string>();

/**
 * One row a key, the winner by the total order; of headers, the winning event with all its positions. Sorted. Only keys
 * and order go through the window, and the winners' rows are fetched by a join: with all columns in the window 300,000
 * rows took twice the time and memory in DuckDB.
 */
export const settleSelect = (table: string, inputs: readonly Input[]): string =>
  selectOver(table, columnNames(declared(table)), inputRows(table, inputs));

/** The same for several days, by day: with `dt`. */
export const settleDaysSelect = (table: string, inputs: readonly Input[]): string =>
  selectOver(table, [...columnNames(declared(table)), 'dt'], inputRows(table, inputs), ['dt']);

function selectOver(table: string, columns: readonly string[], source: string, by: readonly string[] = []): string {
  const { key } = declared(table);
  const isHeaders = table === 'headers';
  const deduplicated = [...by, ...(isHeaders ? ['message_id'] : key)];
  const names = [...deduplicated, ...PREFERENCE];
  const order = [...by, ...(isHeaders ? ['message_id', 'position'] : ['message_id', 'occurred_at', ...key])];
  const of = (relation: string, list: readonly string[]): string =>
    list.map((name) => `${relation}.${name}`).join(', ');
  return `with candidates as (
${source}
),
ranked as (
select ${names.join(', ')}, row_number() over (partition by ${deduplicated.join(', ')} order by ${PREFERENCE.join(', ')}) as place from candidates
),
winners as (
select ${names.join(', ')} from ranked where place = 1
)
select ${of('candidates', columns)} from candidates
join winners on ${names.map((name) => `candidates.${name} = winners.${name}`).join(' and ')}
order by ${of('candidates', order)}`;
}

/** Rows, and distinct keys, of what settle wrote; of several days with the day before them. */
export function settleChecks(table: string, outputs: readonly Input[]): string {
  const key = declared(table).key;
  const distinct = key.length === 1 ? key[0] : `(${key.join(', ')})`;
  const counts = `count(*), count(distinct ${distinct}) from ${table}_settled where ${inLists(outputs)}`;
  return outputs.length === 1 ? `select ${counts}` : `select dt, ${counts} group by dt`;
}

/** @throws Error if there is no such table */
export function declared(table: string): Table {
  const found = TABLES[table];
  if (!found) throw new Error(`no such table: ${table}`);
  return found;
}

const list = (values: readonly string[]): string => [...new Set(values)].map((value) => `'${value}'`).join(', ');
