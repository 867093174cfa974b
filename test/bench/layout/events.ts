/**
 * The events of both layouts: what the generator's sender published through SES event publishing, out of whatever envelopes
 * the generator delivers it in, each record as often as it was delivered. Legacy notifications (no sends, no tags) and
 * Pinpoint are left out, and so is what happened after the last day: the lake as it is on the morning after it.
 */
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from '#generate/index.ts';
import { DAY_MS, utcDate } from '#lake/days.ts';
import { readObject } from '#lake/read/object.ts';
import type { JsonValue } from '#lake/read/record.ts';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { filesBelow } from '../competitor.ts';
import { Subjects } from './subjects.ts';

export interface MailEvents {
  /** every day of the lake, `YYYY-MM-DD`, in order */
  days: string[];
  /** records as SES writes them, in order of arrival, by the UTC hour of the event (`YYYY-MM-DDTHH`), in order */
  hours: Map<string, string[]>;
  records: number;
  /** what the questions are about */
  subjects: Subjects;
}

export interface Making {
  messages: number;
  days: number;
  seed?: number;
  /** the last day */
  end?: string;
}

/** A Monday, long past: its days are finished, and so is the attribution window of its mail. */
const END = '2025-03-10';

export async function makeEvents({ messages, days, seed = 1, end = END }: Making): Promise<MailEvents> {
  const folder = mkdtempSync(join(tmpdir(), 'layout-'));
  try {
    await generate({ out: folder, messages, days, seed, end });
    const last = Date.parse(end);
    const dates = Array.from({ length: days }, (_, i) => utcDate(last - (days - 1 - i) * DAY_MS));
    const hours = new Map<string, string[]>();
    const subjects = new Subjects(dates);
    let records = 0;
    for (const path of filesBelow(join(folder, 'ses'), '')) {
      if (!/-[0-9a-f]{12}(\.gz)?$/.test(path)) continue;
      await readObject(createReadStream(path), DEFAULT_SETTINGS.limits, {
        record(value, text) {
          const event = sesEvent(value);
          const hour = event?.at.slice(0, 13);
          if (event === null || hour === undefined || !dates.includes(hour.slice(0, 10))) return;
          const others = hours.get(hour);
          if (others) others.push(text);
          else hours.set(hour, [text]);
          records++;
          subjects.look(event);
        },
        skip() {},
        reject() {},
      });
    }
    return { days: dates, hours: new Map([...hours].sort(([a], [b]) => (a < b ? -1 : 1))), records, subjects };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What must be known of a record to choose by it. */
export interface SesEvent {
  type: string;
  /** when it happened, ISO 8601 */
  at: string;
  messageId: string;
  destination: string[];
  campaign: string | undefined;
  treatment: string | undefined;
}

/** The objects of types that have a time of their own; the others happen at sending. */
const TIMED = ['bounce', 'complaint', 'delivery', 'deliveryDelay', 'open', 'click', 'subscription'];

function sesEvent(value: JsonValue): SesEvent | null {
  const type = textAt(value, 'eventType');
  const mail = at(value, 'mail');
  if (type === undefined) return null;
  const own = TIMED.map((name) => textAt(at(value, name), 'timestamp')).find((time) => time !== undefined);
  const destination = at(mail, 'destination');
  return {
    type,
    at: own ?? textAt(mail, 'timestamp') ?? '',
    messageId: textAt(mail, 'messageId') ?? '',
    destination: Array.isArray(destination) ? destination.filter((one) => typeof one === 'string') : [],
    campaign: tag(mail, 'campaign'),
    treatment: tag(mail, 'treatment'),
  };
}

const at = (value: JsonValue | undefined, name: string): JsonValue | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value[name] : undefined;

function textAt(value: JsonValue | undefined, name: string): string | undefined {
  const found = at(value, name);
  return typeof found === 'string' ? found : undefined;
}

function tag(mail: JsonValue | undefined, name: string): string | undefined {
  const values = at(at(mail, 'tags'), name);
  const [first] = Array.isArray(values) ? values : [];
  return typeof first === 'string' ? first : undefined;
}
