/**
 * What deliverability_anomalies makes of generated data. By itself (`node test/sql/anomaly-seeds.ts [seeds] [messages]
 * [days]`) it tries many seeds, with and without an incident, and exits 1 if one is missed or made up.
 */
import { pathToFileURL } from 'node:url';
import type { Truth } from '#generate/index.ts';
import { generatedLake } from './generated-lake.ts';
import type { Answer } from './lake-fixture.ts';

export interface Anomalies {
  incident: Truth['incident'];
  /** rows, whether anomalies or not */
  judged: number;
  /** the gravest first */
  found: Answer[];
  /** the largest z-score of the others */
  loudest: number;
}

export async function anomaliesOf({
  seed,
  incident,
  messages = 2500,
  days = 35,
}: {
  seed: number;
  incident: boolean;
  messages?: number;
  days?: number;
}): Promise<Anomalies> {
  const { lake, truth } = await generatedLake({ seed, incident, messages, days });
  const rows = await lake.rows('select * from deliverability_anomalies order by abs(z_score) desc');
  lake.close();
  const [quiet] = rows.filter(({ is_anomaly }) => is_anomaly !== true);
  return {
    incident: truth.incident,
    judged: rows.length,
    found: rows.filter(({ is_anomaly }) => is_anomaly === true),
    loudest: Math.abs(Number(quiet?.z_score ?? 0)),
  };
}

/** What is wrong with it, in words; null if it is as it should be. */
export function complaintOf({ incident, found }: Anomalies): string | null {
  const stray = found.find(({ send_date }) => send_date !== incident?.date);
  if (stray) return `made up: ${stray.metric} at ${stray.mailbox_provider} on ${stray.send_date}, z ${stray.z_score}`;
  if (incident && !found.some(({ mailbox_provider }) => mailbox_provider === incident.provider))
    return `missed: ${incident.provider} on ${incident.date}`;
  return null;
}

async function main(seeds: number, messages: number, days: number): Promise<void> {
  for (const incident of [false, true]) {
    for (let seed = 1; seed <= seeds; seed++) {
      const told = await anomaliesOf({ seed, incident, messages, days });
      const complaint = complaintOf(told);
      const [first] = told.found;
      const gravest = first
        ? `, gravest ${first.metric} at ${first.mailbox_provider}, z ${Number(first.z_score).toFixed(1)}`
        : '';
      console.log(
        `seed ${seed} ${incident ? 'with' : 'without'} an incident: ${told.judged} judged, ${told.found.length} anomalies${gravest}, loudest other z ${told.loudest.toFixed(1)}${complaint === null ? '' : `: ${complaint}`}`,
      );
      if (complaint !== null) process.exitCode = 1;
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [seeds = 20, messages = 20_000, days = 92] = process.argv.slice(2).map(Number);
  await main(seeds, messages, days);
}
