/** Tells which source a record comes from, and which event it is. */
import type { JsonObject, JsonValue } from '../read/record.ts';
import { cut, otherKind } from './other-kinds.ts';
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
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return { source: null, word: UNRECOGNIZED };
  const fields = value;
  const pinpoint = wordOf(fields.event_type);
  const kind = pinpoint === null ? undefined : pinpointKind(pinpoint);
  if (pinpoint !== null && kind !== undefined) {
    return { source: 'pinpoint', feed: 'pinpoint', kind, word: pinpoint, fields };
  }
  const published = wordOf(fields.eventType);
  const word = published ?? wordOf(fields.notificationType);
  if (word === null)
    return { source: null, word: pinpoint === null ? (otherKind(fields) ?? UNRECOGNIZED) : cut(pinpoint) };
  const sesKindOfWord = sesKind(word);
  if (sesKindOfWord === undefined) return { source: null, word: otherKind(fields) ?? otherSes(word, fields) };
  const feed = published === null ? 'notification' : 'event_publishing';
  return { source: 'ses', feed, kind: sesKindOfWord, word, fields };
};

export const hasHeaders = (record: EventRecord): boolean =>
  record.source === 'ses' ? sesHasHeaders(record.fields) : pinpointHasHeaders(record.fields);

const UNRECOGNIZED = 'unrecognized';

const wordOf = (value: JsonValue | undefined): string | null => {
  if (typeof value === 'string') return value.trim() || null;
  if (Array.isArray(value)) return value.length === 1 ? wordOf(value[0]) : null;
  return typeof value === 'number' ? String(value) : null;
};

/** SNS's confirmation of a topic names itself; SES's other notifications have short names that say nothing alone. */
const otherSes = (word: string, fields: JsonObject): string => {
  const isNamed = word.startsWith('AmazonSns') || (fields.mail === undefined && fields.notificationType === undefined);
  return cut(isNamed ? word : `ses:${word}`);
};
