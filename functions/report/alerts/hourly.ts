/**
 * What the hours just past tell, without waiting for a rollup: a provider that refuses or puts off the mail, complaints, a
 * tracking domain that doesn't answer, a source that has gone silent.
 *
 * Each is compared with the four weeks before, and must be both grave and next to impossible by chance: at 10,000 mails a day
 * some 10,000 such comparisons are made in a month. The bars are shown on generated quarters (test/README.md).
 */
import { count, percent } from '#host/figures.ts';
import { HOUR_MS, utcDate } from '#lake/days.ts';
import { MANY } from '../incidents.ts';
import { weekday } from '../numbers.ts';
import { providerName } from '../providers.ts';
import { listed } from '../wording.ts';
import { atLeast, atMost } from './chance.ts';
import { type Baseline, type HourCounts, hourOfWeek } from './counts.ts';
import { ADVICE, bounceQuery, equals } from './daily.ts';
import { type Finding, type Look, nameOf, rarity, type Scope, type Subject, type Trouble } from './finding.ts';

/** Below it a look says nothing. */
const LEAST_DAYS = 14;
/** What chance would do less often than that is told. */
const IMPROBABLE = 1e-6;
/** By how much an hour's rates differ from each other by more than chance: its standard deviation, as share of them. */
const SPREAD = 0.5;
/** A window, in hours: the shortest in which it shows is told. */
const RATE_WINDOWS = [1, 2, 3, 6, 12] as const;
const TRACKING_WINDOWS = [1, 2, 3] as const;
/** One hour without events may be a source that is late. */
const SILENT_WINDOWS = [2, 3, 4, 6, 8, 12] as const;

type RateTrouble = 'refused' | 'deferred' | 'complaints';

/** How grave a rate must be: messages, and how many times what is expected; at least the share. */
const BARS: Readonly<Record<RateTrouble, { cases: number; times: number; share: number }>> = {
  refused: { cases: 8, times: 4, share: 0.08 },
  deferred: { cases: 12, times: 4, share: 0.15 },
  complaints: { cases: 6, times: 4, share: 0 },
};
const RATE_TROUBLES = ['refused', 'deferred', 'complaints'] as const;

/** Mean hours from the delivery of a mail to a complaint about it. */
const COMPLAINT_HOURS = 8;

/** What a window counts of a provider's mail, and what of it was expected. */
interface Rate {
  cases: number;
  of: number;
  expected: number;
}

/** An hourly finding, before it is put into words that need more questions. */
export interface HourlyFinding extends Finding {
  /** hours, which end with the look */
  window: number;
}

/** @param end epoch ms, on the full hour: `recent` has all hours before it */
export function lookAtHours(
  baseline: Baseline,
  recent: readonly HourCounts[],
  end: number,
): Omit<Look, 'findings'> & { findings: HourlyFinding[] } {
  if (baseline.days < LEAST_DAYS) return { findings: [], whyOver: () => null };
  const hours = recent.filter(({ hour }) => hour < end);
  const byProvider = Map.groupBy(hours, ({ provider }) => provider);
  const byStream = Map.groupBy(hours, ({ stream }) => stream);
  const streams = Object.entries(baseline.streams).filter(([, { least }]) => least.some((events) => events > 0));
  const silent = allAtOnce(
    streams.flatMap(([stream, of]) => silence(stream, of.least)),
    streams.length,
  );
  const providers = Object.keys(baseline.providers);
  const findings = [
    ...RATE_TROUBLES.flatMap((trouble) =>
      manyAtOnce(
        trouble,
        providers.flatMap((provider) => rateFinding(trouble, provider)),
      ),
    ),
    ...Object.entries(baseline.streams).flatMap(([stream, of]) => tracking(stream, of)),
    ...silent,
  ];
  return { findings, whyOver };

  /** Sums over the hours of a window, of what is asked for. */
  function sum(name: Exclude<keyof HourCounts, 'hour' | 'stream' | 'provider'>, window: number, of: Scope): number {
    let total = 0;
    for (const row of rowsOf(of)) if (row.hour >= end - window * HOUR_MS) total += row[name];
    return total;
  }

  function rowsOf({ provider, stream }: Scope): readonly HourCounts[] {
    if (provider !== undefined) return byProvider.get(provider) ?? [];
    return stream === undefined ? hours : (byStream.get(stream) ?? []);
  }

  function rateOf(trouble: RateTrouble, provider: string, window: number): Rate {
    const before = baseline.providers[provider] ?? { delivered: 0, bounced: 0, delayed: 0, complained: 0 };
    const at = { provider };
    const arrived = sum('delivered', window, at);
    const bounced = sum('bounced', window, at);
    const tried = before.delivered + before.bounced;
    if (trouble === 'complaints') {
      const rate = (before.complained + 0.5) / (before.delivered + 1);
      return {
        cases: sum('complained', window, at),
        of: sum('delivered', 24, at),
        expected: rate * complaining(provider, window),
      };
    }
    if (trouble === 'refused') {
      const of = arrived + bounced;
      return { cases: bounced, of, expected: (of * (before.bounced + 0.5)) / (tried + 1) };
    }
    const delayed = sum('delayed', window, at);
    const of = arrived + bounced + delayed;
    return { cases: delayed, of, expected: (of * (before.delayed + 0.5)) / (tried + before.delayed + 1) };
  }

  /** Mails whose complaints are due in a window: each as long after its delivery as complaints usually are. */
  function complaining(provider: string, window: number): number {
    const from = end - window * HOUR_MS;
    let due = 0;
    for (const row of rowsOf({ provider })) {
      const passed = (until: number): number =>
        1 - Math.exp(-Math.max(0, until - row.hour) / HOUR_MS / COMPLAINT_HOURS);
      due += row.delivered * (passed(end) - passed(from));
    }
    const usual = ((baseline.providers[provider]?.delivered ?? 0) / baseline.days / 24) * window;
    return Math.max(due, usual / 2);
  }

  function rateFinding(trouble: RateTrouble, provider: string): HourlyFinding[] {
    const bar = BARS[trouble];
    for (const window of RATE_WINDOWS) {
      const { cases, of, expected } = rateOf(trouble, provider, window);
      if (cases < bar.cases || cases < bar.times * expected || cases < bar.share * of) continue;
      const p = atLeast(cases, expected, SPREAD);
      if (p <= IMPROBABLE) return [rateWords(trouble, [provider], { cases, of, expected }, window, p)];
    }
    return [];
  }

  /** What many providers do at once is not theirs. */
  function manyAtOnce(trouble: RateTrouble, found: HourlyFinding[]): HourlyFinding[] {
    if (found.length < MANY) return found;
    const window = Math.max(...found.map((one) => one.window));
    const names = found.flatMap(({ scope }) => scope.provider ?? []);
    const rates = names.map((name) => rateOf(trouble, name, window));
    const total = { cases: 0, of: 0, expected: 0 };
    for (const { cases, of, expected } of rates) {
      total.cases += cases;
      total.of += of;
      total.expected += expected;
    }
    return [rateWords(trouble, names, total, window, atLeast(total.cases, total.expected, SPREAD))];
  }

  function rateWords(trouble: RateTrouble, names: string[], rate: Rate, window: number, p: number): HourlyFinding {
    const { cases, of, expected } = rate;
    const [first = ''] = names;
    const scope: Scope = names.length > 1 ? {} : { provider: first };
    const who = listed(names.map((name) => (name === 'other' ? 'smaller mailbox providers' : providerName(name))));
    const share = percent(cases / Math.max(of, 1));
    const days = { from: utcDate(end - window * HOUR_MS), to: utcDate(end - 1) };
    const what = {
      refused: `${who} turned away ${share} of the mail that came there`,
      deferred: `${who} put off ${share} of the mail that came there`,
      complaints: `${count(cases)} recipients at ${who} complained`,
    }[trouble];
    const compared =
      trouble === 'complaints'
        ? `${count(cases)} complaints, where ${rounded(expected)} were expected`
        : `${count(cases)} of ${count(of)}, where ${percent(expected / Math.max(of, 1))} was expected`;
    const on = `event_date between date '${days.from}' and date '${days.to}'${equals('mailbox_provider', scope.provider)}`;
    return finding({ trouble, scope }, window, rate, p, {
      headline: what,
      compared,
      todo: ADVICE[trouble] ?? HOURLY_ADVICE[trouble] ?? null,
      query: {
        refused: bounceQuery(scope, days),
        deferred: `select event_date, mailbox_provider, from_domain, delay_type, what_to_do, example_diagnostic, delayed from delivery_delays_daily where ${on} order by delayed desc limit 20`,
        complaints: `select * from complaints_daily where ${on} order by complaints desc limit 20`,
      }[trouble],
      level: trouble === 'complaints' || cases / Math.max(of, 1) >= 0.25 ? 'critical' : 'warning',
    });
  }

  /** Opens and clicks that were expected of what was delivered in the day before each hour, by the hour of the day. */
  function engagement(
    stream: string,
    { delivered, engaged }: Baseline['streams'][string],
    window: number,
  ): Rate & { arrived: number } {
    let expected = 0;
    for (let hour = end - window * HOUR_MS; hour < end; hour += HOUR_MS) {
      const mails = rowsOf({ stream })
        .filter((row) => row.hour < hour && row.hour >= hour - 24 * HOUR_MS)
        .reduce((total, row) => total + row.delivered, 0);
      expected += (leastAround(engaged, (hour / HOUR_MS) % 24) / Math.max(1, delivered)) * mails;
    }
    const arrived = sum('delivered', window, { stream });
    return { cases: sum('engaged', window, { stream }), of: sum('delivered', 24, { stream }), expected, arrived };
  }

  function tracking(stream: string, of: Baseline['streams'][string]): HourlyFinding[] {
    for (const window of TRACKING_WINDOWS) {
      const rate = engagement(stream, of, window);
      // Where nothing is delivered either, the source is silent.
      if (rate.arrived < LEAST_ARRIVED || rate.cases > LEFT_OF_TRACKING * rate.expected) continue;
      const p = atMost(rate.cases, UNSURE * rate.expected);
      if (p > IMPROBABLE) continue;
      return [
        finding({ trouble: 'tracking', scope: { stream } }, window, rate, p, {
          headline: `mail of ${stream} was hardly opened or clicked, though it is delivered`,
          compared: `${count(rate.cases)} opens and clicks, where ${rounded(rate.expected)} were expected`,
          todo: HOURLY_ADVICE.tracking ?? null,
          query: `select event_date, source, event_type, events, expected_events from event_volume_daily where event_date >= date '${utcDate(end - 7 * 24 * HOUR_MS)}' and event_type in ('open', 'click') order by event_date desc`,
          level: 'critical',
        }),
      ];
    }
    return [];
  }

  function silence(stream: string, least: readonly number[]): HourlyFinding[] {
    for (const window of SILENT_WINDOWS) {
      const events = sum('mailed', window, { stream });
      if (events > 0) return [];
      const expected = usual(least, window);
      const p = atMost(0, UNSURE * expected);
      if (p > IMPROBABLE) continue;
      return [silenceWords([stream], expected, window, p)];
    }
    return [];
  }

  function usual(least: readonly number[], window: number): number {
    let total = 0;
    for (let hour = end - window * HOUR_MS; hour < end; hour += HOUR_MS) {
      const at = hourOfWeek(hour);
      // What goes out once a week may be left out for once: only what comes on most days is missed.
      const ofDays = Array.from({ length: 7 }, (_, day) => leastAround(least, (at % 24) + 24 * day)).sort(
        (a, b) => a - b,
      );
      total += Math.min(leastAround(least, at), ofDays[3] ?? 0);
    }
    return total;
  }

  /** If none of several streams has events, it is what they have in common. */
  function allAtOnce(found: HourlyFinding[], streams: number): HourlyFinding[] {
    if (found.length < 2 || recentStreams().size > 0 || streams === 0) return found;
    const window = Math.max(...found.map((one) => one.window));
    const expected = found.reduce((total, one) => total + one.expected, 0);
    return [silenceWords([], expected, window, atMost(0, UNSURE * expected))];
  }

  function recentStreams(): Set<string | null> {
    return new Set(hours.filter(({ hour }) => hour >= end - 2 * HOUR_MS).map(({ stream }) => stream));
  }

  function silenceWords([stream]: string[], expected: number, window: number, p: number): HourlyFinding {
    return finding(
      { trouble: 'silent', scope: stream === undefined ? {} : { stream } },
      window,
      { cases: 0, of: 0, expected },
      p,
      {
        headline: `no mail${stream === undefined ? '' : ` of ${stream}`} was sent, delivered or bounced`,
        compared: `in each of the four weeks before there were at least ${rounded(expected)} such events in these hours`,
        todo: HOURLY_ADVICE.silent ?? null,
        query: `select event_date, source, event_type, events, expected_events from event_volume_daily where event_date >= date '${utcDate(end - 7 * 24 * HOUR_MS)}' order by event_date desc, events desc`,
        level: 'critical',
      },
    );
  }

  interface Words {
    headline: string;
    compared: string;
    todo: string | null;
    query: string;
    level: Finding['level'];
  }

  function finding(
    subject: Subject,
    window: number,
    { cases, of, expected }: Rate,
    p: number,
    words: Words,
  ): HourlyFinding {
    const { headline, level, ...says } = words;
    const since = end - window * HOUR_MS;
    return {
      ...subject,
      window,
      level,
      since,
      until: end - HOUR_MS,
      counted: cases,
      of,
      expected,
      says: {
        ...says,
        headline: `${hoursInWords(since, end)} ${headline}`,
        whose: null,
        why: null,
        said: null,
        sure: rarity(p, 'hours'),
      },
    };
  }

  function whyOver(open: Finding): string | null {
    const { trouble, scope } = open;
    if (findings.some((one) => nameOf(one) === nameOf(open))) return null;
    if (scope.domain !== undefined || scope.kind !== undefined) return null;
    if (isRateTrouble(trouble)) return calm(trouble, scope.provider === undefined ? providers : [scope.provider]);
    const of = scope.stream === undefined ? undefined : baseline.streams[scope.stream];
    if (trouble === 'silent') {
      const events = sum('mailed', 1, scope.stream === undefined ? {} : { stream: scope.stream });
      return events > 0 ? `${count(events)} events came in the last hour` : null;
    }
    if (trouble !== 'tracking' || of === undefined || scope.stream === undefined) return null;
    const { cases, expected } = engagement(scope.stream, of, 1);
    return cases >= BACK && cases >= expected / 3 ? `${count(cases)} opens and clicks came in the last hour` : null;
  }

  /** Enough mail, and a rate that is far from the bar. */
  function calm(trouble: RateTrouble, names: readonly string[]): string | null {
    const total = { cases: 0, of: 0, expected: 0 };
    for (const name of names) {
      const rate = rateOf(trouble, name, CALM_HOURS);
      total.cases += rate.cases;
      total.of += rate.of;
      total.expected += rate.expected;
    }
    const { cases, of, expected } = total;
    if (of < BACK || cases > Math.max(2 * expected, 0.02 * of, 1)) return null;
    return trouble === 'complaints'
      ? `${count(cases)} complaints came in the last ${CALM_HOURS} hours`
      : `${count(cases)} of ${count(of)} mails of the last ${CALM_HOURS} hours`;
  }
}

const isRateTrouble = (trouble: Trouble): trouble is RateTrouble => RATE_TROUBLES.some((one) => one === trouble);

/** Opens and clicks that are left when the tracking domain doesn't answer: caches of proxies have some. */
const LEFT_OF_TRACKING = 0.1;
/** What is expected may be so many times too much. */
const UNSURE = 0.3;
const LEAST_ARRIVED = 5;
/** So many make a state that is over. */
const BACK = 20;
const CALM_HOURS = 3;

const HOURLY_ADVICE: Partial<Record<Trouble, string>> = {
  refused: 'Stop sending to it until the answers of its servers are understood.',
  deferred: 'Send to it more slowly, and read what its servers say; mail is given up after some hours.',
  tracking:
    'Open a link of a recent mail: does its tracking domain answer, with a valid certificate? Look at its DNS record and at the tracking options of the configuration set.',
  silent:
    'Was mail sent? Does it name the configuration set, is the event destination on, does Firehose deliver? Look at data_freshness and at the pipeline’s alarms.',
};

const rounded = (n: number): string => (n < 10 ? n.toFixed(1) : count(Math.round(n)));

/** The least of an hour and its neighbours: clocks go forward and back, and mail that goes out at a time of day with them. */
const leastAround = (hours: readonly number[], at: number): number =>
  Math.min(...[at - 1, at, at + 1].map((one) => hours.at(one % hours.length) ?? 0));

/** `On Tuesday 6 October, 06:00 to 08:00 UTC,` */
function hoursInWords(from: number, to: number): string {
  const time = (at: number): string => new Date(at).toISOString().slice(11, 16);
  const [first, last] = [utcDate(from), utcDate(to)];
  const until = first === last ? time(to) : `${weekday(last)}, ${time(to)}`;
  return `On ${weekday(first)}, ${time(from)} to ${until} UTC,`;
}
