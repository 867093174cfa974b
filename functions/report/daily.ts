/** Loads the counts of each day and mailbox provider, from which most of the report is made. */
import { COUNTS, type Count, type Counts, SUMMED_COUNTS } from './measures.ts';
import { distance } from './period.ts';
import type { Ask } from './rows.ts';

/** What became of the mail of one day to one mailbox provider. */
export interface ProviderDay {
  date: string;
  provider: string;
  counts: Counts;
}

/** A send day with mail. */
export interface Day {
  date: string;
  counts: Counts;
  /** the same added up over the seven days that end here: without the weekdays' rhythm */
  week: Counts;
}

/** Ascending by date. All that the report adds up over days and providers comes from this one look at the facts. */
export async function loadProviderDays(ask: Ask): Promise<ProviderDay[]> {
  const rows = await ask(`select
    cast(send_date as varchar) as day,
    mailbox_provider,
    ${SUMMED_COUNTS}
from deliverability_facts
where sent > 0
group by send_date, mailbox_provider
order by send_date, mailbox_provider`);
  return rows.map((row) => ({ date: row.text('day'), provider: row.text('mailbox_provider'), counts: row }));
}

/** The days with mail, ascending; `cells` ascending by date too. */
export function daysOf(cells: readonly ProviderDay[]): Day[] {
  const days = [...Map.groupBy(cells, ({ date }) => date)].map(([date, ofDay]) => ({
    date,
    counts: added(ofDay.map(({ counts }) => counts)),
  }));
  return days.map(({ date, counts }, i) => {
    const week = days.slice(Math.max(0, i - 6), i + 1).filter((other) => distance(other.date, date) < 7);
    return { date, counts, week: added(week.map((other) => other.counts)) };
  });
}

/** Counts of different mail, added up. */
export function added(parts: readonly Counts[]): Counts {
  const sums = new Map<Count, number>(
    COUNTS.map((count) => [count, parts.reduce((sum, part) => sum + part.number(count), 0)]),
  );
  return { number: (count) => sums.get(count) ?? 0 };
}
