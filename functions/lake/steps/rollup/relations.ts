/** The relations that a run puts under the rollup's select, beside its input: small ones, as texts of values. */
import { addDays } from '../../days.ts';
import { PUBLISHED_TYPES, type PublishedType, type SeenScope } from '../../protocol/published.ts';
import { quoteText } from '../../sql/quote.ts';
import type { StaleDay } from './stale-days.ts';

export type RunRelations = Readonly<Record<'rollup_run' | 'rollup_published' | 'rollup_shown', string>>;

export interface RunConstants {
  asOf: number;
  /** in order */
  days: readonly Pick<StaleDay, 'dt' | 'published'>[];
  /** days after the send day in which events count */
  window: number;
  /** of a day in parts: what the mail in other parts shows; left out: nothing */
  shown?: readonly SeenScope[];
}

export const runRelations = ({ asOf, days, window, shown = [] }: RunConstants): RunRelations => ({
  rollup_run: runConstants(
    asOf,
    days.map(({ dt }) => dt),
    window,
  ),
  rollup_published: publishedRows(days),
  rollup_shown: shownRows(shown),
});

/**
 * Characters of a statement that may be spent on scopes of days before, and of other parts: Athena takes 262,144 in all, of
 * which the views need 60,000.
 */
const MOST_SCOPES_TEXT = 110_000;
const MOST_SHOWN_TEXT = 40_000;

/** The column that says of a type that it is published, of the relations and of recipient_messages. */
const COLUMNS: Readonly<Record<PublishedType, { shown: string; published: string }>> = {
  send: { shown: 'has_sends', published: 'is_send_published' },
  delivered: { shown: 'has_deliveries', published: 'is_delivery_published' },
  open: { shown: 'has_opens', published: 'is_open_published' },
  click: { shown: 'has_clicks', published: 'is_click_published' },
  unsubscribe: { shown: 'has_unsubscribes', published: 'is_unsubscribe_published' },
  complaint: { shown: 'has_complaints', published: 'is_complaint_published' },
};
export const PUBLISHED_COLUMNS: readonly string[] = PUBLISHED_TYPES.map((type) => COLUMNS[type].published);
const SHOWN_COLUMNS = PUBLISHED_TYPES.map((type) => COLUMNS[type].shown).join(', ');

const flags = (types: readonly PublishedType[]): string =>
  PUBLISHED_TYPES.map((type) => types.includes(type)).join(', ');

/**
 * The relation `rollup_published`: a row for each scope and run of send days that share what the days before show. Where
 * so many scopes don't fit into a statement there are none, and each day's own mail alone shows what is published.
 */
export function publishedRows(days: readonly Pick<StaleDay, 'dt' | 'published'>[]): string {
  const rows = days.flatMap(({ dt, published }) =>
    published.map(({ scope, types }) => ({ scope, types, from: dt, to: dt })),
  );
  const merged = [...Map.groupBy(rows, ({ scope, types }) => JSON.stringify([scope, types])).values()].flatMap(
    mergedDays,
  );
  const values = merged.map(
    ({ scope, types, from, to }) => `(${quoteText(scope)}, date '${from}', date '${to}', ${flags(types)})`,
  );
  const none = `('', date '1970-01-01', date '1970-01-01', ${flags([])})`;
  const text = values.join(', ');
  return `select * from (values ${text === '' || text.length > MOST_SCOPES_TEXT ? none : text}) as listed (scope, first_send_date, last_send_date, ${SHOWN_COLUMNS})`;
}

/**
 * The relation `rollup_shown`: a row for each scope of which mail in other parts of the day shows more. Where so many don't
 * fit there are none, and each part's own mail shows what is published.
 */
export function shownRows(shown: readonly SeenScope[]): string {
  const text = shown.map(({ scope, types }) => `(${quoteText(scope)}, ${flags(types)})`).join(', ');
  const none = `('', ${flags([])})`;
  return `select * from (values ${text === '' || text.length > MOST_SHOWN_TEXT ? none : text}) as listed (scope, ${SHOWN_COLUMNS})`;
}

interface SeenDays {
  scope: string;
  types: readonly PublishedType[];
  from: string;
  to: string;
}

/** Neighbouring days as one row. @param rows in order of their days */
function mergedDays(rows: readonly SeenDays[]): SeenDays[] {
  const merged: SeenDays[] = [];
  for (const row of rows) {
    const last = merged.at(-1);
    if (last && addDays(last.to, 1) === row.from) last.to = row.to;
    else merged.push({ ...row });
  }
  return merged;
}

/** The relation `rollup_run`: one row that the select reads. */
function runConstants(asOf: number, days: readonly string[], attributionDays: number): string {
  const instant = new Date(asOf).toISOString().replace('T', ' ').replace('Z', '');
  return `select timestamp '${instant}' as as_of, date '${days[0]}' as first_send_date, date '${days.at(-1)}' as last_send_date, ${attributionDays} as attribution_days`;
}
