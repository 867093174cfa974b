/** Decides which day a row belongs to, and which times can't be right. */
import { DAY_MS } from '../days.ts';
import { instantsOf, type ZoneOffset } from '../zone.ts';

/** Times outside [2010, 2100) are absurd for mail: SES began in January 2011. */
const EARLIEST = Date.UTC(2010, 0, 1);
const LATEST = Date.UTC(2100, 0, 1);
const FIRST_DAY = EARLIEST / DAY_MS;
/** How far an event may lie ahead of its delivery, for clocks that are wrong. */
const AHEAD_MS = 2 * DAY_MS;

/** Where rows with an absurd time go. */
export const ABSURD_DAY = '1970-01-01';

const days: string[] = [];

/** The partition of a time (epoch ms): its UTC day as `YYYY-MM-DD`, or `1970-01-01` before 2010 and from 2100. */
export const dayOf = (ms: number): string => {
  if (!(ms >= EARLIEST && ms < LATEST)) return ABSURD_DAY;
  const place = Math.floor(ms / DAY_MS) - FIRST_DAY;
  const known = days[place];
  if (known !== undefined) return known;
  const day = new Date(ms).toISOString().slice(0, 10);
  days[place] = day;
  return day;
};

/** Whether a time can't be believed: absurd, over 2 days after the raw object's delivery, or before the sending. */
export const isTimeSuspect = (occurredAt: number, sentAt: number | null, delivered: number): boolean =>
  occurredAt < EARLIEST ||
  occurredAt >= LATEST ||
  occurredAt > delivered + AHEAD_MS ||
  (sentAt !== null && occurredAt < sentAt);

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
