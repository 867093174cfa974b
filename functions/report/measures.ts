/** The counts of deliverability_facts and deliverability_by_horizon that the report uses; all can be added up. */
export const COUNTS = [
  'sent',
  'delivered',
  'hard_bounces',
  'soft_bounces',
  'undetermined_bounces',
  'reputation_sent',
  'reputation_hard_bounces',
  'feedback_delivered',
  'feedback_complaints',
  'trackable_delivered',
  'unique_opens',
  'unique_human_opens',
  'unique_clicks',
  'unsubscribes',
] as const;
export type Count = (typeof COUNTS)[number];
/** Counts by name: a row that has them, or made-up ones in a test. */
export interface Counts {
  number(count: Count): number;
}

/** The select items that add the counts up. */
export const SUMMED_COUNTS = COUNTS.map((count) => `cast(coalesce(sum(${count}), 0) as bigint) as ${count}`).join(', ');

export interface Rate {
  numerator: Count;
  denominator: Count;
  /** which way is good news */
  better: 'up' | 'down';
  /** hours after the sending at which two periods are compared: those of deliverability_anomalies */
  horizon: 24 | 72;
  /** if nothing of this was ever seen, the rate can't be observed: tracking is off */
  seenBy?: Count;
}

/** The rates (sql/README.md, "Definitions") as pairs of counts, so that they can be added up first and divided last. */
export const RATES = {
  delivery: { numerator: 'delivered', denominator: 'sent', better: 'up', horizon: 24 },
  hardBounce: { numerator: 'hard_bounces', denominator: 'sent', better: 'down', horizon: 24 },
  softBounce: { numerator: 'soft_bounces', denominator: 'sent', better: 'down', horizon: 24 },
  reputationBounce: {
    numerator: 'reputation_hard_bounces',
    denominator: 'reputation_sent',
    better: 'down',
    horizon: 24,
  },
  complaint: { numerator: 'feedback_complaints', denominator: 'feedback_delivered', better: 'down', horizon: 72 },
  humanOpen: {
    numerator: 'unique_human_opens',
    denominator: 'trackable_delivered',
    better: 'up',
    horizon: 72,
    seenBy: 'unique_opens',
  },
  click: {
    numerator: 'unique_clicks',
    denominator: 'trackable_delivered',
    better: 'up',
    horizon: 72,
    seenBy: 'unique_clicks',
  },
  unsubscribe: { numerator: 'unsubscribes', denominator: 'delivered', better: 'down', horizon: 72 },
} as const satisfies Record<string, Rate>;

/**
 * From 0 to 1; null where there is nothing to divide by, or nobody to observe it.
 *
 * @param scope what tracking is on or off for, if `counts` are a part of it: as in the views, one provider's people who
 *   never open are no sign that opens can't be seen
 */
export const rateOf = (counts: Counts, rate: Rate, scope: Counts = counts): number | null =>
  rate.seenBy !== undefined && scope.number(rate.seenBy) === 0
    ? null
    : ratio(counts.number(rate.numerator), counts.number(rate.denominator));

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
