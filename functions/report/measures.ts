/** The counts and rates that the report shows, and their wording. */
import type { MeasureName } from '#lake/sql/marts/measures.ts';
import { HIDDEN_SHARE, type Rate as LakeRate, type RateName, rateNamed } from '#lake/sql/marts/rates.ts';

export type Count = MeasureName;
/** Counts by name: a row that has them, or made-up ones in a test. */
export interface Counts {
  number(count: Count): number;
}

export interface Rate extends LakeRate {
  /** hours after the sending at which two periods are compared: those of deliverability_anomalies */
  horizon: 24 | 72;
}

const rate = (name: RateName, horizon: Rate['horizon']): Rate => ({ ...rateNamed(name), horizon });

/** The rates that the report tells, as the views define them: pairs of counts, to be added up first and divided last. */
export const RATES = {
  delivery: rate('delivery_rate', 24),
  hardBounce: rate('hard_bounce_rate', 24),
  softBounce: rate('soft_bounce_rate', 24),
  softNeverDelivered: rate('soft_never_delivered_rate', 24),
  reputationBounce: rate('reputation_bounce_rate', 24),
  complaint: rate('complaint_rate', 72),
  humanOpen: rate('human_open_rate', 72),
  click: rate('human_click_rate', 72),
  unsubscribe: rate('unsubscribe_rate', 72),
} as const;

/** The counts of deliverability_facts and deliverability_by_horizon that the report uses; all can be added up. */
export const COUNTS: readonly Count[] = [
  ...new Set<Count>([
    'sent',
    'delivered',
    'hard_bounces',
    'soft_bounces',
    'undetermined_bounces',
    'volume_undetermined_bounces',
    'unique_opens',
    'hidden_opens',
    ...Object.values(RATES).flatMap(({ numerator, denominator }) => [numerator, denominator]),
  ]),
];

/** The select items that add the counts up. */
export const SUMMED_COUNTS = COUNTS.map((count) => `cast(coalesce(sum(${count}), 0) as bigint) as ${count}`).join(', ');

/** From 0 to 1; null where the denominator is 0 or nothing could be observed: as the views divide. */
export function rateOf(counts: Counts, { numerator, denominator, isLoose, isHiddenByProxies }: Rate): number | null {
  if (isLoose && counts.number(numerator) > counts.number(denominator)) return null;
  const isHidden = counts.number('hidden_opens') >= HIDDEN_SHARE * Math.max(counts.number('unique_opens'), 1);
  return isHiddenByProxies && isHidden ? null : ratio(counts.number(numerator), counts.number(denominator));
}

export const ratio = (numerator: number, denominator: number): number | null =>
  denominator > 0 ? numerator / denominator : null;

/**
 * Whether two rates differ by more than chance would explain: two-proportion z-test with pooled variance at 95 %
 * (NIST/SEMATECH e-Handbook of Statistical Methods, 7.3.3). Ten mails against twelve don't make a trend.
 */
export function isNotable(now: Counts, before: Counts, { numerator, denominator }: Rate): boolean {
  const n = now.number(denominator);
  const m = before.number(denominator);
  const pooled = (now.number(numerator) + before.number(numerator)) / (n + m);
  const deviation = Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
  if (!(n > 0 && m > 0 && deviation > 0)) return false;
  return Math.abs(now.number(numerator) / n - before.number(numerator) / m) > 1.96 * deviation;
}
