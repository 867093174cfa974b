/** Finds what lies behind an incident: the server's answers, the domains, campaigns and IP addresses. */
import { withoutAddresses } from '#lake/decode/without-addresses.ts';
import { quoteText } from '#lake/sql/quote.ts';
import { excess, type Incident, isBounce } from './incidents.ts';
import { later } from './period.ts';
import type { Ask } from './rows.ts';
import { askAbout, type Filter, type ReportLake } from './scope.ts';

/** What lies behind an incident, as far as the lake can tell. */
export interface Cause {
  /** what was said most often to bounced mail, in words */
  answer: Answer | null;
  /** the From domain and the campaign that had most of it, if they had most of it and aren't the only ones anyway */
  domain: Share | null;
  campaign: Share | null;
}

export interface Answer {
  /** what most of the answers said, numbers and names aside; one of them, without addresses; null if none said anything */
  said: { diagnostic: string; times: number; of: number } | null;
  /** the sending address that most of them are about, if one has most of them */
  ip: Share | null;
  status: string | null;
  meaning: string;
  whatToDo: string | null;
}

export interface Share {
  name: string;
  /** of the messages that make the incident, from 0 to 1 */
  share: number;
}

/** Below this share no cause is named. */
export const MOST = 0.6;

export async function loadCauses(
  lake: ReportLake,
  filter: Filter,
  incidents: readonly Incident[],
): Promise<Map<Incident, Cause>> {
  const causes = new Map<Incident, Cause>();
  for (const incident of incidents) {
    const sent = askAbout(lake, filter, incident);
    // Bounces of a send day come in on the same day and the next.
    const happened = askAbout(lake, filter, { from: incident.from, to: later(incident.to, 1) });
    causes.set(incident, {
      answer: isBounce(incident) ? await answerOf(happened, incident) : null,
      domain:
        filter.domain === undefined && incident.identity === undefined
          ? await shareOf(sent, incident, 'from_domain')
          : null,
      campaign: filter.campaign === undefined ? await shareOf(sent, incident, 'campaign_id') : null,
    });
  }
  return causes;
}

/** Which mail it is about, by columns that bounce_diagnostics, email_events and deliverability_facts all have. */
function isAt({ provider, identity, kind }: Incident): string {
  const conditions = [
    ...(provider === null ? [] : [`mailbox_provider = ${quoteText(provider)}`]),
    ...(identity === undefined
      ? []
      : [
          identity.domain === UNKNOWN ? 'from_domain is null' : `from_domain = ${quoteText(identity.domain)}`,
          identity.configurationSet === null
            ? 'configuration_set is null'
            : `configuration_set = ${quoteText(identity.configurationSet)}`,
        ]),
    ...(kind === undefined ? [] : [`campaign_id is ${kind === 'campaign' ? 'not ' : ''}null`]),
  ];
  return conditions.join(' and ') || 'true';
}

/** What deliverability_anomalies says where it knows no domain. */
const UNKNOWN = 'unknown';

export async function answerOf(ask: Ask, incident: Incident): Promise<Answer | null> {
  const [row] = await ask(`select
    enhanced_status,
    max(meaning) as meaning,
    max(what_to_do) as what_to_do
from bounce_diagnostics
where bounces > 0 and ${isAt(incident)}
group by enhanced_status
order by sum(bounces) desc, enhanced_status
limit 1`);
  const meaning = row?.maybeText('meaning');
  if (!row || !meaning) return null;
  return {
    status: row.maybeText('enhanced_status'),
    meaning,
    whatToDo: row.maybeText('what_to_do'),
    ...(await saidIn(ask, bouncesOf(incident))),
  };
}

/** What was said most often in events that SQL names, and the sending address that it is about. */
export const saidIn = async (ask: Ask, events: string): Promise<Pick<Answer, 'said' | 'ip'>> => ({
  said: await mostSaid(ask, events),
  ip: await mostNamed(ask, events),
});

const bouncesOf = (incident: Incident): string => `event_type in (
        'hard_bounce',
        'soft_bounce',
        'undetermined_bounce'
    ) and not is_suppressed and diagnostic_code is not null and ${isAt(incident)}`;

/** Answers of one kind differ in queue ids, times and addresses: words with a digit or an @ in them. */
async function mostSaid(ask: Ask, events: string): Promise<Answer['said']> {
  const [row] = await ask(`with answers as (
    select
        regexp_replace(diagnostic_code, '[^ ]*[0-9@][^ ]*', '#') as kind,
        min(regexp_replace(diagnostic_code, '[^ <>"]+@[^ <>"]+', '<address>')) as diagnostic,
        count(*) as times
    from email_events
    where ${events}
    group by 1
)
select diagnostic, times, cast(sum(times) over () as bigint) as all_times
from answers
order by times desc, diagnostic
limit 1`);
  if (!row) return null;
  return {
    diagnostic: withoutAddresses(row.text('diagnostic')),
    times: row.number('times'),
    of: row.number('all_times'),
  };
}

/** The address that the mail went out from, else the one that the answer names. */
async function mostNamed(ask: Ask, events: string): Promise<Share | null> {
  const [row] = await ask(`with bounces as (
    select coalesce(
        outgoing_ip,
        regexp_extract(diagnostic_code, '(^|[^0-9.])([0-9]{1,3}[.][0-9]{1,3}[.][0-9]{1,3}[.][0-9]{1,3})($|[^0-9.])', 2)
    ) as ip
    from email_events
    where ${events}
)
select ip, count(*) as times, cast(sum(count(*)) over () as bigint) as all_times
from bounces
group by ip
order by ip is null, times desc, ip
limit 1`);
  const ip = row?.maybeText('ip');
  if (!row || !ip) return null;
  const share = row.number('times') / Math.max(1, row.number('all_times'));
  return share >= MOST ? { name: ip, share } : null;
}

/** Messages that a rate got worse by, of those that deliverability_facts counts. */
const CASES: Record<Incident['metric'], string> = {
  delivery_rate: 'observed_sent - observed_delivered',
  hard_bounce_rate: 'hard_bounces',
  soft_bounce_rate: 'soft_bounces',
  complaint_rate: 'feedback_complaints',
  human_open_rate: 'open_trackable - unique_human_opens',
  human_click_rate: 'click_trackable - unique_human_clicks',
  unsubscribe_rate: 'unsubscribes',
};

async function shareOf(ask: Ask, incident: Incident, column: 'from_domain' | 'campaign_id'): Promise<Share | null> {
  // A value that is missing here can't be distinguished from one that is always missing.
  if (incident.metric === 'human_open_rate' || incident.metric === 'human_click_rate') return null;
  const [first, ...others] = await ask(`select
    ${column} as name,
    cast(sum(${CASES[incident.metric]}) as bigint) as cases,
    cast(sum(sum(${CASES[incident.metric]})) over () as bigint) as all_cases
from deliverability_facts
where sent > 0 and ${isAt(incident)}
group by ${column}
order by cases desc, ${column}
limit 2`);
  const name = first?.maybeText('name');
  if (!first || !name || others.length === 0 || excess(incident) === 0) return null;
  const share = first.number('cases') / Math.max(1, first.number('all_cases'));
  return share >= MOST ? { name, share } : null;
}
