/**
 * What deliverability_anomalies must say of a day, by its header and without its SQL: plain loops over a day and those
 * before it.
 */
import { DAY_MS } from '#lake/days.ts';

export interface DayCount {
  /** `YYYY-MM-DD` */
  date: string;
  numerator: number;
  denominator: number;
}

export interface Score {
  baseline_days: number;
  expected_rate: number;
  expected_low: number;
  expected_high: number;
  z_score: number;
  is_anomaly: boolean;
}

const LIMITS = { minVolume: 20, minDays: 14, minExcess: 5, z: 5, weekdayWeight: 4, baseline: 28 };

/** The median of the square of a standard normal variate: that of chi-squared with one degree of freedom. */
const MEDIAN_OF_SQUARES = 0.4549;

/** Null where the view is silent. */
export function scoreOf(date: string, days: readonly DayCount[]): Score | null {
  const counted = days.filter(({ numerator, denominator }) => denominator > 0 && numerator <= denominator);
  const day = counted.find((one) => one.date === date);
  const before = counted
    .map((one) => ({ ...one, age: ageInDays(date, one.date) }))
    .filter(({ age }) => age >= 1 && age <= LIMITS.baseline)
    .map((one) => ({ ...one, weight: one.age % 7 === 0 ? LIMITS.weekdayWeight : 1 }));
  if (!day || day.denominator < LIMITS.minVolume || before.length < LIMITS.minDays) return null;

  const middle = weightedMedian(before.map((one) => [one.numerator / one.denominator, one.weight * one.denominator]));
  const strays = before.map((one) => {
    const away = scaled(one.numerator, one.denominator) - scaled(one.denominator * middle, one.denominator);
    return { ...one, square: away * away, chance: chanceOf(one.denominator) };
  });
  const excess = weightedMedian(
    strays.map((one) => [one.square / MEDIAN_OF_SQUARES - one.chance, one.weight * one.denominator]),
  );
  const common = Math.max(excess, 0);
  const kept = strays.filter((one) => Math.sqrt(one.square) <= 3.5 * Math.sqrt(one.chance + common) * (1 + 1e-12));
  const volume = sum(kept.map((one) => one.weight * one.denominator));
  const expected = sum(kept.map((one) => one.weight * one.numerator)) / volume;
  // The variance of a weighted mean on that scale, where each mail has a quarter.
  const pooled = sum(kept.map((one) => (one.weight / volume) ** 2 * one.denominator)) / 4;
  const n = day.denominator;
  const deviation = Math.sqrt(chanceOf(n) + common + pooled + common / before.length);
  const place = scaled(n * expected, n);
  const z_score = (scaled(day.numerator, n) - place) / deviation;
  const rateAt = (angle: number): number => (Math.sin(angle) ** 2 * (n + 0.75) - 0.375) / n;
  return {
    baseline_days: before.length,
    expected_rate: expected,
    expected_low: Math.max(rateAt(Math.max(place - LIMITS.z * deviation, 0)), 0),
    expected_high: Math.min(rateAt(Math.min(place + LIMITS.z * deviation, Math.PI / 2)), 1),
    z_score,
    is_anomaly: Math.abs(z_score) > LIMITS.z && Math.abs(day.numerator - n * expected) >= LIMITS.minExcess,
  };
}

/** Anscombe's scale for a binomial count, and its variance by chance alone. */
const scaled = (x: number, n: number): number => Math.asin(Math.sqrt((x + 3 / 8) / (n + 3 / 4)));
const chanceOf = (n: number): number => 1 / (4 * n + 2);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The least value that, with all below it, has at least half of the weight. */
function weightedMedian(values: readonly (readonly [value: number, weight: number])[]): number {
  const half = sum(values.map(([, weight]) => weight)) / 2;
  let weight = 0;
  for (const [value, more] of values.toSorted(([a], [b]) => a - b)) {
    weight += more;
    if (weight >= half) return value;
  }
  return Number.NaN;
}

const ageInDays = (date: string, earlier: string): number => (Date.parse(date) - Date.parse(earlier)) / DAY_MS;
