/**
 * Hours that a time zone is ahead of UTC all year, or in words why that can't be said. A Firehose names folders by its own
 * time zone; where summer time moves the clock, an hour has two folders' names or two hours one.
 */
export function fixedOffsetHours(zone: string): number | string {
  const offsets = new Set<number>();
  try {
    for (let month = 0; month < 12; month++) offsets.add(offsetHours(zone, Date.UTC(2026, month, 15)));
  } catch {
    return `${zone} is no time zone, such as Asia/Kolkata`;
  }
  const [offset = 0] = offsets;
  if (offsets.size === 1) return offset;
  return `${zone} has summer time, which names of folders can't tell: set the Firehose's time zone to UTC; or say template: null and no time zone, then the whole bucket is listed each time and the times in objects' names are taken for UTC`;
}

function offsetHours(timeZone: string, at: number): number {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' }).formatToParts(at);
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign = '+', hours = '0', minutes = '0'] = /^GMT(?:([+-])(\d\d):(\d\d))?$/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) + Number(minutes) / 60);
}
