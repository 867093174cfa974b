/** Decides when a raw object was delivered, and which times of events can't be right. */
import { DAY_MS, isAbsurd } from '../days.ts';
import { instantsOf, type ZoneOffset } from '../zone.ts';

/** How far an event may lie ahead of its delivery, for clocks that are wrong. */
const AHEAD_MS = 2 * DAY_MS;

/** Whether a time can't be believed: absurd, over 2 days after the raw object's delivery, or before the sending. */
export const isTimeSuspect = (occurredAt: number, sentAt: number | null, delivered: number): boolean =>
  isAbsurd(occurredAt) || occurredAt > delivered + AHEAD_MS || (sentAt !== null && occurredAt < sentAt);

const FIREHOSE_NAME =
  /-(\d{4})-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:\.[^/]*)?$/i;

/**
 * When a raw object was delivered, epoch ms: the time in a Firehose name (`…-yyyy-MM-dd-HH-mm-ss-<uuid>`, Amazon Data
 * Firehose Developer Guide, "Configure Amazon S3 object name format"), else when it was last modified.
 * `offsetHours`: how far the name's clock is ahead of UTC (Firehose's custom time zone). Of the two instants with one name,
 * when a clock is put back, the one that is nearer to the last modification.
 */
export const deliveredAt = (key: string, modified: number, offsetHours: ZoneOffset): number => {
  const [, year, month, day, hour, minute, second] = FIREHOSE_NAME.exec(key) ?? [];
  if (year === undefined) return Math.floor(modified);
  const named = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  // whole ms, as columns want them, whatever a store or a setting says
  if (Number.isNaN(named)) return Math.floor(modified);
  const instants = instantsOf(offsetHours, named);
  const away = (instant: number): number => Math.abs(instant - modified);
  return Math.floor(instants.reduce((nearest, instant) => (away(instant) < away(nearest) ? instant : nearest)));
};
