/** Checks that the lake has mail of the campaign, domain or provider that the report is asked for. */
import { didYouMean, UsageError } from '#host/failure.ts';
import { askAbout, conditionsOf, type Filter, type ReportLake } from './scope.ts';

/** Names that are listed if the given one is unknown. */
const LISTED = 8;

/**
 * Makes sure that there is mail of what is asked for.
 * @throws UsageError naming what is near
 */
export async function checkFilter(lake: ReportLake, filter: Filter): Promise<void> {
  const ask = askAbout(lake, {});
  for (const { column, plural, option, value } of conditionsOf(lake, filter)) {
    const rows = await ask(
      `select ${column} as name, sum(sent) as sent from deliverability_facts where ${column} is not null and sent > 0 group by 1 order by 2 desc, 1`,
    );
    const names = rows.map((row) => row.text('name'));
    if (names.includes(value)) continue;
    throw new UsageError(
      `${option}: no mail of ${value} in the lake`,
      didYouMean(value, names) ?? listed(names, plural),
    );
  }
}

function listed(names: readonly string[], plural: string): string {
  if (names.length === 0) return `its mail has no ${plural}`;
  const rest = names.length - LISTED;
  return `its ${plural} with most mail are ${names.slice(0, LISTED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
