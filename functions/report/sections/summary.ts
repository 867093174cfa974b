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
import { worded } from '../wording.ts';

/** Incidents that are described one by one. If there are more, it is a lasting state rather than incidents. */
export const TOLD = 8;

/** What a reader must know who reads nothing else: incidents in words, and how the sender stands against the limits. */
export function summarySection(
  { incidents, isJudged }: Found,
  causes: ReadonlyMap<Incident, Cause>,
  accounts: readonly AccountStanding[],
  period: Period,
  thresholds: Thresholds,
  unpublished: readonly Unpublished[],
): Section {
  const rest = incidents.length - TOLD;
  const markup = html`
<section aria-labelledby="summary">
<h2 id="summary">What stands out</h2>
${
  incidents.length > 0 &&
  html`<ol class="incidents">
${incidents.slice(0, TOLD).map((incident, i) => told(incident, causes.get(incident), i + 1, period))}</ol>`
}
${rest > 0 && html`<p class="note">${counted(rest, 'more incident')}: marked on the charts below.</p>`}
${incidents.length === 0 && html`<p class="calm">${isJudged ? CALM : UNJUDGED}</p>`}
<ul class="standing">
${[...standings(accounts, thresholds)]}
</ul>
${unpublished.length > 0 && html`<p class="note">Not observable: ${unpublished.map((one, at) => html`${at > 0 && '; '}${unpublishedWords(one)} <bdi class="data id">${one.scope}</bdi>`)}. ${HOW_TO_PUBLISH}</p>`}
</section>`;
  return { id: 'summary', name: 'What stands out', markup };
}

const CALM = 'No incident: no day’s rates are worse than the four weeks before it led to expect.';
const UNJUDGED = 'There is too little mail, or too few days, to tell unusual days from usual ones.';

function told(incident: Incident, cause: Cause | undefined, number: number, period: Period): Markup {
  const isEarlier = incident.to < period.from;
  const { when, what, compared, whose, why, said, todo } = worded(incident, cause);
  return html`<li class="incident${isEarlier && ' earlier'}"><span class="mark" aria-hidden="true">${number}</span>
<p>${isEarlier && html`<span class="when">Before this period.</span> `}${when} <strong>${what}</strong>: ${compared}.${whose && html` ${whose}`}${why && html` ${why}`}</p>
${said && html`<p class="note"><bdi>${said}</bdi></p>`}
${todo && html`<p><strong>What to do:</strong> ${todo}</p>`}</li>
`;
}

/** Accounts told one by one. */
const ACCOUNTS = 3;

/** How each account stands against the limits, from reputation_status alone, so that report and view can't disagree. */
function* standings(accounts: readonly AccountStanding[], { bounce, complaint }: Thresholds): Generator<Markup> {
  for (const account of accounts.slice(0, ACCOUNTS)) {
    const whose =
      accounts.length > 1
        ? ` of account ${account.account ?? 'unknown'} in ${account.region ?? 'an unknown region'}`
        : '';
    const { bounces, complaints, gmailDelivered } = account;
    yield standing(`Hard bounces${whose}`, bounces, bounce, 'bounces alone are published, not how much was sent');
    yield standing(`Complaints${whose}`, complaints, complaint, 'no mail reached a provider that reports them');
    if (gmailDelivered > 0)
      yield html`<li>${badge('unknown', 'Not observable')} Complaints at Gmail${whose}: Gmail tells senders of none; its Postmaster Tools have the rate.</li>`;
  }
}

function standing(
  name: string,
  { status, counted: cases, mails, rate }: Standing,
  limits: readonly Threshold[],
  unknown: string,
): Markup {
  if (rate === null) return html`<li>${badge('unknown', 'Not observable')} ${name}: ${unknown}.</li>`;
  const of = `of the latest ${counted(mails, 'mail')}`;
  if (status === 'not_observable')
    return html`<li>${badge('unknown', 'Too few')} ${name}: ${count(cases)} ${of}, too few to judge.</li>`;
  const passed = limits.filter((limit) => rate >= limit.rate).at(-1);
  const [first] = limits;
  const where = passed
    ? `past the limit of ${percentTick(passed.rate)} (${passed.says})${status === 'ok' ? ', as chance or a recommendation allows' : ''}`
    : first && `below the first limit of ${percentTick(first.rate)} (${first.says})`;
  return html`<li>${BADGES[status]} ${name}: ${percent(rate)} ${of}, ${where}.</li>`;
}

const badge = (kind: 'ok' | 'watch' | 'act' | 'unknown', says: string): Markup =>
  html`<span class="badge ${kind}">${says}</span>`;

const BADGES = { ok: badge('ok', 'OK'), warning: badge('watch', 'Watch'), critical: badge('act', 'Act') } as const;
