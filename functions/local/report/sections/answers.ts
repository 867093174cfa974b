import type { Engine } from '#lake/ports.ts';
import type { Incident } from '../incidents.ts';
import { later, within } from '../period.ts';
import { rowsOf } from '../rows.ts';

/** What a provider said most often in an incident, in words. */
export interface Answer {
  status: string | null;
  meaning: string;
  whatToDo: string | null;
}

/** Bounces of a send day come in on the same day and the next. */
export async function loadAnswers(engine: Engine, incidents: readonly Incident[]): Promise<Map<Incident, Answer>> {
  const answers = new Map<Incident, Answer>();
  for (const incident of incidents) {
    const result = await engine.query(`select
    enhanced_status,
    max(meaning) as meaning,
    max(what_to_do) as what_to_do
from bounce_diagnostics
where ${within('event_date', { from: incident.from, to: later(incident.to, 1) })}
    and mailbox_provider = '${incident.provider.replaceAll("'", "''")}'
group by enhanced_status
order by sum(bounces) desc, enhanced_status
limit 1`);
    const row = rowsOf(result)[0];
    const meaning = row?.maybeText('meaning');
    if (row && meaning)
      answers.set(incident, {
        status: row.maybeText('enhanced_status'),
        meaning,
        whatToDo: row.maybeText('what_to_do'),
      });
  }
  return answers;
}
