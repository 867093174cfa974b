/** Days whose rows were decoded by settings that mean something else than those of today. */
import { concurrently } from '../concurrently.ts';
import type { Store } from '../ports.ts';
import type { Settings } from '../settings.ts';
import { events } from '../tables/index.ts';
import { dataDay, liveDays, unseenAttempts } from './day-files.ts';
import { expiredDays } from './expired.ts';
import { dayOfKey, generationsRoot } from './keys.ts';
import { meaningsOf } from './meaning.ts';
import { Outcomes } from './outcomes.ts';

const DAYS_AT_ONCE = 16;

/**
 * Days with events that were decoded by settings which mean something else than today's (meaning.ts), in order: these rows
 * stay as they are. One small record a settled day is read.
 */
export async function daysOfOtherSettings(
  lake: Pick<Store, 'list' | 'get' | 'prefixes'>,
  settings: Settings,
): Promise<string[]> {
  const today = new Set(meaningsOf(settings));
  const outcomes = new Outcomes(lake);
  const days = new Set(await liveDays(lake, events.name));
  for await (const folder of lake.prefixes(generationsRoot)) days.add(dayOfKey(folder));
  const expired = await expiredDays(lake);
  const kept = [...days].filter((dt) => !expired.has(events.name, dt)).sort();
  const found = await concurrently(kept, DAYS_AT_ONCE, async (dt) => {
    const { newest } = await dataDay(lake, events.name, dt);
    const unsettled = await unseenAttempts(lake, outcomes, events.name, dt, new Set(newest?.attempt_list));
    const meanings = [...(newest?.meanings ?? []), ...unsettled.flatMap(({ meaning }) => meaning ?? [])];
    return meanings.some((meaning) => !today.has(meaning)) ? [dt] : [];
  });
  return found.flat();
}
