/** The section about mailbox providers. */
import { count, counted, percent } from '#host/figures.ts';
import { type HeatCell, heatMap } from '../charts/heat.ts';
import { buckets } from '../charts/time.ts';
import { added, type ProviderDay } from '../daily.ts';
import { html } from '../html.ts';
import type { Marked } from '../incidents.ts';
import { type Counts, RATES, rateOf } from '../measures.ts';

import type { Section } from '../page.ts';
import type { Period } from '../period.ts';
import { providerName } from '../providers.ts';
import { table } from '../table.ts';

/** Providers with a line of their own; the others share the last. */
const MOST = 12;

/**
 * Is Gmail, Yahoo or Microsoft turning us away?
 * @param shown all shown days; `current`: those of the period
 */
export function providersSection(
  shown: readonly ProviderDay[],
  current: readonly ProviderDay[],
  period: Period,
  incidents: readonly Marked[],
): Section {
  const names = namesOf(shown);
  const nameOf = (provider: string) => names.get(provider) ?? provider;
  const marks = incidents.flatMap((mark) =>
    mark.provider !== null && BOUNCES.has(mark.metric) ? { ...mark, name: nameOf(mark.provider) } : [],
  );
  const rows = [...Map.groupBy(current, ({ provider }) => nameOf(provider))]
    .map(([name, cells]) => ({ name, counts: added(cells.map(({ counts }) => counts)) }))
    .sort((a, b) => placeOf(names, a.name) - placeOf(names, b.name));
  const rate = (of: (typeof RATES)[keyof typeof RATES]) => (row: { counts: Counts }) => percent(rateOf(row.counts, of));
  const markup = html`
<section aria-labelledby="providers">
<h2 id="providers">Mailbox providers</h2>
${table(
  'Mailbox providers with most mail in the period',
  [
    { name: 'Provider', heading: true, cell: ({ name }) => name },
    { name: 'Sent', numeric: true, cell: ({ counts }) => count(counts.number('sent')) },
    { name: 'Delivered', numeric: true, cell: rate(RATES.delivery) },
    { name: 'Hard bounced', numeric: true, cell: rate(RATES.hardBounce) },
    { name: 'Soft bounced', numeric: true, cell: rate(RATES.softBounce) },
    { name: 'Complained', numeric: true, cell: rate(RATES.complaint) },
    { name: 'Opened by people', numeric: true, cell: rate(RATES.humanOpen) },
    { name: 'Clicked by people', numeric: true, cell: rate(RATES.click) },
    { name: 'Unsubscribed', numeric: true, cell: rate(RATES.unsubscribe) },
  ],
  rows,
)}
<p class="note">A dash means that the number can’t be known: some providers don’t report complaints, and Apple hides who opens.</p>
${heatMap(cellsOf(shown, names, period), period, marks)}
</section>`;
  return { id: 'providers', name: 'Providers', markup };
}

const BOUNCES: ReadonlySet<string> = new Set(['hard_bounce_rate', 'soft_bounce_rate', 'delivery_rate']);

/** What each provider is called, those with most mail first; what has no line of its own is called after the rest. */
function namesOf(cells: readonly ProviderDay[]): Map<string, string> {
  const sent = [...Map.groupBy(cells, ({ provider }) => provider)]
    .map(([provider, days]) => ({ provider, sent: days.reduce((sum, { counts }) => sum + counts.number('sent'), 0) }))
    .sort((a, b) => Number(a.provider === 'other') - Number(b.provider === 'other') || b.sent - a.sent);
  const rest = sent.slice(MOST);
  const shared = rest.length > 1 ? counted(rest.length, 'more provider') : null;
  return new Map(
    sent.map(({ provider }, i) => [provider, i < MOST || shared === null ? providerName(provider) : shared]),
  );
}

const placeOf = (names: ReadonlyMap<string, string>, name: string): number => [...names.values()].indexOf(name);

function cellsOf(shown: readonly ProviderDay[], names: ReadonlyMap<string, string>, period: Period): HeatCell[] {
  const groups = buckets(period.shown);
  return [...new Set(names.values())].flatMap((name) => {
    const mine = shown.filter(({ provider }) => names.get(provider) === name);
    return groups
      .map(({ from, to }) => {
        const counts = added(mine.flatMap(({ date, counts }) => (date >= from && date <= to ? counts : [])));
        const bounces =
          counts.number('volume_hard_bounces') +
          counts.number('volume_soft_bounces') +
          counts.number('volume_undetermined_bounces');
        // Where only bounces are published nobody knows what they are a share of.
        return { from, to, name, sent: counts.number('volume_sent'), bounces };
      })
      .filter(({ sent }) => sent > 0);
  });
}
