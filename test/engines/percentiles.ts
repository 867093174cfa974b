/**
 * Compares the percentiles of delivery_latency_daily: Athena's are estimates, so the test looks at their rank among the
 * values.
 */
import { expect } from 'vitest';
import type { QueryResult, SqlValue } from '#lake/ports.ts';

export const ESTIMATES = /^p\d\d_/;
/** sql/marts/delivery_latency_daily.sql: "wrong by about a percent in rank". */
const RANK_TOLERANCE = 0.01;

/**
 * Of few values a percent is less than one, and a digest may hold neighbours together. Trino's (airlift, TDigest; scale
 * function K2, compression 100) lets a cluster at quantile q hold n q (1 − q) (4 ln(n / 100) + 24) / 100 of n values: three at
 * the median of 69. It interpolates between the middles of clusters: an estimate is off by half a cluster and half the gap
 * to the next value. Of more values than about a hundred the percent is larger than that.
 */
function gapOf(n: number, q: number): number {
  const held = Math.floor((n * q * (1 - q) * (4 * Math.log(n / 100) + 24)) / 100);
  return (Math.min(Math.max(held, 1), 3) / 2 + 0.5) / n;
}

/** What the view's percentiles are of, as rows of send_date, mailbox_provider, seconds, processing_ms. */
export const LATENCIES = `
  select send_date, mailbox_provider,
    case when delivered_at > sent_at then cast(date_diff('millisecond', sent_at, delivered_at) as double) / 1e3 end as seconds,
    case when processing_time_ms between -9007199254740991 and 9007199254740991
      then cast(processing_time_ms as double) end as processing_ms
  from message_outcomes
  where not is_simulator and is_sent and is_delivered`;

/** Each percentile of the view stands where its name says among the values, within the tolerance and the gap between two. */
export function expectPercentiles(view: QueryResult, { rows: latencies }: QueryResult): void {
  let checked = 0;
  const names = view.columns.map(({ name }) => name);
  for (const row of view.rows) {
    const of = Object.fromEntries(names.map((name, at): [string, SqlValue] => [name, row[at] ?? null]));
    const group = latencies.filter(
      ([date, provider]) =>
        date === of.send_date && (of.mailbox_provider === 'all' || provider === of.mailbox_provider),
    );
    for (const [name, estimate] of Object.entries(of)) {
      const [, percent, what] = /^p(\d\d)_(seconds|processing_ms)$/.exec(name) ?? [];
      if (percent === undefined) continue;
      const values = group.map((latency) => latency[what === 'seconds' ? 2 : 3]).filter((value) => value !== null);
      if (values.length === 0) {
        expect(estimate).toBe(null);
        continue;
      }
      const place = `${name} of ${of.send_date} ${of.mailbox_provider}: ${estimate} among ${values.length}`;
      const share = Number(percent) / 100;
      const tolerance = RANK_TOLERANCE + gapOf(values.length, share);
      const below = values.filter((value) => Number(value) < Number(estimate)).length / values.length;
      const upTo = values.filter((value) => Number(value) <= Number(estimate)).length / values.length;
      expect(below, place).toBeLessThanOrEqual(share + tolerance);
      expect(upTo, place).toBeGreaterThanOrEqual(share - tolerance);
      checked++;
    }
  }
  expect(checked).toBeGreaterThan(0);
}
