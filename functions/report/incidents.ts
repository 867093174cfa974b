/** Finds incidents: anomalous days of the same rate and scope that belong together. */
import { type Days, distance, later, type Period, within } from './period.ts';
import type { Row } from './rows.ts';
import { askByIdentity, type Filter, type ReportLake } from './scope.ts';

/** The rates that deliverability_anomalies looks at. */
export const METRICS = [
  'delivery_rate',
  'hard_bounce_rate',
  'soft_bounce_rate',
  'complaint_rate',
  'human_open_rate',
  'human_click_rate',
  'unsubscribe_rate',
] as const;
export type Metric = (typeof METRICS)[number];

/** A rate that got worse than the days before led to expect, for a day, several in a row, or again and again. */
export interface Incident extends Days {
  /** how many days of these it was */
  days: number;
  metric: Metric;
  /** null: all mail, not that to one provider */
  provider: string | null;
  /** providers that have it in common, if it is about all mail */
  providers: readonly string[];
  /** left out: of any */
  identity?: { domain: string; configurationSet: string | null };
  /** `campaign`, `journey` or `transactional` mail alone; left out: of any kind */
  kind?: string;
  /** what the rate counts and what it is of, as of the horizon; added up over the days */
  numerator: number;
  denominator: number;
  /** the rate that was expected, from 0 to 1; added up over the days, weighed by the denominator */
  expected: number;
  /** hours after the sending at which the days are compared */
  horizon: number;
  /** standard deviations from what was expected, of the gravest day */
  deviations: number;
}

/**
 * Days before the shown ones that are read too: what a day is compared with. The view takes 28 sendings, however long ago;
 * the report those within these days.
 */
const BASELINE_DAYS = 91;

/** The days that are read for those that are shown. @param first the first day with mail */
export function judgedDays(shown: Days, first = ''): Days {
  const from = later(shown.from, -BASELINE_DAYS);
  return { from: first > from ? first : from, to: shown.to };
}

/** Rows of the view that are looked at: more days out of the ordinary than that would be the ordinary. */
const MOST = 300;

export interface Found {
  /** the newest first, of one day the gravest first */
  incidents: Incident[];
  /** there was a day with enough mail, and enough days before it, to be compared with them */
  isJudged: boolean;
}

export async function findIncidents(
  lake: ReportLake,
  filter: Filter,
  { shown }: Pick<Period, 'shown'>,
): Promise<Found> {
  const ask = askByIdentity(lake, filter, judgedDays(shown));
  const rows = await ask(`select
    cast(send_date as varchar) as day,
    metric,
    mailbox_provider,
    from_domain,
    configuration_set,
    mail_kind,
    horizon_hours,
    numerator,
    denominator,
    expected_rate,
    abs(z_score) as deviations,
    is_anomaly and is_worse as is_incident
from deliverability_anomalies
where metric in (${METRICS.map((metric) => `'${metric}'`).join(', ')})
    and ${within('send_date', shown)}
order by is_incident desc, deviations desc, send_date, metric, mailbox_provider, from_domain, configuration_set, mail_kind
limit ${MOST}`);
  const found = rows.filter((row) => row.flag('is_incident')).map(incidentOf);
  const ofDays = [...Map.groupBy(found, ({ from }) => from)].sort(([a], [b]) => (a < b ? -1 : 1));
  const incidents = newestFirst(joined(ofDays.flatMap(([, ofDay]) => eachTroubleOnce(ofDay))));
  return { incidents, isJudged: rows.length > 0 };
}

function incidentOf(row: Row): Incident {
  const provider = row.text('mailbox_provider');
  const [domain, configurationSet, kind] = [
    row.text('from_domain'),
    row.text('configuration_set'),
    row.text('mail_kind'),
  ];
  return {
    metric: metricOf(row.text('metric')),
    provider: provider === 'all' ? null : provider,
    providers: [],
    ...(domain === 'all'
      ? {}
      : { identity: { domain, configurationSet: configurationSet === 'none' ? null : configurationSet } }),
    ...(kind === 'all' ? {} : { kind }),
    from: row.text('day'),
    to: row.text('day'),
    days: 1,
    numerator: row.number('numerator'),
    denominator: row.number('denominator'),
    expected: row.number('expected_rate'),
    horizon: row.number('horizon_hours'),
    deviations: row.number('deviations'),
  };
}

/** So many providers at once have nothing in common but the sender. */
export const MANY = 3;

/** What a bounce or an open that is missing makes of other rates. */
const ECHOES: Partial<Record<Metric, readonly Metric[]>> = {
  delivery_rate: ['hard_bounce_rate', 'soft_bounce_rate'],
  human_click_rate: ['human_open_rate'],
};

/**
 * One day's anomalies, each problem once: for the provider that has it and not for all mail, too, unless many have it;
 * of an identity or a kind of mail only where the mail of all of them doesn't show it; and as a bounce, not again as mail
 * that wasn't delivered.
 */
export function eachTroubleOnce(ofDay: readonly Incident[]): Incident[] {
  const causesOf = (metric: Metric): readonly Metric[] => [metric, ...(ECHOES[metric] ?? [])];
  const told: Incident[] = [];
  for (const isWider of [isOfAll, isOfAllKinds, () => true]) {
    const shown = ofDay.filter(
      (one) => isWider(one) && !told.some(({ metric }) => causesOf(one.metric).includes(metric)),
    );
    told.push(...onceWithin(shown, causesOf));
  }
  return told;
}

const isOfAllKinds = ({ kind }: Incident): boolean => kind === undefined;
const isOfAll = (one: Incident): boolean => isOfAllKinds(one) && one.identity === undefined;

function onceWithin(ofDay: readonly Incident[], causesOf: (metric: Metric) => readonly Metric[]): Incident[] {
  const has = (metric: Metric, { provider, ...of }: Pick<Incident, 'provider' | 'identity' | 'kind'>) =>
    ofDay.some((other) => other.metric === metric && other.provider === provider && isOfSameMail(other, of));
  const first = ofDay.filter((one) => !ECHOES[one.metric]?.some((cause) => has(cause, one)));
  return first.flatMap((incident) => {
    const { metric, provider } = incident;
    const causes = causesOf(metric);
    const providers = [
      ...new Set(
        ofDay
          .filter((other) => causes.includes(other.metric) && isOfSameMail(other, incident))
          .flatMap((other) => other.provider ?? []),
      ),
    ];
    const isShared = providers.length >= MANY && has(metric, { ...incident, provider: null });
    if (provider === null) return isShared || providers.length === 0 ? [{ ...incident, providers }] : [];
    return isShared ? [] : [incident];
  });
}

/** Of one identity and kind of mail, or of all alike. */
const isOfSameMail = (a: Pick<Incident, 'identity' | 'kind'>, b: Pick<Incident, 'identity' | 'kind'>): boolean =>
  a.kind === b.kind &&
  a.identity?.domain === b.identity?.domain &&
  a.identity?.configurationSet === b.identity?.configurationSet;

/** The same trouble on days in a row is one incident. `days`: ascending by date. */
export function joined(days: readonly Incident[]): Incident[] {
  const incidents: Incident[] = [];
  for (const day of days) {
    const last = incidents.find(
      (one) =>
        one.metric === day.metric &&
        one.provider === day.provider &&
        isOfSameMail(one, day) &&
        later(one.to, 1) === day.from,
    );
    if (last) add(last, day);
    else incidents.push({ ...day });
  }
  return incidents;
}

function add(to: Incident, later: Incident): void {
  const denominator = to.denominator + later.denominator;
  to.expected = (to.expected * to.denominator + later.expected * later.denominator) / denominator;
  to.to = later.to;
  to.days += later.days;
  to.numerator += later.numerator;
  to.denominator = denominator;
  to.deviations = Math.max(to.deviations, later.deviations);
  to.providers = [...new Set([...to.providers, ...later.providers])];
}

/** Days between two of them, at most, for one to be the other come back. */
const COMES_BACK = 7;

/**
 * A problem that comes back after some quiet days is one incident. `incidents`: the newest first, and so is what is
 * returned. Changes the older ones.
 */
export function withoutRepeats<T extends Incident>(incidents: readonly T[], isOneCause: (a: T, b: T) => boolean): T[] {
  const told: T[] = [];
  for (const incident of incidents.toReversed()) {
    const before = told.find(
      (other) =>
        other.metric === incident.metric &&
        other.provider === incident.provider &&
        isOfSameMail(other, incident) &&
        distance(other.to, incident.from) <= COMES_BACK &&
        isOneCause(other, incident),
    );
    if (before) add(before, incident);
    else told.push(incident);
  }
  return newestFirst(told);
}

const newestFirst = <T extends Incident>(incidents: T[]): T[] =>
  incidents.sort((a, b) => (a.to === b.to ? b.deviations - a.deviations : a.to < b.to ? 1 : -1));

/** Messages more, or fewer, than expected. */
export const excess = ({ numerator, denominator, expected }: Incident): number =>
  Math.abs(numerator - denominator * expected);

export const isBounce = ({ metric }: Incident): boolean =>
  metric === 'hard_bounce_rate' || metric === 'soft_bounce_rate' || metric === 'delivery_rate';

function metricOf(name: string): Metric {
  const metric = METRICS.find((known) => known === name);
  if (metric === undefined)
    throw new TypeError(`deliverability_anomalies has a metric that the report can't word: ${name}`);
  return metric;
}

/** Days on a chart, with the number that the text has for them; null for those that it doesn't tell. */
export interface Marked extends Days {
  number: number | null;
  metric: Metric;
  provider: string | null;
}

export const numbered = (incidents: readonly Incident[], told: number): Marked[] =>
  incidents.map(({ from, to, metric, provider }, i) => ({
    from,
    to,
    metric,
    provider,
    number: i < told ? i + 1 : null,
  }));
