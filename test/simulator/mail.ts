/** Raw objects of one simulated lake: a few mails, what became of them, copies, noise, and when each object arrives. */
import { DAY_MS, HOUR_MS } from '#lake/days.ts';
import type { Chance } from './chance.ts';

export interface MailEvent {
  is: 'event';
  type: 'send' | 'delivered' | 'hard_bounce' | 'open' | 'click';
  feed: 'event_publishing' | 'notification';
  message: string;
  /** null: an open of a mail to several, which names nobody */
  recipients: (string | null)[];
  at: number;
  sentAt: number;
  /** every record of a mail carries them, but only sends make rows of headers */
  headers: [name: string, value: string][];
}

/** What the reader skips, or can't decode. */
export interface Noise {
  is: 'noise' | 'broken';
  text: string;
  /** what today's code reads in it, where the code before it saw nothing */
  event?: MailEvent;
}

/** What stands in the place of a record about a forgotten person. */
export interface ErasedRecord {
  is: 'erased';
}

export type MailRecord = MailEvent | Noise | ErasedRecord;

export interface RawObject {
  key: string;
  /** when it appears in the bucket, epoch ms */
  arrivesAt: number;
  records: MailRecord[];
  /** reading it takes the process down, each time, unless it runs today's code */
  isPoison: boolean;
}

/** The first day of every simulated lake. */
export const START = Date.parse('2026-03-01T00:00:00Z');
/** Mail is sent on this many days. */
const SEND_DAYS = 2;

/** Hashes of the code that the simulated workers run: first, and when a better one has been deployed. */
export const FIRST_VERSION = 'abc123';
export const TODAYS_VERSION = 'def456';

/** What a version of the code sees in a record. */
export const readBy = (version: string, record: MailRecord): MailRecord =>
  record.is === 'broken' && record.event && version === TODAYS_VERSION ? record.event : record;

/** The raw objects of a lake, in order of arrival. */
export function rawObjects(chance: Chance): RawObject[] {
  const events = Array.from({ length: chance.between(3, 5) }, (_, i) => lifeOf(`m${i}`, chance)).flat();
  const byHour = Map.groupBy(events, ({ at }) => Math.floor(at / HOUR_MS));
  const objects: RawObject[] = [];
  for (const [hour, ofHour] of byHour) {
    for (let from = 0; from < ofHour.length; from += 3) {
      objects.push(objectAt(hour * HOUR_MS, ofHour.slice(from, from + 3), objects.length, chance));
    }
  }
  // Redeliveries: the same record within an object, in another hour, by another feed.
  for (let copies = chance.between(1, 4); copies > 0; copies--) {
    const event = events[chance.below(events.length)];
    if (!event) continue;
    const copy: MailEvent =
      event.type === 'hard_bounce' && chance.happens(0.5) ? { ...event, feed: 'notification' } : event;
    const into = objects[chance.below(objects.length)];
    if (chance.happens(0.5) && into) into.records.push(copy);
    else objects.push(objectAt(event.at + chance.between(0, 60) * HOUR_MS, [copy], objects.length, chance));
  }
  const [noisy] = objects;
  if (noisy && chance.happens(0.5)) noisy.records.push({ is: 'noise', text: '_SMS' }, { is: 'broken', text: '{"eve' });
  const broken = objects[chance.below(objects.length)];
  const [first] = broken?.records ?? [];
  if (broken && first?.is === 'event' && chance.happens(0.6)) {
    broken.records[0] = { is: 'broken', text: '{"eventType":', event: first };
  }
  const poisoned = objects[chance.below(objects.length)];
  if (poisoned && chance.happens(0.04)) poisoned.isPoison = true;
  return objects.sort((a, b) => a.arrivesAt - b.arrivesAt || (a.key < b.key ? -1 : 1));
}

function lifeOf(message: string, chance: Chance): MailEvent[] {
  const sentAt = START + chance.below(SEND_DAYS) * DAY_MS + chance.between(6, 23) * HOUR_MS + chance.below(HOUR_MS);
  const recipients: string[] = chance.happens(0.2) ? ['ann@example.org', 'bob@example.net'] : ['ann@example.org'];
  const mail = {
    is: 'event',
    feed: 'event_publishing',
    message,
    sentAt,
    headers: [
      ['To', recipients.join(', ')],
      ['Subject', `about ${message}`],
      ['X-Campaign', 'spring'],
    ],
  } satisfies Partial<MailEvent>;
  const engaged = recipients.length === 1 ? recipients : [null];
  const life: MailEvent[] = [];
  // Some senders' sends are lost, and their mail is known by what became of it.
  if (chance.happens(0.9)) life.push({ ...mail, type: 'send', recipients, at: sentAt });
  if (chance.happens(0.2)) return [...life, { ...mail, type: 'hard_bounce', recipients, at: sentAt + 2000 }];
  life.push({ ...mail, type: 'delivered', recipients, at: sentAt + 1500 });
  if (chance.happens(0.6)) life.push({ ...mail, type: 'open', recipients: engaged, at: sentAt + 5 * HOUR_MS });
  if (chance.happens(0.3)) life.push({ ...mail, type: 'click', recipients: engaged, at: sentAt + 6 * HOUR_MS });
  if (chance.happens(0.15)) life.push({ ...mail, type: 'open', recipients: engaged, at: sentAt + 20 * DAY_MS });
  return life;
}

/** An object of the hour's folder. Most come soon, some hours late, a few days. */
function objectAt(at: number, records: MailRecord[], n: number, chance: Chance): RawObject {
  const hour = new Date(at).toISOString().slice(0, 13).replace(/[-T]/g, '/');
  const late = chance.happens(0.75)
    ? chance.below(HOUR_MS)
    : chance.happens(0.7)
      ? chance.below(30 * HOUR_MS)
      : chance.below(10 * DAY_MS);
  return {
    key: `raw/${hour}/o${String(n).padStart(3, '0')}`,
    arrivesAt: at + late,
    records: [...records],
    isPoison: false,
  };
}

/** What lies in the bucket: one JSON line a record. */
export const contentOf = ({ records, isPoison }: RawObject): string =>
  `${isPoison ? 'poison\n' : ''}${records.map((record) => JSON.stringify(record)).join('\n')}\n`;

/** A record and where it lies in its object: all of it is ASCII, so a character is a byte. */
export interface Line {
  record: MailRecord;
  ordinal: number;
  offset: number;
  length: number;
}

/** The records of an object's content. */
export function linesOf(content: string): Line[] {
  const lines: Line[] = [];
  let offset = 0;
  for (const line of content.split('\n')) {
    if (line !== '' && line !== 'poison') {
      lines.push({ record: JSON.parse(line), ordinal: lines.length, offset, length: line.length });
    }
    offset += line.length + 1;
  }
  return lines;
}

/** Those that lie in one of the ranges; all if there are none. */
export const linesIn = (
  lines: readonly Line[],
  ranges?: readonly Pick<Line, 'offset' | 'length'>[],
): readonly Line[] =>
  ranges === undefined
    ? lines
    : lines.filter((line) =>
        ranges.some(({ offset, length }) => line.offset >= offset && line.offset + line.length <= offset + length),
      );
