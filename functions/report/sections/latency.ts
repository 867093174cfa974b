/** The section about the time that delivery took. */
import { count, counted, duration, percent } from '#host/figures.ts';
import { type Latency, latencyChart } from '../charts/latency.ts';
import { html } from '../html.ts';
import { ratio } from '../measures.ts';

import type { Section } from '../page.ts';
import type { Period } from '../period.ts';
import { providerName } from '../providers.ts';
import type { Ask, Row } from '../rows.ts';
import { table } from '../table.ts';

export interface Latencies {
  /** all shown days, ascending */
  days: (Latency & { date: string })[];
  /** of the period: those with most mail first */
  providers: (Latency & { provider: string })[];
  all: Latency | null;
}

const MOST = 12;

/**
 * Percentiles can't be added up, so each group is computed by itself. What a latency is, and which times are left out
 * because they only repeat the sending, is as in delivery_latency_daily.
 *
 * @param ask about the shown days
 */
export async function loadLatencies(ask: Ask, { from }: Period): Promise<Latencies> {
  const rows = await ask(`with latencies as (
    select
        send_date,
        case when send_date >= date '${from}' then mailbox_provider end as mailbox_provider,
        send_date >= date '${from}' as is_now,
        cast(date_diff('millisecond', sent_at, delivered_at) as double) / 1e3 as seconds
    from message_outcomes
    where not is_simulator and is_sent and is_delivered and delivered_at > sent_at
),
grouped as (
    select
        send_date,
        mailbox_provider,
        count(*) as timed,
        approx_percentile(seconds, array[0.5, 0.9, 0.95, 0.99]) as percentiles,
        count_if(seconds > 60) as slow
    from latencies
    group by grouping sets ((send_date), (is_now, mailbox_provider), (is_now))
    having grouping(send_date) = 0 or is_now
)
select
    cast(send_date as varchar) as day,
    mailbox_provider,
    timed,
    element_at(percentiles, 1) as p50,
    element_at(percentiles, 2) as p90,
    element_at(percentiles, 3) as p95,
    element_at(percentiles, 4) as p99,
    slow
from grouped
order by day, mailbox_provider = 'other', timed desc, mailbox_provider`);
  const ofPeriod = rows.filter((row) => row.maybeText('day') === null);
  const all = ofPeriod.find((row) => row.maybeText('mailbox_provider') === null);
  return {
    days: rows.flatMap((row) => {
      const date = row.maybeText('day');
      return date === null ? [] : { date, ...latencyOf(row) };
    }),
    providers: ofPeriod.flatMap((row) => {
      const provider = row.maybeText('mailbox_provider');
      return provider === null ? [] : { provider, ...latencyOf(row) };
    }),
    all: all ? latencyOf(all) : null,
  };
}

const latencyOf = (row: Row): Latency => ({
  timed: row.number('timed'),
  p50: row.number('p50'),
  p90: row.number('p90'),
  p95: row.number('p95'),
  p99: row.number('p99'),
  slow: row.number('slow'),
});

/** How long does delivery take? */
export function latencySection({ days, providers, all }: Latencies, period: Period): Section | null {
  if (all === null) return null;
  const shown = providers.slice(0, MOST);
  const rest = providers.slice(MOST);
  const markup = html`
<section aria-labelledby="latency">
<h2 id="latency">Speed of delivery</h2>
<p>Half of the mail was delivered within <strong>${duration(all.p50)}</strong> of its sending, 95 of 100 within
<strong>${duration(all.p95)}</strong>; ${all.slow === 0 ? 'none' : percent(ratio(all.slow, all.timed))} took longer than a minute.</p>
${latencyChart(days, period)}
${table(
  'Time from sending to delivery by mailbox provider',
  [
    { name: 'Provider', heading: true, cell: ({ name }) => name },
    { name: 'Mails timed', numeric: true, cell: ({ timed }) => count(timed) },
    { name: 'Half within', numeric: true, cell: ({ p50 }) => duration(p50) },
    { name: '90% within', numeric: true, cell: ({ p90 }) => duration(p90) },
    { name: '95% within', numeric: true, cell: ({ p95 }) => duration(p95) },
    { name: '99% within', numeric: true, cell: ({ p99 }) => duration(p99) },
    { name: 'Over a minute', numeric: true, cell: ({ slow, timed }) => percent(ratio(slow, timed)) },
  ],
  [
    ...shown.map(({ provider, ...latency }) => ({ name: providerName(provider), ...latency })),
    ...(shown.length > 1 ? [{ name: 'All', ...all }] : []),
  ],
)}
${rest.length > 0 && html`<p class="note">All includes ${counted(rest.length, 'more provider')} with ${count(rest.reduce((sum, { timed }) => sum + timed, 0))} mails.</p>`}
</section>`;
  return { id: 'latency', name: 'Speed', markup };
}
