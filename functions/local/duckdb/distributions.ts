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
