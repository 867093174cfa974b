/** Generates the raw data of an invented sender, and the truth file with the numbers that views must show. */
import { writeFile } from 'node:fs/promises';
import { DAY_MS } from '#lake/days.ts';
import { addFaults } from './faults/index.ts';
import { Delivery } from './records/delivery.ts';
import { RawFolder } from './records/raw-folder.ts';
import { dayOf } from './sender/calendar.ts';
import { lifeOf } from './sender/life.ts';
import { Random } from './sender/random.ts';
import { firstDayOf, type Incident, incidentOf, schedule } from './sender/schedule.ts';
import { Ledger, type Truth } from './truth/ledger.ts';

export type { Truth } from './truth/ledger.ts';

export interface GenerateOptions {
  /** the folder that stands for the raw bucket; made if it isn't there */
  out: string;
  /** how many messages are sent in all, those of the faults not counted */
  messages: number;
  /** how many days mail is sent on, up to and with `end`; opens and the like trickle in for two weeks more */
  days: number;
  /** same seed, same bytes */
  seed: number;
  /** adds each fault that raw data can have: rows 1 to 38 of test/README.md */
  dirty?: boolean;
  /** with `dirty`: also an object that unpacks to more than 4 GB, which takes its reader many seconds */
  bomb?: boolean;
  /** with `dirty`: over how many different dates row 33 spreads its records; 500 unless said otherwise */
  dates?: number;
  /** false: no day on which a provider turns mail away */
  incident?: boolean;
  /** the last send day, `YYYY-MM-DD`. A constant unless said otherwise: the data must not depend on today */
  end?: string;
  /** the truth holds each person, too, which needs all mail in memory */
  people?: boolean;
  /** where the ground truth goes, as JSON */
  truth?: string;
  /** called with how many messages have been made, and of how many */
  onProgress?: (progress: { messages: number; of: number }) => void;
}

export interface GenerateSummary {
  objects: number;
  /** as stored */
  bytes: number;
  messages: number;
  records: number;
  /** distinct event rows */
  events: number;
  first_day: string;
  last_day: string;
  /** null if it was left out */
  incident: Incident | null;
  headline: Truth['headline'];
  seconds: number;
}

/** The day that Pinpoint's support ended on: a quarter in which a sender moves to SES. */
export const DEFAULT_END = '2026-10-30';

/**
 * Makes a sender's raw data of some days as Firehose would have delivered them, and counts along what the views must say.
 *
 * @throws RangeError for a number or date that makes no sense
 */
export async function generate(options: GenerateOptions): Promise<GenerateSummary> {
  const begun = performance.now();
  const { truth, summary } = await made(options);
  if (options.truth !== undefined) await writeFile(options.truth, `${JSON.stringify(truth)}\n`);
  return { ...summary, seconds: (performance.now() - begun) / 1000 };
}

async function made(options: GenerateOptions): Promise<{ truth: Truth; summary: Omit<GenerateSummary, 'seconds'> }> {
  const { out, messages, days, seed, end = DEFAULT_END } = options;
  wholeNumber('messages', messages, 1);
  wholeNumber('days', days, 1);
  wholeNumber('seed', seed, 0);
  const firstDay = firstDayOf(end, days);
  const incident = options.incident === false ? null : incidentOf(firstDay, days);
  const world = { seed, incident, people: Math.max(100, Math.ceil(messages / 12)) };
  const folder = new RawFolder(out);
  const ledger = new Ledger(options.people);
  const delivery = new Delivery(seed, folder, ledger);
  let sent = 0;
  for (const batch of schedule(seed, messages, firstDay, days)) {
    if (batch.messages === 0) continue;
    await delivery.deliverUntil(batch.at);
    for (let ordinal = 0; ordinal < batch.messages; ordinal++) {
      const life = lifeOf(world, batch, ordinal, sent);
      ledger.life(life);
      delivery.expect(life, new Random(seed, 7, sent));
      sent++;
    }
    options.onProgress?.({ messages: sent, of: messages });
  }
  await delivery.deliverUntil(Number.POSITIVE_INFINITY);
  await folder.finish();
  if (options.dirty === true) {
    const { bomb = false, dates = 500 } = options;
    addFaults(seed, { firstDay, days }, ledger, folder, { bomb, dates });
  }
  const lists = ledger.lists();
  const about = {
    messages,
    first_day: dayOf(firstDay),
    last_day: dayOf(firstDay + (days - 1) * DAY_MS),
    objects: folder.objects,
    incident,
  };
  return {
    truth: { seed, ...about, ...lists },
    summary: {
      ...about,
      bytes: folder.bytes,
      records: lists.quality.records,
      events: lists.headline.events,
      headline: lists.headline,
    },
  };
}

function wholeNumber(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least)
    throw new RangeError(`${name} must be a whole number from ${least}: ${value}`);
}
