import { type Cause, loadCauses } from '../report/causes.ts';
import { excess, findIncidents, type Incident } from '../report/incidents.ts';
import type { Days } from '../report/period.ts';
import type { ReportLake } from '../report/scope.ts';

/** An incident of the report, with what lies behind it. */
export interface ExplainedIncident extends Incident {
  cause: Cause | undefined;
}

/** The gravest incident of these days, found in the data; null if no day stands out. */
export async function gravestIncident(lake: ReportLake, shown: Days): Promise<ExplainedIncident | null> {
  const { incidents } = await findIncidents(lake, {}, { shown });
  const [gravest] = incidents.sort((a, b) => excess(b) - excess(a));
  if (!gravest) return null;
  return { ...gravest, cause: (await loadCauses(lake, {}, [gravest])).get(gravest) };
}
