/** The section at the top: incidents in words, and limits that are near or passed. */
import { count, counted, percent } from '#host/figures.ts';
import type { Cause } from '../causes.ts';
import { html, type Markup } from '../html.ts';
import type { Found, Incident } from '../incidents.ts';
import { percentTick } from '../numbers.ts';
import type { Section } from '../page.ts';
import type { Period } from '../period.ts';
import { HOW_TO_PUBLISH, type Unpublished, unpublishedWords } from '../published.ts';
import type { AccountStanding, Standing } from '../standing.ts';
import type { Threshold, Thresholds } from '../thresholds.ts';
import { badged, type Verdict } from '../verdict.ts';
import { type Wording, worded } from '../wording.ts';

/** Incidents that are described one by one. If there are more, it is a lasting state rather than incidents. */
export const TOLD = 8;

/** What a reader must know who reads nothing else. */
export interface Summary {
  incidents: readonly Told[];
  /** how many there are that are not told */
  more: number;
  /** said in their place where there are none; null: there are some */
  calm: string | null;
  /** how the sender stands against the limits */
  standings: readonly Verdict[];
}

/** An incident in words. */
export interface Told extends Wording {
  /** before the period that the report is about */
  isEarlier: boolean;
}

export function summaryOf(
  { incidents, isJudged }: Found,
  causes: ReadonlyMap<Incident, Cause>,
  accounts: readonly AccountStanding[],
  period: Period,
  thresholds: Thresholds,
): Summary {
  return {
    incidents: incidents
      .slice(0, TOLD)
      .map((incident) => ({ isEarlier: incident.to < period.from, ...worded(incident, causes.get(incident)) })),
    more: Math.max(0, incidents.length - TOLD),
    calm: incidents.length > 0 ? null : isJudged ? CALM : UNJUDGED,
    standings: [...standings(accounts, thresholds)],
  };
}

export function summarySection(
  { incidents, more, calm, standings }: Summary,
  unpublished: readonly Unpublished[],
): Section {
  const markup = html`
<section aria-labelledby="summary">
<h2 id="summary">What stands out</h2>
${
  incidents.length > 0 &&
  html`<ol class="incidents">
${incidents.map((incident, i) => told(incident, i + 1))}</ol>`
}
${more > 0 && html`<p class="note">${counted(more, 'more incident')}: marked on the charts below.</p>`}
${calm !== null && html`<p class="calm">${calm}</p>`}
<ul class="standing">
${standings.map((standing) => html`<li>${badged(standing)}</li>`)}
</ul>
${unpublished.length > 0 && html`<p class="note">Not observable: ${unpublished.map((one, at) => html`${at > 0 && '; '}${unpublishedWords(one)} <bdi class="data id">${one.scope}</bdi>`)}. ${HOW_TO_PUBLISH}</p>`}
</section>`;
  return { id: 'summary', name: 'What stands out', markup };
}

const CALM = 'No incident: no day’s rates are worse than the four weeks before it led to expect.';
const UNJUDGED = 'There is too little mail, or too few days, to tell unusual days from usual ones.';

function told({ isEarlier, when, what, compared, whose, why, said, todo }: Told, number: number): Markup {
  return html`<li class="incident${isEarlier && ' earlier'}"><span class="mark" aria-hidden="true">${number}</span>
<p>${isEarlier && html`<span class="when">${EARLIER}</span> `}${when} <strong>${what}</strong>: ${compared}.${whose && html` ${whose}`}${why && html` ${why}`}</p>
${said && html`<p class="note"><bdi>${said}</bdi></p>`}
${todo && html`<p><strong>What to do:</strong> ${todo}</p>`}</li>
`;
}

/** Before an incident that is older than the period. */
export const EARLIER = 'Before this period.';

/** Accounts told one by one. */
const ACCOUNTS = 3;

/** How each account stands against the limits, from reputation_status alone, so that report and view can't disagree. */
function* standings(accounts: readonly AccountStanding[], { bounce, complaint }: Thresholds): Generator<Verdict> {
  for (const account of accounts.slice(0, ACCOUNTS)) {
    const whose =
      accounts.length > 1
        ? ` of account ${account.account ?? 'unknown'} in ${account.region ?? 'an unknown region'}`
        : '';
    const { bounces, complaints, gmailDelivered } = account;
    yield standing(`Hard bounces${whose}`, bounces, bounce, 'bounces alone are published, not how much was sent');
    yield standing(`Complaints${whose}`, complaints, complaint, 'no mail reached a provider that reports them');
    if (gmailDelivered > 0)
      yield unobserved(`Complaints at Gmail${whose}: Gmail tells senders of none; its Postmaster Tools have the rate.`);
  }
}

function standing(
  name: string,
  { status, counted: cases, mails, rate }: Standing,
  limits: readonly Threshold[],
  unknown: string,
): Verdict {
  if (rate === null) return unobserved(`${name}: ${unknown}.`);
  const of = `of the latest ${counted(mails, 'mail')}`;
  if (status === 'not_observable')
    return { kind: 'unknown', says: 'Too few', text: `${name}: ${count(cases)} ${of}, too few to judge.` };
  const passed = limits.filter((limit) => rate >= limit.rate).at(-1);
  const [first] = limits;
  const where = passed
    ? `past the limit of ${percentTick(passed.rate)} (${passed.says})${DOUBTS[status]?.(passed === limits.at(-1)) ?? ''}`
    : first && `below the first limit of ${percentTick(first.rate)} (${first.says})`;
  return { ...BADGES[status], text: `${name}: ${percent(rate)} ${of}, ${where}.` };
}

/** Where a rate is past a limit, and its interval isn't. */
const DOUBTS: Partial<Record<Standing['status'], (isLast: boolean) => string>> = {
  ok: () => ', as chance or a recommendation allows',
  warning: (isLast) => (isLast ? ', which so few mails don’t prove' : ''),
};

const unobserved = (text: string): Verdict => ({ kind: 'unknown', says: 'Not observable', text });

const BADGES = {
  ok: { kind: 'ok', says: 'OK' },
  warning: { kind: 'watch', says: 'Watch' },
  critical: { kind: 'act', says: 'Act' },
} as const;
