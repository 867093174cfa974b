/** Which time zones raw folders may be named by. */
import { HOUR_MS } from '#lake/days.ts';
import { isTimeZone, offsetMsAt, type ZoneOffset } from '#lake/zone.ts';

/**
 * A time zone as settings have it: hours that it is ahead of UTC all year, or its name if its clock changes; null if it is no
 * zone. A Firehose names folders by its own time zone; where summer time moves the clock, one hour of the year has no folder
 * and one folder has two hours.
 */
export function zoneOffset(zone: string): ZoneOffset | null {
  if (!isTimeZone(zone)) return null;
  const offsets = new Set<number>();
  for (let month = 0; month < 12; month++) offsets.add(offsetMsAt(zone, Date.UTC(2026, month, 15)) / HOUR_MS);
  const [offset = 0] = offsets;
  return offsets.size === 1 ? offset : zone;
}
