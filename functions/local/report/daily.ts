import type { Engine } from '#lake/ports.ts';
import { COUNTS, type Count, type Counts, SUMMED_COUNTS } from './measures.ts';
import { type Days, later, within } from './period.ts';
import { rowsOf } from './rows.ts';

/** A send day with mail. */
export interface Day {
  date: string;
  counts: Counts;
  /** the same added up over the seven days that end here: without the weekdays' rhythm */
  week: Counts;
}

/** The days with mail, ascending. */
export async function loadDays(engine: Engine, shown: Days): Promise<Day[]> {
  const week = "over (order by send_date range between interval '6' day preceding and current row)";
  const result = await engine.query(`with days as (
    select send_date, ${SUMMED_COUNTS}
    from deliverability_facts
    where ${within('send_date', { from: later(shown.from, -6), to: shown.to })}
    group by send_date
),
weeks as (
    select
        send_date,
        ${COUNTS.join(', ')},
        ${COUNTS.map((count) => `cast(sum(${count}) ${week} as bigint) as week_${count}`).join(',\n        ')}
    from days
)
select cast(send_date as varchar) as day, *
from weeks
where ${within('send_date', shown)} and sent > 0
order by send_date`);
  return rowsOf(result).map((row) => ({
    date: row.text('day'),
    counts: row,
    week: { number: (count: Count) => row.number(`week_${count}`) },
  }));
}
