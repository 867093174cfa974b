/** Tools with which the faults are made: mail to damage, objects to write, and the expected result of each. */
import { HOUR_MS, MINUTE_MS } from '#lake/days.ts';
import { objectKey } from '../records/delivery.ts';
import { pinpointRecord } from '../records/pinpoint.ts';
import { compressed, type RawFolder } from '../records/raw-folder.ts';
import { headerCount, sesRecord } from '../records/ses.ts';
import { SECOND } from '../sender/calendar.ts';
import { mailOf } from '../sender/life.ts';
import type { Happening, Mail } from '../sender/mail.ts';
import type { Mailing } from '../sender/mailings.ts';
import type { Recipient } from '../sender/people.ts';
import { Random } from '../sender/random.ts';
import { dayOfPeriod, type Period } from '../sender/schedule.ts';
import { EVENTS_STREAM, NEWS, PINPOINT_STREAM } from '../sender/sender.ts';
import type { Fault, Ledger } from '../truth/ledger.ts';

const DOMAINS = [
  ['gmail.com', 'gmail'],
  ['outlook.com', 'microsoft'],
  ['yahoo.com', 'yahoo'],
  ['web.de', 'web.de'],
  ['oakleaf-partners.example', 'other'],
] as const;

/** What is expected of an object: so many records with this result. */
export type Expectation = readonly [expect: Fault['expect'], n: number];

/**
 * Makes the raw objects of one row of faults in test/README.md, out of mail like the rest and records to damage, and
 * counts what must come of them.
 */
export class Bench {
  readonly row: number;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly folder: RawFolder;
  /** the first midnight of the period */
  readonly period: Period;
  /** when the mail of this row begins */
  readonly at: number;
  private letters = 0;
  private objects = 0;

  constructor(row: number, seed: number, period: Period, ledger: Ledger, folder: RawFolder) {
    this.row = row;
    this.random = new Random(seed, 8, row);
    this.ledger = ledger;
    this.folder = folder;
    this.period = period;
    this.at = dayOfPeriod(period, row * 5) + 9 * HOUR_MS + row * MINUTE_MS;
  }

  /** A message to one person, or to those given, a second after the last. */
  letter(over: Partial<Mailing> = {}, recipients?: readonly Recipient[], sentAt?: number): Mail {
    const number = this.letters++;
    const [domain, provider] = DOMAINS[number % DOMAINS.length] ?? DOMAINS[0];
    const address = `reader${this.row}.${number}@${domain}`;
    const reader = { address, key: address, provider, isSimulator: false };
    const mailing = { ...this.mailing(EVENTS_STREAM), ...over };
    return mailOf(mailing, sentAt ?? this.at + number * SECOND, recipients ?? [reader], this.random);
  }

  pinpointLetter(over: Partial<Mailing> = {}): Mail {
    return this.letter({ ...this.mailing(PINPOINT_STREAM), treatmentId: '0', ...over });
  }

  /** Counts a message and what happens to it as what the views must show; returns its records. */
  book(mail: Mail, happenings: readonly Happening[], headers = headerCount(mail)): string[] {
    this.ledger.life({ mail, happenings: [...happenings] }, headers);
    return happenings.map((happening) => recordOf(mail, happening));
  }

  /** The record of a message's sending, counted. */
  good(mail = this.letter()): string {
    return this.book(mail, [sent(mail)])[0] ?? '';
  }

  goods(n: number): string[] {
    return Array.from({ length: n }, () => this.good());
  }

  /** The record of a message's sending, not counted: something to damage. */
  bad(mail = this.letter()): string {
    return recordOf(mail, sent(mail));
  }

  /** Writes an object into the hour of the row, or `after` ms later, and notes what must come of it. */
  put(content: string | Uint8Array, expectations: readonly Expectation[], how: Placement = {}): string {
    const { ending = '', folder = 'ses', stream = 'mail-events', after = 0, name } = how;
    const startedAt = this.at + after + this.objects++ * MINUTE_MS;
    const named = objectKey(folder, stream, startedAt, this.random.uuid(), ending);
    const key = name === undefined ? named : how.isWhole ? name : `${named.slice(0, named.lastIndexOf('/'))}/${name}`;
    const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
    this.folder.put(key, how.gzip ? compressed(bytes) : bytes, startedAt + 2 * MINUTE_MS);
    for (const [expect, n] of expectations) {
      this.ledger.faults.push({ row: this.row, key, expect, n });
      for (let k = 0; k < n; k++) this.count(expect);
    }
    return key;
  }

  private count(expect: string): void {
    if (expect.startsWith('Q ')) this.ledger.quarantined(expect.slice(2));
    else if (expect.startsWith('skipped ')) this.ledger.skipped(expect.slice(8));
    else if (expect === 'repeats') this.ledger.repeat();
  }

  private mailing(stream: Mailing['stream']): Mailing {
    const isPinpoint = stream.source === 'pinpoint';
    return {
      purpose: 'campaign',
      stream,
      sender: NEWS,
      configurationSet: isPinpoint ? null : 'marketing',
      campaignId: `fault-${String(this.row).padStart(2, '0')}`,
      activityId: null,
      treatmentId: null,
      journeyId: null,
      journeyRunId: null,
      journeyActivityId: null,
      subject: `Fault ${this.row}`,
      links: [],
      unsubscribeLink: null,
      openRate: 0,
      clickRate: 0,
    };
  }
}

export interface Placement {
  /** of the name, such as `.gz`; says nothing about the content */
  ending?: string;
  gzip?: boolean;
  folder?: string;
  stream?: string;
  /** a name of its own, in the hour's folder */
  name?: string;
  /** the name is the whole key */
  isWhole?: boolean;
  /** ms after the hour of the row */
  after?: number;
}

export const sent = (mail: Mail): Happening => ({
  type: 'send',
  at: mail.sentAt,
  who: mail.recipients.map((_, k) => k),
});

export const delivered = (mail: Mail, at = mail.sentAt + 2 * SECOND): Happening => ({
  type: 'delivered',
  at,
  who: mail.recipients.map((_, k) => k),
  response: '250 2.0.0 OK',
  mta: 'a11-13.smtp-out.eu-central-1.amazonses.com',
});

export const recordOf = (mail: Mail, happening: Happening): string =>
  mail.mailing.stream.source === 'pinpoint' ? pinpointRecord(mail, happening) : sesRecord(mail, happening);

/** Text with one part replaced. @throws RangeError if the part isn't there: then the fault would be none */
export function swapped(text: string, part: string | RegExp, by: string): string {
  const found = typeof part === 'string' ? text.includes(part) : part.test(text);
  if (!found) throw new RangeError(`nothing to replace: ${part} in ${text.slice(0, 200)}`);
  return text.replace(part, () => by);
}

export const lines = (records: readonly string[]): string => `${records.join('\n')}\n`;
