/**
 * The price of a day that play.ts has counted: list prices of US East (N. Virginia) in dollars, from public pages of the
 * first half of 2026, without free tiers. Where a time is assumed and not counted, it is assumed too long rather than too
 * short.
 */
import { athenaDollars } from '#aws/athena-price.ts';
import { FIGURES } from '#aws/metrics.ts';
import { isLambda, LAMBDAS } from '../../../stacks/spec/lambdas.ts';

const MILLION = 1e6;
const PRICES = {
  'S3 LIST and PUT': 5 / MILLION,
  'S3 GET': 0.4 / MILLION,
  'S3 storage, GB and month': 0.023,
  Glue: 1 / MILLION,
  SQS: 0.4 / MILLION,
  'Lambda, GB and second, arm64': 0.0000133334,
  'Lambda, calls': 0.2 / MILLION,
  'Firehose, GB': 0.029,
  'CloudWatch, metric and month': 0.3,
  'CloudWatch, alarm and month': 0.1,
} as const;

const DAYS_OF_MONTH = 30;
/** Seconds that a request takes, one after another (assumed: 30 ms), and a query of Athena's that somebody waits for. */
const SECONDS = { request: 0.03, query: 5 };
/**
 * Requests that Athena makes in the name of who asks: of a file its length, its footer and its column chunks; of a query the
 * listings of its partitions, its output, manifest and metadata. Assumed, as no account has counted them.
 */
const ATHENA = { getsAFile: 20, putsAQuery: 12 };
/** "Amazon Data Firehose pricing": records are rounded up to 5 KB each, and events of mail are smaller. */
const RECORD_GIGABYTES = 5e-6;
/** Lambda asks each of three queues with five pollers, each of which waits for 20 seconds. */
const POLLS_A_DAY = (3 * 5 * 86_400) / 20;
/** Metrics cost by the hours in which they are sent; of a fault, that is none in a good month. */
const METRIC_MONTHS = Object.values(FIGURES).reduce(
  (sum, { sent }) => sum + (sent === 'hourly' ? 1 : sent === 'daily' ? 1 / 24 : 0),
  0,
);
/** What the lake has replaced is kept for a day, and then for `graceDays`. */
const DAYS_REPLACED = 15;

/** Of a step: how often it ran, and what it asked for. */
export type Tally = Readonly<Record<string, number>>;

export interface Day {
  records: number;
  rawBytes: number;
  /** bytes that the lake keeps of the day's mail, and those that the day has replaced */
  lakeBytes: { kept: number; replaced: number };
  steps: ReadonlyMap<string, Tally>;
}

/** Dollars a month by item. Storage is that of the month's own mail. @param alarms metrics that alarms look at */
export function monthlyCost({ records, rawBytes, lakeBytes, steps }: Day, alarms: number): Map<string, number> {
  const sum = (value: (of: Tally, step: string) => number): number =>
    [...steps].reduce((total, [step, of]) => total + value(of, step), 0) * DAYS_OF_MONTH;
  const gigabytes = ((rawBytes + lakeBytes.kept) * DAYS_OF_MONTH + lakeBytes.replaced * DAYS_REPLACED) / 1e9;
  return new Map([
    ['Firehose', records * RECORD_GIGABYTES * PRICES['Firehose, GB'] * DAYS_OF_MONTH],
    [
      'S3 requests',
      sum(({ LIST = 0, PUT = 0, GET = 0 }) => (LIST + PUT) * PRICES['S3 LIST and PUT'] + GET * PRICES['S3 GET']),
    ],
    [
      "Athena's S3 requests",
      sum(
        ({ files = 0, queries = 0 }) =>
          files * ATHENA.getsAFile * PRICES['S3 GET'] + queries * ATHENA.putsAQuery * PRICES['S3 LIST and PUT'],
      ),
    ],
    ['S3 storage', gigabytes * PRICES['S3 storage, GB and month']],
    [
      'Lambda',
      sum(
        (of, step) =>
          gigabyteSeconds(of, step) * PRICES['Lambda, GB and second, arm64'] + (of.runs ?? 0) * PRICES['Lambda, calls'],
      ),
    ],
    ['Athena', sum(({ billed = 0 }) => athenaDollars(billed))],
    ['Glue', sum(({ Glue = 0 }) => Glue * PRICES.Glue)],
    ['SQS', sum(({ SQS = 0 }) => SQS * PRICES.SQS) + POLLS_A_DAY * DAYS_OF_MONTH * PRICES.SQS],
    ['CloudWatch metrics', METRIC_MONTHS * PRICES['CloudWatch, metric and month']],
    ['CloudWatch alarms', alarms * PRICES['CloudWatch, alarm and month']],
  ]);
}

/** Where Athena works the function waits; everything else is counted as measured here, with the requests after it. */
function gigabyteSeconds(tally: Tally, step: string): number {
  const { ms = 0, queries = 0, LIST = 0, GET = 0, PUT = 0, Glue = 0 } = tally;
  const own = queries > 0 ? 0 : ms / 1000;
  const seconds = own + (LIST + GET + PUT + Glue) * SECONDS.request + queries * SECONDS.query;
  return (seconds * memoryOf(step)) / 1024;
}

function memoryOf(step: string): number {
  const name = step.replace(/ .*/, '');
  if (!isLambda(name)) throw new Error(`no function does this step: ${step}`);
  return LAMBDAS[name].memory;
}
