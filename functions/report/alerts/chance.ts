/** How probable a count is by chance. */

/**
 * The probability of a count of `least` or more where `mean` is expected, of a mean that itself varies from time to time by
 * the share `spread` (its standard deviation): the upper tail of the negative binomial distribution, a Poisson variate whose mean is a
 * gamma variate.
 */
export function atLeast(least: number, mean: number, spread: number): number {
  if (least <= 0) return 1;
  if (mean <= 0) return 0;
  const shape = 1 / (spread * spread);
  const share = mean / (shape + mean);
  let term = Math.exp(
    logGamma(least + shape) -
      logGamma(shape) -
      logGamma(least + 1) +
      shape * Math.log1p(-share) +
      least * Math.log(share),
  );
  let sum = 0;
  for (let k = least; term > sum * 1e-9; k++) {
    sum += term;
    term *= ((k + shape) / (k + 1)) * share;
  }
  return Math.min(1, sum);
}

/** The probability that a Poisson variate of this mean is `most` or less. */
export function atMost(most: number, mean: number): number {
  let term = Math.exp(-mean);
  let sum = 0;
  for (let k = 0; k <= most; k++) {
    sum += term;
    term *= mean / (k + 1);
  }
  return Math.min(1, sum);
}

/** Stirling's series from 10 on (Abramowitz and Stegun, 6.1.41), wrong by less than 1e-9; below by recurrence. */
function logGamma(x: number): number {
  if (x < 10) return logGamma(x + 1) - Math.log(x);
  const part = 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5);
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + part;
}
