import type { JsonObject, JsonValue } from '../read/record.ts';
import { pinpointHasHeaders, pinpointKind } from './pinpoint.ts';
import type { PinpointKind } from './pinpoint-kinds.ts';
import { sesHasHeaders, sesKind } from './ses.ts';
import type { SesKind } from './ses-kinds.ts';

interface SesRecord {
  source: 'ses';
  feed: 'event_publishing' | 'notification';
  kind: SesKind;
  /** the record's own word for its type */
  word: string;
  fields: JsonObject;
}

interface PinpointRecord {
  source: 'pinpoint';
  feed: 'pinpoint';
  kind: PinpointKind;
  word: string;
  fields: JsonObject;
}

export type EventRecord = SesRecord | PinpointRecord;

/** No e-mail event. */
interface Other {
  source: null;
  /** the record's own word for what it is */
  word: string;
}

/** Which event a record is, by `event_type` (Pinpoint), `eventType` (SES) or `notificationType` (SES's legacy feedback). */
export const classify = (value: JsonValue): EventRecord | Other => {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return UNRECOGNIZED;
  const fields = value;
  const pinpoint = wordOf(fields.event_type);
  const kind = pinpoint === null ? undefined : pinpointKind(pinpoint);
  if (pinpoint !== null && kind !== undefined) {
    return { source: 'pinpoint', feed: 'pinpoint', kind, word: pinpoint, fields };
  }
  const published = wordOf(fields.eventType);
  const word = published ?? wordOf(fields.notificationType);
  if (word !== null) {
    const sesKindOfWord = sesKind(word);
    if (sesKindOfWord === undefined) return { source: null, word: otherSes(word) };
    const feed = published === null ? 'notification' : 'event_publishing';
    return { source: 'ses', feed, kind: sesKindOfWord, word, fields };
  }
  return pinpoint === null ? UNRECOGNIZED : { source: null, word: cut(pinpoint) };
};

export const hasHeaders = (record: EventRecord): boolean =>
  record.source === 'ses' ? sesHasHeaders(record.fields) : pinpointHasHeaders(record.fields);

const UNRECOGNIZED: Other = { source: null, word: 'unrecognized' };

const wordOf = (value: JsonValue | undefined): string | null => {
  if (typeof value === 'string') return value.trim() || null;
  if (Array.isArray(value)) return value.length === 1 ? wordOf(value[0]) : null;
  return typeof value === 'number' ? String(value) : null;
};

/** SNS's confirmation of a topic names itself; SES's other notifications have short names that say nothing alone. */
const otherSes = (word: string): string => cut(word.startsWith('AmazonSns') ? word : `ses:${word}`);

/**
 * Words are counted by name: whatever is in one, it stays short and writable. It is copied, because a part of a text
 * keeps the whole text, which may be megabytes, in memory for as long as the count lives.
 */
const cut = (word: string): string => Buffer.from(word.slice(0, 100)).toString();
