import type { Engine } from '#lake/ports.ts';
import { findIncidents, type Incident } from '../report/incidents.ts';
import { type Days, within } from '../report/period.ts';
import { rowsOf } from '../report/rows.ts';
import { type Answer, loadAnswers } from '../report/sections/answers.ts';

/** An incident of the report, with who bore it and what the provider said. */
export interface ExplainedIncident extends Incident {
  /** the sending domain that most of the bounces were from */
  from_domain: string | null;
  from_domain_bounces: number;
  /** what the provider said most often, in words */
  answer: Answer | null;
}

/** The gravest incident of these days, found in the data; null if no day stands out. */
export async function gravestIncident(engine: Engine, shown: Days): Promise<ExplainedIncident | null> {
  const incidents = await findIncidents(engine, { ...shown, before: null, shown });
  const [gravest] = incidents.sort((a, b) => excess(b) - excess(a));
  if (!gravest) return null;
  const at = `mailbox_provider = '${gravest.provider.replaceAll("'", "''")}'`;
  const [domain] = rowsOf(
    await engine.query(
      `select from_domain, cast(sum(hard_bounces + soft_bounces + undetermined_bounces) as bigint) as bounces from deliverability_facts where ${within('send_date', gravest)} and ${at} group by 1 order by 2 desc, 1 limit 1`,
    ),
  );
  return {
    ...gravest,
    from_domain: domain?.maybeText('from_domain') ?? null,
    from_domain_bounces: domain?.number('bounces') ?? 0,
    answer: (await loadAnswers(engine, [gravest])).get(gravest) ?? null,
  };
}

/** Bounces beyond the usual. */
const excess = ({ sent, bounces, usual }: Incident): number => bounces - sent * usual;
