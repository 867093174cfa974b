import type { Day } from '../daily.ts';
import { html, type Markup } from '../html.ts';
import type { Incident } from '../incidents.ts';
import { RATES, type Rate, rateOf } from '../measures.ts';
import { count, day as dayName, percent, plural, weekday } from '../numbers.ts';
import type { Period } from '../period.ts';
import { providerName } from '../providers.ts';
import type { Threshold, Thresholds } from '../thresholds.ts';
import type { Answer } from './answers.ts';

/** Incidents told one by one; more of them are no incidents but a state. */
const MOST = 5;

/** What a reader must know who reads no further: incidents in words, and where the sender stands against the limits. */
export function summarySection(
  incidents: readonly Incident[],
  answers: ReadonlyMap<Incident, Answer>,
  days: readonly Day[],
  period: Period,
  thresholds: Thresholds,
): Markup {
  const rest = incidents.length - MOST;
  return html`
<section aria-labelledby="summary">
<h2 id="summary">What stands out</h2>
${incidents.slice(0, MOST).map((incident) => told(incident, answers.get(incident), period))}
${rest > 0 && html`<p class="incident">${plural(rest, 'more incident')}: see the framed days below.</p>`}
${incidents.length === 0 && html`<p class="calm">No mailbox provider turned away unusually much mail on any day.</p>`}
<ul class="standing">
${standing('Hard bounces', days, RATES.reputationBounce, thresholds.bounce)}
${standing('Complaints', days, RATES.complaint, thresholds.complaint)}
</ul>
</section>`;
}

function told(incident: Incident, answer: Answer | undefined, period: Period): Markup {
  const { from, to, provider, sent, bounces, usual } = incident;
  const isEarlier = to < period.from;
  const when =
    from === to
      ? html`On <strong>${weekday(from)}</strong>`
      : html`From <strong>${weekday(from)}</strong> to <strong>${weekday(to)}</strong>`;
  const why =
    answer &&
    html` The most frequent answer${answer.status !== null && html`, ${answer.status},`} means: ${sentence(answer.meaning)}`;
  const todo = answer?.whatToDo && html`<br><strong>What to do:</strong> ${sentence(answer.whatToDo)}`;
  return html`<p class="incident${isEarlier && ' earlier'}">${isEarlier && 'Before this period: '}${when}
<strong>${providerName(provider)} turned away ${percent(bounces / sent)}</strong> of the mail sent to it, ${count(bounces)} of
${count(sent)}; ${percent(usual)} is usual there.${why}${todo}</p>
`;
}

/** Seed texts may end with a full stop or not. */
const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

function standing(name: string, days: readonly Day[], rate: Rate, limits: readonly Threshold[]): Markup | null {
  const last = days.at(-1);
  const [first] = limits;
  if (!last || !first) return null;
  const value = rateOf(last.week, rate);
  const mails = last.week.number(rate.denominator);
  const when = `in the seven days to ${dayName(last.date)}`;
  if (value === null)
    return html`<li>${badge('unknown', 'Not observable')} ${name}: no mail ${when} that could tell.</li>`;
  // Where a single case would be over the limit, the rate is chance.
  if (mails * first.rate < 1)
    return html`<li>${badge('unknown', 'Too few')} ${name}: ${count(last.week.number(rate.numerator))} of ${plural(mails, 'mail')} ${when}, too few to judge.</li>`;
  const passed = limits.filter((limit) => value >= limit.rate);
  const highest = passed.at(-1);
  if (!highest)
    return html`<li>${badge('ok', 'OK')} ${name}: ${percent(value)} ${when}, below the first mark, ${first.label}.</li>`;
  const urgency = passed.length === 1 ? badge('watch', 'Watch') : badge('act', 'Act');
  return html`<li>${urgency} ${name}: ${percent(value)} ${when}, above the mark, ${highest.label}.</li>`;
}

const badge = (kind: 'ok' | 'watch' | 'act' | 'unknown', says: string): Markup =>
  html`<span class="badge ${kind}">${says}</span>`;
