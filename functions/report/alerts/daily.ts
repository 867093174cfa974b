/** What the days tell, when a rollup has ended: rates out of the ordinary, and limits that are passed. */
import { count, percent } from '#host/figures.ts';
import { DAY_MS, startOfDay, utcDate } from '#lake/days.ts';
import { quoteText } from '#lake/sql/quote.ts';
import { type Cause, loadCauses } from '../causes.ts';
import { findIncidents, type Incident, isBounce, METRICS, type Metric } from '../incidents.ts';
import { weekday } from '../numbers.ts';
import { type Days, distance, later, within } from '../period.ts';
import { askAbout, askByIdentity, type ReportLake } from '../scope.ts';
import { type AccountStanding, loadStandings, type Standing } from '../standing.ts';
import type { Threshold, Thresholds } from '../thresholds.ts';
import { worded } from '../wording.ts';
import { type Finding, type Look, nameOf, rarity, type Scope, type Subject, type Trouble } from './finding.ts';

/** Send days that are looked at: mail of a kind that pauses for longer has no news. */
const SHOWN_DAYS = 14;
/** A send day is judged when the last of its mail is a day old. */
const JUDGED_AFTER_MS = 2 * DAY_MS;
/** What limits are compared with are the latest sends, if they are not older. */
const STANDING_DAYS = 91;

const TROUBLES: Readonly<Record<Metric, Trouble>> = {
  delivery_rate: 'refused',
  hard_bounce_rate: 'refused',
  soft_bounce_rate: 'refused',
  complaint_rate: 'complaints',
  human_open_rate: 'opens',
  human_click_rate: 'clicks',
  unsubscribe_rate: 'unsubscribes',
};

/** @param now epoch ms: the day that it is, or was */
export async function lookAtDays(lake: ReportLake, thresholds: Thresholds, now: number): Promise<Look> {
  const today = utcDate(now);
  const to = utcDate(now - JUDGED_AFTER_MS);
  const shown = { from: later(to, -SHOWN_DAYS), to };
  const { incidents } = await findIncidents(lake, {}, { shown });
  const judged = await newestJudged(lake, shown);
  const lasting = incidents.filter((one) => one.to >= (judged.get(seriesOf(one)) ?? ''));
  const causes = await loadCauses(lake, {}, lasting);
  const ask = askAbout(lake, {}, { from: later(today, -STANDING_DAYS), to: today });
  const accounts = await loadStandings(ask);
  const identities = await loadStandings(ask, 'identity');
  const found = [
    // Of one subject the gravest: findIncidents has it first.
    ...lasting.map((incident) => rateFinding(incident, causes.get(incident))),
    ...[...accounts, ...worseThanTheirs(identities, accounts)].flatMap((one) => standingFindings(one, thresholds, now)),
  ];
  const findings = [...new Map(found.toReversed().map((one) => [nameOf(one), one])).values()].reverse();
  return { findings, whyOver };

  function whyOver(open: Finding): string | null {
    if (findings.some((one) => nameOf(one) === nameOf(open))) return null;
    const status = STATUSES[open.trouble];
    if (status !== undefined) {
      const standing = [...accounts, ...identities].find(
        (one) => nameOf({ ...open, scope: scopeOf(one) }) === nameOf(open),
      )?.[status];
      return standing?.status === 'ok' ? `it is ${percent(standing.rate)} of the latest mail now` : null;
    }
    const metrics = METRICS.filter((metric) => TROUBLES[metric] === open.trouble);
    const newest = metrics
      .flatMap((metric) => judged.get([metric, ...placeOf(open.scope)].join('\n')) ?? [])
      .sort()
      .at(-1);
    if (metrics.length === 0) return null;
    if (newest !== undefined && newest > utcDate(open.until))
      return `the mail of ${weekday(newest)} did as was expected`;
    const silent = distance(utcDate(open.until), to);
    return silent > SHOWN_DAYS ? `for ${silent} days there was too little such mail to tell` : null;
  }
}

const STATUSES: Partial<Record<Trouble, 'bounces' | 'complaints'>> = {
  bounce_status: 'bounces',
  complaint_status: 'complaints',
};

/** By series the newest day that had enough mail to be judged. */
async function newestJudged(lake: ReportLake, shown: Days): Promise<Map<string, string>> {
  const ask = askByIdentity(lake, {}, { from: later(shown.from, -STANDING_DAYS), to: shown.to });
  const rows = await ask(`select metric, mailbox_provider, from_domain, configuration_set, mail_kind,
    cast(max(send_date) as varchar) as day
from deliverability_anomalies
where ${within('send_date', shown)}
group by 1, 2, 3, 4, 5`);
  const series = ['metric', 'mailbox_provider', 'from_domain', 'configuration_set', 'mail_kind'];
  return new Map(rows.map((row) => [series.map((name) => row.text(name)).join('\n'), row.text('day')]));
}

const seriesOf = (incident: Incident): string => [incident.metric, ...placeOf(scopeOfIncident(incident))].join('\n');

/** As deliverability_anomalies names it. */
const placeOf = ({ provider = 'all', domain = 'all', configurationSet = 'all', kind = 'all' }: Scope): string[] => [
  provider,
  domain,
  configurationSet,
  kind,
];

const scopeOfIncident = ({ provider, identity, kind }: Incident): Scope => ({
  ...(provider === null ? {} : { provider }),
  ...(identity === undefined ? {} : { domain: identity.domain, configurationSet: identity.configurationSet ?? 'none' }),
  ...(kind === undefined ? {} : { kind }),
});

/** Mail that mostly doesn't arrive is not to wait for. */
const CRITICAL_SHARE = 0.25;

function rateFinding(incident: Incident, cause: Cause | undefined): Finding {
  const { metric, from, to, numerator, denominator, expected, deviations } = incident;
  const { when, what, compared, whose, why, said, todo } = worded(incident, cause);
  const missing = metric === 'delivery_rate' ? denominator - numerator : numerator;
  const scope = scopeOfIncident(incident);
  const trouble = TROUBLES[metric];
  return {
    trouble,
    scope,
    level: isBounce(incident) && missing / denominator >= CRITICAL_SHARE ? 'critical' : 'warning',
    since: startOfDay(from),
    until: startOfDay(to),
    counted: numerator,
    of: denominator,
    expected: denominator * expected,
    says: {
      headline: `${when} ${what}`,
      compared,
      whose,
      why,
      said,
      todo: todo ?? ADVICE[trouble] ?? null,
      // Mills: the normal density over z is above the tail.
      sure: rarity(Math.exp((-deviations * deviations) / 2) / (deviations * Math.sqrt(2 * Math.PI)), 'days'),
      query: isBounce(incident)
        ? bounceQuery(scope, { from, to: later(to, 1) })
        : `select * from deliverability_anomalies where metric = '${metric}' and ${within('send_date', { from, to })} order by abs(z_score) desc limit 20`,
    },
  };
}

/** What to do where servers have said nothing. */
export const ADVICE: Partial<Record<Trouble, string>> = {
  complaints:
    'Stop the campaign that they are about, and look at whom it was sent to and whether they had asked for it.',
  opens: 'Look at a mail of these days in the inbox: is it among spam, and do its pictures load?',
  clicks: 'Click on the links of a mail of these days: do they lead where they should?',
  unsubscribes: 'Look at what was sent that day, to whom, and how often they get mail.',
  bounce_status:
    'Find the addresses that bounce (suppression_candidates) and stop sending to them; SES pauses accounts.',
  complaint_status: 'Find the campaigns that are complained about (complaints_daily); SES pauses accounts.',
};

export const bounceQuery = ({ provider, domain }: Scope, days: Days): string =>
  `select event_date, mailbox_provider, from_domain, campaign_id, outgoing_ip, enhanced_status, what_to_do, example_diagnostic, bounces from bounce_diagnostics where ${within('event_date', days)}${equals('mailbox_provider', provider)}${equals('from_domain', domain)} order by bounces desc limit 20`;

export const equals = (column: string, value: string | undefined): string =>
  value === undefined || value === 'unknown' ? '' : ` and ${column} = ${quoteText(value)}`;

const RANKS = ['not_observable', 'ok', 'warning', 'critical'] as const;

/** Identities that stand worse than their account does: else it is told of the account alone. */
function worseThanTheirs(
  identities: readonly AccountStanding[],
  accounts: readonly AccountStanding[],
): AccountStanding[] {
  const rank = (of: Standing | undefined): number => RANKS.indexOf(of?.status ?? 'not_observable');
  return identities.map((one) => {
    const whole = accounts.find(({ account, region }) => account === one.account && region === one.region);
    const unless = (of: 'bounces' | 'complaints'): Standing =>
      rank(one[of]) > rank(whole?.[of]) ? one[of] : { ...one[of], status: 'ok' };
    return { ...one, bounces: unless('bounces'), complaints: unless('complaints') };
  });
}

const scopeOf = ({ account, region, identity }: AccountStanding): Scope => ({
  account: account ?? 'unknown',
  region: region ?? 'unknown',
  ...(identity ? { domain: identity.domain ?? 'unknown', configurationSet: identity.configurationSet ?? 'none' } : {}),
});

function standingFindings(standing: AccountStanding, { bounce, complaint }: Thresholds, now: number): Finding[] {
  const { bounces, complaints } = standing;
  return [
    ...standingFinding({ trouble: 'bounce_status', scope: scopeOf(standing) }, bounces, bounce, now),
    ...standingFinding({ trouble: 'complaint_status', scope: scopeOf(standing) }, complaints, complaint, now),
  ];
}

function standingFinding(
  { trouble, scope }: Subject,
  { status, counted, mails, rate }: Standing,
  limits: readonly Threshold[],
  now: number,
): Finding[] {
  const passed = limits.filter((limit) => rate !== null && rate >= limit.rate).at(-1);
  if ((status !== 'warning' && status !== 'critical') || rate === null || passed === undefined) return [];
  const who =
    scope.domain === undefined
      ? `the account ${scope.account} in ${scope.region}`
      : `mail from ${scope.domain}${scope.configurationSet === 'none' ? '' : ` (${scope.configurationSet})`}`;
  const at = startOfDay(utcDate(now));
  return [
    {
      trouble,
      scope,
      level: status,
      since: at,
      until: at,
      counted,
      of: mails,
      expected: mails * passed.rate,
      says: {
        headline: `${trouble === 'bounce_status' ? 'Hard bounces' : 'Complaints'} of ${who} are past a limit: ${percent(rate)} of the latest ${count(mails)} mails`,
        compared: `${count(counted)} of ${count(mails)}; the limit is ${passed.label}`,
        whose: null,
        why: null,
        said: null,
        todo: ADVICE[trouble] ?? null,
        sure: 'The lower end of the rate’s 95% interval is past a limit of SES, too.',
        query: `select * from reputation_status where status in ('warning', 'critical')`,
      },
    },
  ];
}
