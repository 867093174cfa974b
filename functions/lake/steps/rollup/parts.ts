/**
 * A send day with more events than one query can hold is computed in parts: ranges of message ids, so that all that
 * happened to a mail is in one of them. Files of events are sorted by message id, so an engine opens of each file only the
 * row groups of the part that it reads: all parts together read the day about once.
 *
 * Where one part ends and the next begins changes no row: what mail shows of its scope is gathered over all parts first.
 */
import { concurrently } from '../../concurrently.ts';
import { addDays } from '../../days.ts';
import type { Engine, Input, SqlValue } from '../../ports.ts';
import { PUBLISHED_TYPES, type SeenScope, unionOf } from '../../protocol/published.ts';
import { quoteText } from '../../sql/quote.ts';
import { events } from '../../tables/index.ts';
import { inputRows } from '../settle/select.ts';
import { PUBLISHED_COLUMNS } from './relations.ts';
import { rowsOn, type StaleDay } from './stale-days.ts';

/** Events of the sample that fall into a part, at least: it is then at most about a third too large. */
const SAMPLE_OF_PART = 32;

/**
 * The parts of a day, as conditions on its events; one or none if a single query can hold it. Asks for a sample of its
 * events: event ids are digests, so those that begin with some zeros are as good as drawn at random.
 */
export async function partsOf(
  engine: Pick<Engine, 'query'>,
  day: StaleDay,
  inputs: readonly Input[],
  rowsAtOnce: number,
): Promise<string[]> {
  if (rowsOn(day) <= rowsAtOnce) return [];
  const zeros = Math.max(0, Math.floor(Math.log2(rowsAtOnce / SAMPLE_OF_PART) / 4));
  const conditions = [
    ...(zeros > 0 ? [`event_id < '${'0'.repeat(zeros - 1)}1'`] : []),
    `sent_at >= timestamp '${addDays(day.dt, -1)} 00:00:00'`,
    `sent_at < timestamp '${addDays(day.dt, 2)} 00:00:00'`,
  ];
  const sql = `select message_id from (\n${inputRows(events.name, inputs, conditions.join(' and '))}\n) as sampled`;
  const ids = (await engine.query(sql, inputs)).rows.map(([id]) => String(id));
  return ranges(ids, Math.ceil((ids.length * 16 ** zeros) / rowsAtOnce));
}

/** About `count` conditions of which each message id meets exactly one; each is met by about as many of `ids`. */
export function ranges(ids: readonly string[], count: number): string[] {
  // Engines compare bytes, and JavaScript compares so among printable ASCII only: no other id is an end.
  const sorted = ids.filter((id) => /^[!-~]{1,1000}$/.test(id)).sort();
  const ends = Array.from({ length: count - 1 }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / count)]);
  const distinct = [...new Set(ends)].filter((id) => id !== undefined).map(quoteText);
  return [null, ...distinct].map((from, i) => {
    const to = distinct[i];
    const conditions = [
      ...(from === null ? [] : [`message_id >= ${from}`]),
      ...(to === undefined ? [] : [`message_id < ${to}`]),
    ];
    return conditions.join(' and ');
  });
}

/**
 * For each part the scopes of its mail of which mail in other parts shows more.
 * @param lives the rollup's select over a part, which takes for published only what its own mail shows
 */
export async function shownByParts(
  parts: readonly string[],
  atOnce: number,
  query: (sql: string) => Promise<SqlValue[][]>,
  lives: (part: string) => string,
): Promise<SeenScope[][]> {
  const shown = await concurrently(parts, atOnce, async (part): Promise<SeenScope[]> => {
    const columns = PUBLISHED_COLUMNS.map((name) => `bool_or(${name})`).join(', ');
    const sql = `select scope, ${columns} from (\nselect coalesce(configuration_set, sending_identity, application_id, '') as scope, ${PUBLISHED_COLUMNS.join(', ')} from (\n${lives(part)}\n) as lives\n) as scoped group by scope`;
    return (await query(sql)).map(([scope, ...flags]) => ({
      scope: String(scope),
      types: PUBLISHED_TYPES.filter((_, i) => flags[i] === true),
    }));
  });
  const all = new Map(unionOf(shown).map(({ scope, types }) => [scope, types]));
  return shown.map((ofPart) =>
    ofPart.flatMap(({ scope, types }) => {
      const others = all.get(scope)?.filter((type) => !types.includes(type)) ?? [];
      return others.length > 0 ? [{ scope, types: others }] : [];
    }),
  );
}
