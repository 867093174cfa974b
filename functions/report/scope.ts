/** Limits what the report reads to the mail that it is about. */
import type { Engine } from '#lake/ports.ts';
import { quoteText } from '#lake/sql/quote.ts';
import { inlineViews } from '#lake/sql/views/inline.ts';
import type { View } from '#lake/sql/views/view.ts';
import { events, recipientMessages } from '#lake/tables/index.ts';
import { columnNames } from '#lake/tables/table.ts';
import type { Days } from './period.ts';
import { type Ask, rowsOf } from './rows.ts';

/** What the report needs of a lake. */
export interface ReportLake {
  engine: Pick<Engine, 'query'>;
  /** the saved views, in any order */
  views: readonly View[];
}

/** Which mail the report is about; all of it where nothing is said. */
export interface Filter {
  campaign?: string;
  /** From domain */
  domain?: string;
}

/** The tables that all views of mail are made from; each has these columns. */
const BASES = { recipient_messages: recipientMessages, events };

/** The dimensions of mail; the mailbox provider, which comes from the recipient's domain, is not one of them. */
const DIMENSIONS: ReadonlySet<string> = new Set([
  'from_domain',
  'configuration_set',
  'campaign_id',
  'treatment_id',
  'journey_id',
]);

/**
 * Questions about the mail of a filter and the days of a range: of sending in cohort views, of the event in the others.
 * The views of a statement are made part of it, over tables that hold nothing else, so each of them can be asked about
 * any part of the mail whatever its own columns are.
 */
export const askAbout = (lake: ReportLake, filter: Filter, days?: Days): Ask => ask(lake, filter, days, new Set());

/**
 * The same, for sums over all senders and campaigns: these can't be told apart in the answers. What isn't grouped by
 * needn't be read, which makes views of millions of mails several times as fast.
 */
export const askInAll = (lake: ReportLake, filter: Filter, days?: Days): Ask => ask(lake, filter, days, DIMENSIONS);

function ask(
  { engine, views }: ReportLake,
  { campaign, domain }: Filter,
  days: Days | undefined,
  unread: ReadonlySet<string>,
): Ask {
  const conditions = [
    days && `dt between '${days.from}' and '${days.to}'`,
    campaign !== undefined && `campaign_id = ${quoteText(campaign)}`,
    domain !== undefined && `from_domain = ${quoteText(domain)}`,
  ].filter((condition) => typeof condition === 'string');
  const where = conditions.length > 0 ? ` where ${conditions.join(' and ')}` : '';
  const bases = Object.fromEntries(
    Object.entries(BASES).map(([name, table]) => {
      const columns = columnNames(table).map((column) =>
        unread.has(column) ? `cast(null as varchar) as ${column}` : column,
      );
      return [name, `select ${columns.join(', ')}, dt from ${name}${where}`];
    }),
  );
  return async (sql) => rowsOf(await engine.query(inlineViews(sql, views, bases)));
}
