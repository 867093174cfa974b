import { count, counted, percent } from '#host/figures.ts';
import type { Cause } from '../causes.ts';
import type { Day } from '../daily.ts';
import { html, type Markup } from '../html.ts';
import type { Found, Incident } from '../incidents.ts';
import { RATES, type Rate, rateOf } from '../measures.ts';
import { day as dayName, percentTick } from '../numbers.ts';
import type { Section } from '../page.ts';
import type { Period } from '../period.ts';
import type { Threshold, Thresholds } from '../thresholds.ts';
import { worded } from '../wording.ts';

/** Incidents told one by one; more of them are no incidents but a state. */
export const TOLD = 8;

/** What a reader must know who reads no further: incidents in words, and where the sender stands against the limits. */
export function summarySection(
  { incidents, isJudged }: Found,
  causes: ReadonlyMap<Incident, Cause>,
  days: readonly Day[],
  period: Period,
  thresholds: Thresholds,
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
${standing('Hard bounces', days, RATES.reputationBounce, thresholds.bounce, 'no mail was sent')}
${standing('Complaints', days, RATES.complaint, thresholds.complaint, 'no mail reached a provider that reports them')}
</ul>
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

function standing(
  name: string,
  days: readonly Day[],
  rate: Rate,
  limits: readonly Threshold[],
  unknown: string,
): Markup | null {
  const last = days.at(-1);
  const [first] = limits;
  if (!last || !first) return null;
  const value = rateOf(last.week, rate);
  const mails = last.week.number(rate.denominator);
  const when = `in the seven days to ${dayName(last.date)}`;
  if (value === null) return html`<li>${badge('unknown', 'Not observable')} ${name}: ${unknown} ${when}.</li>`;
  // Where a single case would be over the limit, the rate is chance.
  if (mails * first.rate < 1)
    return html`<li>${badge('unknown', 'Too few')} ${name}: ${count(last.week.number(rate.numerator))} of ${counted(mails, 'mail')} ${when}, too few to judge.</li>`;
  const passed = limits.filter((limit) => value >= limit.rate);
  const highest = passed.at(-1);
  if (!highest)
    return html`<li>${badge('ok', 'OK')} ${name}: ${percent(value)} ${when}, below the first limit of ${percentTick(first.rate)} (${first.says}).</li>`;
  const urgency = passed.length === 1 ? badge('watch', 'Watch') : badge('act', 'Act');
  return html`<li>${urgency} ${name}: ${percent(value)} ${when}, past the limit of ${percentTick(highest.rate)} (${highest.says}).</li>`;
}

const badge = (kind: 'ok' | 'watch' | 'act' | 'unknown', says: string): Markup =>
  html`<span class="badge ${kind}">${says}</span>`;
