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

const LIMITS = { minVolume: 20, minDays: 14, minSendings: 6, minExcess: 4, prior: 30, priorAlike: 10, sendings: 28 };
/** Relative variance that days have at least. */
const LEAST_SPREAD = 4e-4;

interface Looked extends DayCount {
  isOut?: boolean;
  unevenness?: undefined | { excess: number; weight: number; variance: number; freedom: number };
}

/** By date; `limit` in standard deviations. Days on which the view is silent are left out. */
export function scoresOf(days: readonly DayCount[], limit: number): Map<string, Score> {
  const looked: Looked[] = days.filter(({ numerator, denominator }) => denominator > 0 && numerator <= denominator);
  for (const [at, day] of looked.entries())
    day.isOut = isFarOff(day, looked.slice(Math.max(0, at - 28), at), same(looked, at));
  for (const at of looked.keys()) unevenAt(looked, at);
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

function shareOf(before: readonly DayCount[], weekdays: readonly DayCount[], prior = LIMITS.prior): Share {
  const rate = (sum(before, 'numerator') + 0.5) / (sum(before, 'denominator') + 1);
  const isFlipped = rate > 0.5;
  const rareOf = (days: readonly DayCount[]): number =>
    isFlipped ? sum(days, 'denominator') - sum(days, 'numerator') : sum(days, 'numerator');
  const base = Math.min(rate, 1 - rate);
  const leaning = (rareOf(weekdays) + prior) / (sum(weekdays, 'denominator') * base + prior);
  return {
    isFlipped,
    rare: rareOf(before),
    share: Math.min(base * leaning, 0.9),
    weekdayRare: rareOf(weekdays),
  };
}

function isFarOff(day: DayCount, before: readonly DayCount[], weekdays: readonly DayCount[]): boolean {
  if (before.length === 0) return false;
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
  return Math.abs(rare - mean) > 1.5 + 6 * Math.sqrt(variance);
}

const isKept = ({ isOut }: Looked): boolean => isOut !== true;

/** How much a day and the three of its weekday before it differ, beyond chance and what their own mean has taken. */
function unevenAt(days: readonly Looked[], at: number): void {
  const day = days[at];
  const before = days.slice(Math.max(0, at - LIMITS.sendings), at);
  if (!day || day.isOut || before.filter(isKept).length === 0) return;
  const alike = [...same(days, at).slice(-3), day].filter(isKept);
  const { isFlipped, share, weekdayRare } = shareOf(before.filter(isKept), alike, LIMITS.priorAlike);
  const means = alike.map(({ denominator }) => denominator * share);
  const squares = alike.map(
    ({ numerator, denominator }, i) => ((isFlipped ? denominator - numerator : numerator) - (means[i] ?? 0)) ** 2,
  );
  const leaning = weekdayRare / (weekdayRare + LIMITS.priorAlike);
  const freedom = 1 - leaning / alike.length - (1 - leaning) / (before.length + 1);
  const mean = total(means) / alike.length + 1;
  const ofMeans = total(means.map((one) => one ** 2));
  day.unevenness = {
    excess: (total(squares) - freedom * total(means) * (1 - share)) / mean / alike.length,
    weight: (freedom * ofMeans) / mean / alike.length,
    variance: (freedom * (2 * ofMeans + total(means))) / mean ** 2 / alike.length,
    freedom,
  };
}

function spreadOf(before: readonly Looked[]): number {
  const uneven = before.flatMap(({ unevenness }) => unevenness ?? []);
  const all = (of: 'excess' | 'weight' | 'variance' | 'freedom'): number => total(uneven.map((one) => one[of]));
  const beyond = (deviations: number): number =>
    Math.max(4 + all('excess') - deviations * Math.sqrt(all('variance')), 0) / (20 + all('weight'));
  return beyond(0.5) * (1.5 + 9 / Math.max(all('freedom'), 1)) * (1 + 20 * Math.min(beyond(3), 1));
}

function judged(day: DayCount, before: readonly Looked[], weekdays: readonly Looked[], limit: number): Score {
  const { isFlipped, rare, share, weekdayRare } = shareOf(before.filter(isKept), weekdays.filter(isKept));
  const spread = spreadOf(before);
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

const total = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
const sum = (days: readonly DayCount[], of: 'numerator' | 'denominator'): number => total(days.map((day) => day[of]));
const weekdayOf = (date: string): number => new Date(`${date}T00:00:00Z`).getUTCDay();
const ageInDays = (date: string, earlier: string): number => (Date.parse(date) - Date.parse(earlier)) / DAY_MS;
