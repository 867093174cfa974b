/**
 * What the hourly look tells of generated quarters, with and without incidents. By itself (`node
 * test/report/alerts/quarters.ts [seeds] [messages a day] [days] [first seed]`) it tries many seeds, prints what was told, and exits 1 if the
 * bars don't hold: under one false alarm a month, and every incident found within two hours of data and named right.
 *
 * The mail is the generator's, life by life; its events are counted by the hour as counts.ts has the lake count them
 * (hourly-counts.spec.ts compares the two), as raw files of so much mail would take hours. Everything after the counts is the real
 * code.
 */
import { pathToFileURL } from 'node:url';
import { DEFAULT_END } from '#generate/index.ts';
import { type Life, lifeOf } from '#generate/sender/life.ts';
import { Random } from '#generate/sender/random.ts';
import { firstDayOf, schedule } from '#generate/sender/schedule.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, utcDate } from '#lake/days.ts';
import type { Finding, Look, Trouble } from '#report/alerts/finding.ts';
import { nameOf } from '#report/alerts/finding.ts';
import { lookAtHours } from '#report/alerts/hourly.ts';
import { type Alert, newsOf } from '#report/alerts/ledger.ts';
import { HourlyCells } from './hourly-cells.ts';

/** Something that goes wrong for some hours. */
export interface Incident {
  trouble: Trouble;
  /** epoch ms */
  from: number;
  hours: number;
  provider?: string;
  stream?: string;
}

export interface Quarter {
  seed: number;
  messages: number;
  days: number;
}

export const firstDayOfQuarter = ({ days }: Quarter): number => firstDayOf(DEFAULT_END, days);

/** A look needs two weeks before it; the incidents come after. */
const WARM_UP_DAYS = 28;

/** One of each kind, on a day and at an hour that the seed decides. */
export function incidentsOf(quarter: Quarter): Incident[] {
  const first = firstDayOfQuarter(quarter);
  const random = new Random(quarter.seed, 99, 0);
  const at = (hour: number): number =>
    first + (WARM_UP_DAYS + 7 + random.below(quarter.days - WARM_UP_DAYS - 10)) * DAY_MS + hour * HOUR_MS;
  const providers = ['gmail', 'microsoft', 'yahoo'] as const;
  return [
    { trouble: 'refused', from: at(random.between(6, 16)), hours: 8, provider: random.pick(providers) },
    { trouble: 'deferred', from: at(random.between(6, 16)), hours: 8, provider: random.pick(providers) },
    // Complaints come of a campaign, which goes out on Tuesday morning.
    { trouble: 'complaints', from: tuesdayFrom(at(6)), hours: 12, provider: random.pick(['microsoft', 'yahoo']) },
    {
      trouble: 'tracking',
      from: at(random.between(8, 16)),
      hours: 12,
      stream: random.pick(['transactional', 'lifecycle']),
    },
    {
      trouble: 'silent',
      from: at(random.between(8, 16)),
      hours: 12,
      stream: random.pick(['transactional', 'lifecycle']),
    },
  ];
}

function tuesdayFrom(at: number): number {
  let from = at;
  while (new Date(from).getUTCDay() !== 2) from += DAY_MS;
  return from;
}

const during = (at: number, { from, hours }: Incident): boolean => at >= from && at < from + hours * HOUR_MS;

/** A life as the incident would have it. */
function stricken(life: Life, incident: Incident, random: Random): Life {
  const { mail, happenings } = life;
  const [person] = mail.recipients;
  const affected = mail.recipients.length === 1 && person?.provider === incident.provider && !person?.isSimulator;
  if (!affected || !during(mail.sentAt, incident)) return life;
  const arrival = happenings.find(({ type }) => type === 'delivered');
  if (arrival === undefined) return life;
  if (incident.trouble === 'refused') {
    if (!random.chance(0.86)) return life;
    const sent = happenings.filter(({ type }) => type === 'send');
    return {
      mail,
      happenings: [
        ...sent,
        {
          type: 'bounce',
          kind: 'hard',
          subType: 'General',
          at: arrival.at,
          who: [0],
          status: '5.7.1',
          diagnostic: null,
          enhancedStatus: '5.7.1',
          feedbackId: '',
          mta: '',
        },
      ],
    };
  }
  if (incident.trouble === 'deferred') {
    if (!random.chance(0.7) || mail.mailing.stream.source !== 'ses') return life;
    const delay = (after: number): Life['happenings'][number] => ({
      type: 'delay',
      kind: 'IPFailure',
      at: mail.sentAt + after,
      who: [0],
      status: '4.7.0',
      diagnostic: '',
      expires: 0,
    });
    const late = happenings.map((one) => (one.at >= arrival.at ? { ...one, at: one.at + 4 * HOUR_MS } : one));
    return { mail, happenings: [...late, delay(5 * MINUTE_MS), delay(40 * MINUTE_MS)] };
  }
  if (incident.trouble === 'complaints') {
    if (mail.mailing.purpose === 'transactional' || !random.chance(0.05)) return life;
    const at = arrival.at + random.wait(5 * HOUR_MS);
    return {
      mail,
      happenings: [...happenings, { type: 'complaint', at, who: [0], feedbackId: '', agent: '', arrived: at }],
    };
  }
  return life;
}

/** The counts of a quarter: undisturbed, and with each of its incidents. */
export function countedQuarter(
  quarter: Quarter,
  incidents: readonly Incident[],
): { calm: HourlyCells; stricken: HourlyCells[] } {
  const { seed, messages, days } = quarter;
  const first = firstDayOfQuarter(quarter);
  const world = { seed, incident: null, people: Math.max(100, Math.ceil(messages / 12)) };
  const calm = new HourlyCells(first, days + 3);
  const deltas = incidents.map(() => new HourlyCells(first, days + 3));
  let sent = 0;
  for (const batch of schedule(seed, messages, first, days)) {
    for (let ordinal = 0; ordinal < batch.messages; ordinal++) {
      const life = lifeOf(world, batch, ordinal, sent);
      calm.add(life, 1);
      for (const [i, incident] of incidents.entries()) {
        if (incident.provider === undefined || !during(life.mail.sentAt, incident)) continue;
        const other = stricken(life, incident, new Random(seed, 98, sent));
        if (other === life) continue;
        deltas[i]?.add(life, -1);
        deltas[i]?.add(other, 1);
      }
      sent++;
    }
  }
  return {
    calm,
    stricken: incidents.map((incident, i) => {
      const cells = calm.with(deltas[i] ?? new HourlyCells(first, days + 3));
      if (incident.trouble === 'tracking') cells.clear(incident.stream ?? '', incident, ['engaged']);
      if (incident.trouble === 'silent') cells.clear(incident.stream ?? '', incident, null);
      return cells;
    }),
  };
}

export interface ToldHour {
  /** epoch ms: the full hour after which it was told */
  at: number;
  what: Alert['what'];
  finding: Finding;
}

/** Every alert of the hours from one to another, by the real looks and the real ledger's rules. */
export function toldBetween(cells: HourlyCells, from: number, to: number): ToldHour[] {
  const newest = new Map<string, Alert>();
  const told: ToldHour[] = [];
  for (let end = from; end <= to; end += HOUR_MS) {
    const look: Look = lookAtHours(cells.baseline(utcDate(end - 1)), cells.recent(end), end);
    for (const news of newsOf(newest, look)) {
      told.push({ at: end, what: news.what, finding: news.finding });
      const subject = nameOf(news.finding);
      newest.set(subject, { id: '', subject, n: 0, at: end, channels: [], ...news });
    }
  }
  return told;
}

export interface Score {
  /** days that were watched without an incident, and alerts that were raised in them */
  calmDays: number;
  made: ToldHour[];
  incidents: {
    incident: Incident;
    /** from when on there are data of it: the hour in which it had changed 20 counts */
    begun: number;
    /** hours from then until it was told; null: never */
    hours: number | null;
    /** hours from its end until that was told */
    ended: number | null;
    others: ToldHour[];
  }[];
}

const CHANGED = 20;

/** Hours after which an incident is not looked for any more. */
const LATEST = 24;

export function scoreOf(quarter: Quarter): Score {
  const incidents = incidentsOf(quarter);
  const { calm, stricken: each } = countedQuarter(quarter, incidents);
  const first = firstDayOfQuarter(quarter);
  const begin = first + WARM_UP_DAYS * DAY_MS;
  const made = toldBetween(calm, begin, first + quarter.days * DAY_MS).filter(({ what }) => what !== 'over');
  return {
    calmDays: quarter.days - WARM_UP_DAYS,
    made,
    incidents: incidents.map((incident, i) => {
      const cells = each[i] ?? calm;
      const told = toldBetween(cells, incident.from - 6 * HOUR_MS, incident.from + (incident.hours + LATEST) * HOUR_MS);
      const isIt = ({ finding }: ToldHour): boolean =>
        finding.trouble === incident.trouble &&
        finding.scope.provider === incident.provider &&
        finding.scope.stream === incident.stream;
      const found = told.find((one) => isIt(one) && one.what === 'opened' && one.at > incident.from);
      const begun = cells.differs(calm, incident.from, CHANGED) ?? incident.from;
      const over = told.find((one) => isIt(one) && one.what === 'over');
      return {
        incident,
        begun,
        hours: found ? (found.at - begun) / HOUR_MS : null,
        ended: over ? (over.at - incident.from) / HOUR_MS - incident.hours : null,
        others: told.filter((one) => !isIt(one) && one.what !== 'over'),
      };
    }),
  };
}

const wordsOf = ({ at, finding }: ToldHour): string =>
  `${new Date(at).toISOString().slice(0, 13)} ${finding.trouble} ${finding.scope.provider ?? finding.scope.stream ?? 'all'}: ${finding.says.compared}`;

function main(seeds: number, daily: number, days: number, first: number): void {
  let calmDays = 0;
  let made = 0;
  for (let seed = first; seed < first + seeds; seed++) {
    const begun = performance.now();
    const score = scoreOf({ seed, messages: daily * days, days });
    calmDays += score.calmDays;
    made += score.made.length;
    console.log(
      `seed ${seed}: ${score.made.length} false alarms in ${score.calmDays} days (${Math.round((performance.now() - begun) / 1000)} s)`,
    );
    for (const one of score.made) console.log(`  made up: ${wordsOf(one)}`);
    for (const { incident, begun, hours, ended, others } of score.incidents) {
      const { trouble, provider, stream } = incident;
      console.log(
        `  ${trouble} ${provider ?? stream} ${new Date(begun).toISOString().slice(0, 13)}: ${hours === null ? 'MISSED' : `found after ${hours} h`}, over ${ended === null ? 'not told' : `${ended} h after its end`}${others.length > 0 ? `; beside it ${others.map(wordsOf).join(' / ')}` : ''}`,
      );
      if (hours === null || hours > 2) process.exitCode = 1;
    }
  }
  console.log(`${made} false alarms in ${calmDays} days`);
  if (made > calmDays / 30) process.exitCode = 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [seeds = 20, daily = 10_000, days = 90, first = 1] = process.argv.slice(2).map(Number);
  main(seeds, daily, days, first);
}
