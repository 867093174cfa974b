/** The section about mail that was delayed. */
import { count, counted, percent } from '#host/figures.ts';
import { withoutAddresses } from '#lake/decode/without-addresses.ts';
import { html } from '../html.ts';
import type { Section } from '../page.ts';
import { distance, type Period } from '../period.ts';
import { providerName } from '../providers.ts';
import type { Ask } from '../rows.ts';
import { table } from '../table.ts';

/** Mail to one provider that is put off for one reason. */
export interface Delay {
  provider: string;
  type: string;
  meaning: string | null;
  whatToDo: string | null;
  example: string | null;
  /** days of the period with such delays */
  days: number;
  /** recipient-messages that were put off */
  delayed: number;
}

const MOST = 10;
/** On more days than this share of them it is no incident: it is how things are. */
const CHRONIC = 0.5;
/** A few mails a week are put off everywhere. */
const LEAST = 20;

export async function loadDelays(ask: Ask): Promise<Delay[]> {
  const rows = await ask(`select
    mailbox_provider,
    delay_type,
    max(meaning) as meaning,
    max(what_to_do) as what_to_do,
    min(example_diagnostic) as example_diagnostic,
    count(distinct event_date) as days,
    cast(sum(delayed) as bigint) as delayed
from delivery_delays_daily
group by mailbox_provider, delay_type
order by delayed desc, mailbox_provider, delay_type
limit ${MOST}`);
  return rows.map((row) => ({
    provider: row.text('mailbox_provider'),
    type: row.text('delay_type'),
    meaning: row.maybeText('meaning'),
    whatToDo: row.maybeText('what_to_do'),
    example: withoutAddresses(row.maybeText('example_diagnostic') ?? '') || null,
    days: row.number('days'),
    delayed: row.number('delayed'),
  }));
}

/** Which providers delay mail, why, and is it chronic? Null if there are no delays, or they are not published. */
export function delaysSection(delays: readonly Delay[], { from, to }: Period): Section | null {
  if (delays.length === 0) return null;
  const length = distance(from, to) + 1;
  const chronic = delays.filter(({ days, delayed }) => days / length >= CHRONIC && delayed >= LEAST);
  const markup = html`
<section aria-labelledby="delays">
<h2 id="delays">Who puts mail off</h2>
${
  chronic.length > 0 &&
  html`<ul class="results">${chronic.map(
    ({ provider, meaning, type, days, delayed }) =>
      html`<li><strong>${providerName(provider)}</strong> put mail off on ${count(days)} of ${counted(length, 'day')}, ${counted(delayed, 'mail')}: ${meaning ?? type}</li>`,
  )}</ul>`
}
<p class="note">Delays are no bounces: the service tries again, for up to 12 hours and more. ${
    chronic.length > 0
      ? 'What is told above comes back on most days: it is no incident, it is how these providers see the sender.'
      : 'None of them comes back on most days.'
  }</p>
${table(
  'Delays by provider and reason',
  [
    { name: 'Provider', heading: true, cell: ({ provider }) => providerName(provider) },
    { name: 'Mails put off', numeric: true, cell: ({ delayed }) => count(delayed) },
    { name: 'On days', numeric: true, cell: ({ days }) => percent(days / length) },
    {
      name: 'Reason',
      cell: ({ meaning, type, example }) =>
        html`${meaning ?? type}${example && html`<details class="example"><summary>Example</summary><code><bdi>${example.slice(0, 400)}</bdi></code></details>`}`,
    },
    { name: 'What to do', cell: ({ whatToDo }) => html`<span class="advice">${whatToDo}</span>` },
  ],
  delays,
)}
</section>`;
  return { id: 'delays', name: 'Delays', markup };
}
