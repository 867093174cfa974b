/** When the invented sender sends which mail, and the day on which a provider blocks it. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '#lake/days.ts';
import { dayOf, HOUR_RHYTHM, midnight, WEEKDAY_RHYTHM, weekdayOf, zoneOffset } from './calendar.ts';
import { ALERT, campaign, journeys, type Mailing, MONITORING, type Treatment, transactional } from './mailings.ts';
import { Random, type Weighted } from './random.ts';

/** Mail of one kind that goes out within an hour. */
export interface Batch {
  /** when the first may go out */
  at: number;
  /** ms from then in which all have gone out; within the UTC hour */
  spread: number;
  messages: number;
  mailings: readonly Weighted<Mailing>[];
  /** one after another from this place on the list (in halves of the list, and any more); null: anyone */
  audience: { salt: number; half: 0 | 1 } | null;
}

type Draft = Omit<Batch, 'messages'> & { weight: number };

/** A day on which one provider turns away most mail from one domain. */
export interface Incident {
  date: string;
  provider: string;
  from_domain: string;
}

/**
 * The sender's quarter as batches in order of time, exactly `messages` in all. Its mail moves from Pinpoint to SES: four
 * fifths are Pinpoint's at first, a tenth at last.
 */
export function schedule(seed: number, messages: number, firstDay: number, days: number): Batch[] {
  const drafts: Draft[] = [];
  for (let day = 0; day < days; day++) {
    const pinpointShare = 0.8 - (0.7 * day) / days;
    drafts.push(...daily(seed, firstDay, day, pinpointShare), ...campaigns(seed, firstDay, day, pinpointShare));
  }
  drafts.sort((a, b) => a.at - b.at);
  return sharedByWeight(drafts, messages);
}

/** The first Tuesday two thirds into the period (a newsletter day), or that very day in a short one. */
export function incidentOf(firstDay: number, days: number): Incident {
  const earliest = Math.floor((days * 2) / 3);
  let day = earliest;
  while (day < days - 1 && weekdayOf(firstDay + day * DAY_MS) !== TUESDAY) day++;
  if (weekdayOf(firstDay + day * DAY_MS) !== TUESDAY) day = Math.min(earliest, days - 1);
  return { date: dayOf(firstDay + day * DAY_MS), provider: 'microsoft', from_domain: 'news.harborbooks.example' };
}

/** Local hour to UTC on that day. */
const localTime = (firstDay: number, day: number, hour: number): number => {
  const noon = firstDay + day * DAY_MS + DAY_MS / 2;
  return firstDay + day * DAY_MS + hour * HOUR_MS - zoneOffset(noon);
};

function daily(seed: number, firstDay: number, day: number, pinpointShare: number): Draft[] {
  const rhythm = WEEKDAY_RHYTHM[weekdayOf(firstDay + day * DAY_MS)] ?? 1;
  const bothWays: readonly Weighted<Mailing>[] = [
    ...weights(transactional(true), [0.5, 0.34, 0.16, 0], pinpointShare),
    ...weights(transactional(false), [0.48, 0.33, 0.15, 0.04], 1 - pinpointShare),
  ];
  const steps: readonly Weighted<Mailing>[] = [
    ...weights(journeys(seed, day, true), [0.35, 0.25, 0.25, 0.15], pinpointShare),
    ...weights(journeys(seed, day, false), [0.35, 0.25, 0.25, 0.15], 1 - pinpointShare),
  ];
  const drafts: Draft[] = [];
  for (let hour = 0; hour < 24; hour++) {
    const at = firstDay + day * DAY_MS + hour * HOUR_MS;
    const bustle = HOUR_RHYTHM[(hour + 2) % 24] ?? 1;
    const spread = HOUR_MS - 1;
    drafts.push({ at, spread, weight: (0.34 * rhythm * bustle) / 24, mailings: bothWays, audience: null });
    if (hour >= 7 && hour < 19)
      drafts.push({ at, spread, weight: (0.16 * rhythm) / 12, mailings: steps, audience: null });
    if (hour % 6 === 1)
      drafts.push({ at, spread, weight: (0.03 * rhythm) / 4, mailings: [[ALERT, 1]], audience: null });
    if (hour === 4) drafts.push({ at, spread, weight: 0.003, mailings: [[MONITORING, 1]], audience: null });
  }
  return drafts;
}

const weights = (mailings: readonly Mailing[], shares: readonly number[], of: number): Weighted<Mailing>[] =>
  mailings.map((mailing, index): Weighted<Mailing> => [mailing, (shares[index] ?? 0) * of]);

const SUNDAY = 0;
const TUESDAY = 2;
const THURSDAY = 4;
const SLOTS = ['new-in', 'bestsellers', 'staff-picks', 'events', 'gift-cards'] as const;

function campaigns(seed: number, firstDay: number, day: number, pinpointShare: number): Draft[] {
  const date = firstDay + day * DAY_MS;
  const weekday = weekdayOf(date);
  const stamp = dayOf(date);
  const random = new Random(seed, 4, day);
  const isPinpoint = random.chance(pinpointShare);
  const send = (hour: number, weight: number, mailings: readonly Mailing[]): Draft[] =>
    ([0, 1] as const).map((half) => ({
      at: localTime(firstDay, day, hour + half),
      spread: 40 * MINUTE_MS,
      weight: weight / 2,
      mailings: mailings.map((mailing): Weighted<Mailing> => [mailing, 1]),
      audience: { salt: day * 7919, half },
    }));
  if (weekday === TUESDAY) {
    const subject = day % 4 === 0 ? 'Neu im Hafen: Bücher für lange Abende' : 'This week between the covers';
    return send(8, 1.35, campaign(seed, `weekly-${stamp}`, day, isPinpoint, SLOTS, [{ subject, opens: 1, clicks: 1 }]));
  }
  if (weekday === THURSDAY)
    return send(10, 1.05, campaign(seed, `offers-${stamp}`, day, isPinpoint, SLOTS.slice(0, 4), twoOffers(random)));
  if (weekday === SUNDAY && Math.floor(day / 7) % 2 === 0)
    return send(18, 0.7, campaign(seed, `sunday-${stamp}`, day, isPinpoint, SLOTS.slice(1, 5), THREE_SUNDAYS));
  const digest = [{ subject: 'Your morning pages', opens: 0.9, clicks: 0.8 }];
  return send(6, 0.1, campaign(seed, `morning-${stamp}`, day, isPinpoint, SLOTS.slice(0, 3), digest));
}

/** The second is better, in most weeks by much. */
const twoOffers = (random: Random): Treatment[] => [
  { subject: '20 % off paperbacks until Sunday', opens: 1, clicks: 1 },
  { subject: 'Your next paperback is cheaper this week', opens: 1.1 + random.unit() / 5, clicks: 1.15 },
];
const THREE_SUNDAYS: readonly Treatment[] = [
  { subject: 'A book for tonight', opens: 1, clicks: 1 },
  { subject: 'Tonight: one book, one hour 📚', opens: 1.22, clicks: 1.05 },
  { subject: 'Sunday reading', opens: 0.86, clicks: 0.95 },
];

/** Whole messages for each batch by its weight: the fractions are carried on, so that none is lost. */
function sharedByWeight(drafts: readonly Draft[], messages: number): Batch[] {
  const total = drafts.reduce((sum, draft) => sum + draft.weight, 0);
  let weight = 0;
  let given = 0;
  return drafts.map(({ weight: share, ...draft }, index) => {
    weight += share;
    const until = index === drafts.length - 1 ? messages : Math.round((weight / total) * messages);
    const batch = { ...draft, messages: until - given };
    given = until;
    return batch;
  });
}

export const firstDayOf = (end: string, days: number): number => midnight(end) - (days - 1) * DAY_MS;

/** The days that mail is sent on. */
export interface Period {
  /** midnight UTC */
  firstDay: number;
  days: number;
}

/** Midnight of day `number` of the period, beginning again when it is over. */
export const dayOfPeriod = ({ firstDay, days }: Period, number: number): number => firstDay + (number % days) * DAY_MS;
