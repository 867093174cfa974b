import type { ReplaySummary } from '../replay.ts';
import type { Palette } from '../terminal/colour.ts';
import { count, counted, duration } from '../terminal/figures.ts';
import { safeText } from '../terminal/text.ts';
import { countLines } from './run.ts';

const MOST_NAMED = 5;

/** A replay in a few lines. */
export function* replayLines(summary: ReplaySummary, { bold, dim }: Palette): Generator<string> {
  const { units, replayed, objects, records, unchanged, unavailable_objects, settled_days, rolled_up_days } = summary;
  if (units === 0) yield `${bold('Nothing to read again')}.`;
  else {
    yield `${bold(`${counted(replayed, 'quarantined record')} read again`)} from ${counted(objects, 'object')} in ${duration(summary.seconds)}: ${counted(records, 'record')}`;
    yield* countLines(summary);
  }
  if (settled_days + rolled_up_days > 0) {
    yield `  days        settled ${count(settled_days)}, recomputed ${counted(rolled_up_days, 'send day')}`;
  }
  if (unchanged > 0) {
    yield dim(
      `${counted(unchanged, 'record was', 'records were')} rejected by this very code and settings, or have no bytes: reading again would change nothing.`,
    );
  }
  if (unavailable_objects.length > 0) {
    yield `${counted(unavailable_objects.length, 'raw object is', 'raw objects are')} not there as planned; put them back to have them read:`;
    for (const key of unavailable_objects.slice(0, MOST_NAMED)) yield `  ${safeText(key)}`;
    if (unavailable_objects.length > MOST_NAMED)
      yield dim(`  and ${count(unavailable_objects.length - MOST_NAMED)} more`);
  }
}
