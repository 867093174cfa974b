/** What a configuration set of the stage publishes, as a row of a seed. */
import type { SES_EVENTS } from '../config.ts';

/** Columns of sql/seeds/published_events.csv, and the kinds of SES events that each is about. */
const COLUMNS: readonly (readonly [column: string, event: (typeof SES_EVENTS)[number]])[] = [
  ['has_sends', 'SEND'],
  ['has_deliveries', 'DELIVERY'],
  ['has_opens', 'OPEN'],
  ['has_clicks', 'CLICK'],
  ['has_unsubscribes', 'SUBSCRIPTION'],
  ['has_complaints', 'COMPLAINT'],
];

/**
 * The seed of published events with a row for a configuration set: it says that the types which the set publishes are
 * published, whatever the data show so far. Of other types the data decide, which may have them from before. A row that
 * is there already stays.
 * @throws Error if the seed has other columns
 */
export function withPublishedEvents(csv: string, configurationSet: string, events: readonly string[]): string {
  const [header = '', ...rows] = csv.trimEnd().split('\n');
  if (header !== ['scope', ...COLUMNS.map(([column]) => column)].join())
    throw new Error(`sql/seeds/published_events.csv has other columns than expected: ${header}`);
  if (rows.some((row) => row.startsWith(`${configurationSet},`))) return csv;
  const row = [configurationSet, ...COLUMNS.map(([, event]) => (events.includes(event) ? 'true' : ''))].join();
  return `${[header, ...rows, row].join('\n')}\n`;
}
