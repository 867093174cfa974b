/** Trino's statistical functions as bodies of DuckDB macros. */

const horner = (coefficients: readonly string[], x: string): string =>
  coefficients.reduce((sum, next) => (sum === '' ? next : `(${sum} * ${x} + ${next})`), '');

const ABOVE = [
  '3.52624965998911e-2',
  '0.700383064443688e0',
  '6.37396220353165e0',
  '33.912866078383e0',
  '112.079291497871e0',
  '221.213596169931e0',
  '220.206867912376e0',
];
const BELOW = [
  '8.83883476483184e-2',
  '1.75566716318264e0',
  '16.064177579207e0',
  '86.7807322029461e0',
  '296.564248779674e0',
  '637.333633378831e0',
  '793.826512519948e0',
  '440.413735824752e0',
];

/** Of abs(d): the share beyond it on one side. */
const TAIL = `case
  when abs(d) > 37 then 0e0
  when abs(d) < 7.07106781186547e0 then exp(-d * d / 2) * ${horner(ABOVE, 'abs(d)')} / ${horner(BELOW, 'abs(d)')}
  else exp(-d * d / 2) / (abs(d) + 1 / (abs(d) + 2 / (abs(d) + 3 / (abs(d) + 4 / (abs(d) + 0.65e0))))) / 2.506628274631e0
end`;

/**
 * The normal distribution function, wrong by less than 1e-15: Hart's rational function below 7.07 and a continued
 * fraction beyond, as G. West gives them ("Better approximations to cumulative normal functions", Wilmott, 2005). A list
 * of one element, so that the long expression holds its argument once.
 */
export const NORMAL_CDF = `(mean, sd, x) as list_transform(
  [(x - mean) / cast(sd as double)],
  lambda d: case when d > 0 then 1 - ${TAIL} else ${TAIL} end
)[1]`;

/** The lower (`-`) or upper end of Wilson's score interval of x successes in n trials, z deviations wide (JASA 22, 1927). */
export const wilsonInterval = (side: '+' | '-'): string =>
  `(x, n, z) as (x + z * z / 2e0 ${side} z * sqrt(x * (n - x) / cast(n as double) + z * z / 4e0)) / (n + z * z)`;

/** Terms of the continued fraction: 50 leave an error of less than 0.1 % of the tail up to a million, 1e-11 up to 300. */
const TERMS = 50;

/**
 * The incomplete beta function's continued fraction (Abramowitz and Stegun, 26.5.8), from its last term to its first, two at a
 * time: one of an odd number about one of an even. It converges quickly where x is below (a + 1) / (a + b + 2).
 */
const betaBelow = (a: string, b: string, x: string): string => `exp(
  ${a} * ln(${x}) + ${b} * ln(1 - ${x}) + lgamma(${a} + ${b}) - lgamma(${a}) - lgamma(${b})
) / ${a} / (1 + list_reduce(
  list_transform(range(${TERMS}, 0, -2), lambda i: cast(i as double)),
  lambda f, i: -(${a} + (i - 2) / 2) * (${a} + ${b} + (i - 2) / 2) * ${x} / ((${a} + (i - 1) - 1) * (${a} + (i - 1))) / (1 +
    i / 2 * (${b} - i / 2) * ${x} / ((${a} + i - 1) * (${a} + i)) / (1 + f)),
  0e0
))`;

/** The beta distribution function. */
export const BETA_CDF = `(a, b, x) as case
  when x <= 0 then 0e0
  when x >= 1 then 1e0
  when x < (a + 1) / (a + b + 2e0) then ${betaBelow('cast(a as double)', 'cast(b as double)', 'cast(x as double)')}
  else 1 - ${betaBelow('cast(b as double)', 'cast(a as double)', '(1 - cast(x as double))')}
end`;

const TAIL_ABOVE = [
  '-7.784894002430293e-3',
  '-3.223964580411365e-1',
  '-2.400758277161838e0',
  '-2.549732539343734e0',
  '4.374664141464968e0',
  '2.938163982698783e0',
];
const TAIL_BELOW = [
  '7.784695709041462e-3',
  '3.224671290700398e-1',
  '2.445134137142996e0',
  '3.754408661907416e0',
  '1e0',
];
const MIDDLE_ABOVE = [
  '-3.969683028665376e1',
  '2.209460984245205e2',
  '-2.759285104469687e2',
  '1.383577518672690e2',
  '-3.066479806614716e1',
  '2.506628277459239e0',
];
const MIDDLE_BELOW = [
  '-5.447609879822406e1',
  '1.615858368580409e2',
  '-1.556989798598866e2',
  '6.680131188771972e1',
  '-1.328068155288572e1',
  '1e0',
];

const tailQuantile = (p: string): string => {
  const q = `sqrt(-2 * ln(${p}))`;
  return `${horner(TAIL_ABOVE, q)} / ${horner(TAIL_BELOW, q)}`;
};

/** The normal quantile, wrong by less than 1.2e-9 of it: P. J. Acklam's rational functions (2003). */
export const INVERSE_NORMAL_CDF = `(mean, sd, p) as mean + sd * case
  when p < 0.02425e0 then ${tailQuantile('cast(p as double)')}
  when p > 0.97575e0 then -(${tailQuantile('(1 - cast(p as double))')})
  else (p - 0.5e0) * ${horner(MIDDLE_ABOVE, '((p - 0.5e0) * (p - 0.5e0))')}
    / ${horner(MIDDLE_BELOW, '((p - 0.5e0) * (p - 0.5e0))')}
end`;
