/**
 * What deliverability_anomalies must say of a day, by its header and without its SQL: plain loops over a series of one
 * kind of mail, and the tail by adding up the density.
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
  z_score: number;
  is_anomaly: boolean;
}

const LIMITS = { minVolume: 20, minDays: 14, minSendings: 6, minExcess: 4, prior: 30, sendings: 28 };
/** Relative variance that days have at least. */
const LEAST_SPREAD = 4e-4;

interface Looked extends DayCount {
  stray?: undefined | { excess: number; weight: number; chance: number; isOut: boolean };
}

/** By date; `limit` in standard deviations. Days on which the view is silent are left out. */
export function scoresOf(days: readonly DayCount[], limit: number): Map<string, Score> {
  const looked: Looked[] = days.filter(({ numerator, denominator }) => denominator > 0 && numerator <= denominator);
  for (const [at, day] of looked.entries())
    day.stray = strayOf(day, looked.slice(Math.max(0, at - 28), at), same(looked, at));
  const scores = new Map<string, Score>();
  for (const [at, day] of looked.entries()) {
    const before = looked.slice(Math.max(0, at - LIMITS.sendings), at);
    const [first] = before;
    if (!first || before.length < LIMITS.minSendings || ageInDays(day.date, first.date) < LIMITS.minDays) continue;
    if (day.denominator < LIMITS.minVolume) continue;
    scores.set(day.date, judged(day, before, same(looked, at), limit));
  }
  return scores;
}

/** The last four days of the same weekday. */
function same(days: readonly Looked[], at: number): Looked[] {
  const weekday = weekdayOf(days[at]?.date ?? '');
  return days
    .slice(0, at)
    .filter(({ date }) => weekdayOf(date) === weekday)
    .slice(-4);
}

interface Share {
  isFlipped: boolean;
  /** of what is rarer: the counted or the rest */
  rare: number;
  share: number;
  weekdayRare: number;
}

function shareOf(before: readonly DayCount[], weekdays: readonly DayCount[]): Share {
  const rate = (sum(before, 'numerator') + 0.5) / (sum(before, 'denominator') + 1);
  const isFlipped = rate > 0.5;
  const rareOf = (days: readonly DayCount[]): number =>
    isFlipped ? sum(days, 'denominator') - sum(days, 'numerator') : sum(days, 'numerator');
  const base = Math.min(rate, 1 - rate);
  const leaning = (rareOf(weekdays) + LIMITS.prior) / (sum(weekdays, 'denominator') * base + LIMITS.prior);
  return {
    isFlipped,
    rare: rareOf(before),
    share: Math.min(base * leaning, 0.9),
    weekdayRare: rareOf(weekdays),
  };
}

function strayOf(day: DayCount, before: readonly DayCount[], weekdays: readonly DayCount[]): Looked['stray'] {
  if (before.length === 0) return undefined;
  const { isFlipped, share } = shareOf(before, weekdays);
  const rare = isFlipped ? day.denominator - day.numerator : day.numerator;
  const mean = day.denominator * share;
  const volume = sum(before, 'denominator');
  const rate = (sum(before, 'numerator') + 0.5) / (volume + 1);
  const least = Math.min(rate, 1 - rate);
  const squares = before.reduce((total, one) => total + (one.numerator - one.denominator * rate) ** 2, 0);
  const scale = least ** 2 * before.reduce((total, one) => total + one.denominator ** 2, 0);
  const spread = Math.min(0.25, Math.max(0, (squares - rate * (1 - rate) * volume) / scale));
  const variance = mean * (1 - share) + mean ** 2 * (LEAST_SPREAD + spread + (1 - share) / (volume * share));
  return {
    excess: ((rare - mean) ** 2 - mean * (1 - share)) / (mean + 1),
    weight: mean ** 2 / (mean + 1),
    chance: (2 * mean ** 2 + mean) / (mean + 1) ** 2,
    isOut: Math.abs(rare - mean) > 1.5 + 3.5 * Math.sqrt(variance),
  };
}

function judged(day: DayCount, before: readonly Looked[], weekdays: readonly Looked[], limit: number): Score {
  const isKept = ({ stray }: Looked): boolean => stray === undefined || !stray.isOut;
  const kept = before.filter(isKept);
  const { isFlipped, rare, share, weekdayRare } = shareOf(kept, weekdays.filter(isKept));
  const strays = kept.flatMap(({ stray }) => stray ?? []);
  const total = (of: 'excess' | 'weight' | 'chance'): number => strays.reduce((all, stray) => all + stray[of], 0);
  const spread =
    strays.length === 0
      ? 0
      : (Math.max(total('excess') - 1.6 * Math.sqrt(total('chance')), 0) / total('weight')) *
        (1.3 + 9 / Math.max(strays.length - 2, 1));
  const n = day.denominator;
  const count = isFlipped ? n - day.numerator : day.numerator;
  const mean = n * share;
  const variance =
    mean ** 2 *
    (LEAST_SPREAD +
      spread +
      (1 - share) / (rare + 0.5) +
      (weekdayRare * (1 - share)) / (weekdayRare + LIMITS.prior) ** 2);
  const tail = upperTail((count + 0.5) / (1 - share), mean / (1 - share), mean ** 2 / variance);
  const z = -quantile(tail) * (isFlipped ? -1 : 1);
  return {
    baseline_days: before.length,
    expected_rate: (isFlipped ? n - mean : mean) / n,
    z_score: z,
    is_anomaly: Math.abs(z) > limit && Math.abs(count - mean) >= LIMITS.minExcess,
  };
}

/** P(X ≥ x) of a negative binomial variate with this mean and shape: the beta density added up from 0 to mean/(mean + shape). */
function upperTail(x: number, mean: number, shape: number): number {
  // In t = ln(p / (1 − p)), where the density has one bump of its own width.
  const peak = Math.log(x / shape);
  const width = Math.sqrt(1 / x + 1 / shape);
  const end = Math.log(mean / shape);
  const density = (t: number): number =>
    Math.exp(x * (t - peak) - (x + shape) * (Math.log1p(Math.exp(t)) - Math.log1p(Math.exp(peak))));
  const area = (from: number, to: number): number => {
    const steps = 20_000;
    const step = (to - from) / steps;
    let total = 0;
    for (let i = 0; i < steps; i++) total += density(from + (i + 0.5) * step);
    return total * step;
  };
  const [first, last] = [peak - 60 * width, peak + 60 * width];
  const below = area(Math.min(first, end), end);
  return below / (below + area(end, Math.max(last, end)));
}

/** The normal quantile, by halving. */
function quantile(p: number): number {
  let [low, high] = [-38, 38];
  for (let i = 0; i < 45; i++) {
    const middle = (low + high) / 2;
    if (normal(middle) < p) low = middle;
    else high = middle;
  }
  return low;
}

/** By its density added up from far below: in the tail it is narrow. */
function normal(z: number): number {
  const steps = 2000;
  const from = z < -6 ? z + 40 / z : -18;
  let total = 0;
  for (let i = 0; i < steps; i++) total += Math.exp(-((from + ((i + 0.5) * (z - from)) / steps) ** 2) / 2);
  return (total * (z - from)) / steps / Math.sqrt(2 * Math.PI);
}

const sum = (days: readonly DayCount[], of: 'numerator' | 'denominator'): number =>
  days.reduce((total, day) => total + day[of], 0);
const weekdayOf = (date: string): number => new Date(`${date}T00:00:00Z`).getUTCDay();
const ageInDays = (date: string, earlier: string): number => (Date.parse(date) - Date.parse(earlier)) / DAY_MS;
