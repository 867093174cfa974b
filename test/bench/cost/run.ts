/**
 * What a lake costs a month, by volume: two days of different volume are played (play.ts), and other volumes are read from the
 * straight line through both, because a step makes a fixed number of calls a day, and some for each record.
 *
 * `npm run bench:cost [days]`: the lake's age, 30 days by default, in about a minute; a year takes some ten
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { config } from '../../../maillake.config.ts';
import { configOf } from '../../../stacks/config.ts';
import { alarmsOf } from '../../../stacks/spec/alarms.ts';
import { placesOf } from '../../../stacks/spec/places.ts';
import { type Day, monthlyCost } from './prices.ts';

const DAYS = Number(process.argv[2] ?? 30);
const PLAYED = { few: 100, many: 1100 };
const VOLUMES = [1_000, 10_000, 100_000, 1_000_000];
/** Firehose waits for 5 minutes: the generator gathers mail into fewer objects. Each becomes a unit. */
const OBJECTS_A_DAY = 288;
const BY_VOLUME: ReadonlySet<string> = new Set(['ms', 'bytes read', 'billed']);

const stage = { app: config.app, stage: 'production' };
const settled = configOf(config, stage.stage);
const places = placesOf(stage, { account: '123456789012', region: settled.region, partition: 'aws' }, settled);
const alarms = alarmsOf(settled, stage, places).flatMap(({ metrics }) => metrics).length;

const [few, many] = await Promise.all([playAside(PLAYED.few), playAside(PLAYED.many)]);

printSteps(many);
const costs = VOLUMES.map((daily) =>
  monthlyCost(along(few, many, (daily - PLAYED.few) / (PLAYED.many - PLAYED.few)), alarms),
);
const items = [...(costs[0]?.keys() ?? [])];
console.log(`\nDollars a month, a lake of ${DAYS} days, by mails a day:`);
printRow(
  '',
  VOLUMES.map((daily) => daily.toLocaleString('en')),
);
for (const item of items)
  printRow(
    item,
    costs.map((cost) => (cost.get(item) ?? 0).toFixed(2)),
  );
printRow(
  'all',
  costs.map((cost) => sum([...cost.values()]).toFixed(2)),
);
printRow(
  'for 1,000 mails',
  costs.map((cost, i) => (sum([...cost.values()]) / ((VOLUMES[i] ?? 0) * 30 * 1e-3)).toFixed(4)),
);

/**
 * The day that lies at `at` on the line from one day (0) to another (1): bytes and the time to work on them. What is asked for
 * goes by the objects of a day, and these are as many as Firehose makes whatever the volume.
 */
function along(from: Day, to: Day, at: number): Day {
  const [least = 0, most = 0] = [from, to].map(({ steps }) => steps.get('transform')?.runs);
  const atObjects = (OBJECTS_A_DAY - least) / (most - least);
  const between = (a: number, b: number, place = at): number => Math.max(0, a + (b - a) * place);
  const steps = new Map(
    [...to.steps].map(([step, tally]) => {
      const other = from.steps.get(step) ?? {};
      const values = Object.entries(tally).map(([what, n]) => {
        const place = BY_VOLUME.has(what) ? at : atObjects;
        return [what, between(other[what] ?? 0, n, place)] as const;
      });
      return [step, Object.fromEntries(values)];
    }),
  );
  return {
    records: between(from.records, to.records),
    rawBytes: between(from.rawBytes, to.rawBytes),
    lakeBytes: {
      kept: between(from.lakeBytes.kept, to.lakeBytes.kept),
      replaced: between(from.lakeBytes.replaced, to.lakeBytes.replaced),
    },
    steps,
  };
}

async function playAside(mails: number): Promise<Day> {
  const thread = new Worker(new URL('./play-thread.ts', import.meta.url), { workerData: { mails, days: DAYS } });
  const [day] = await once(thread, 'message');
  return day;
}

function printSteps({ steps }: Day): void {
  const columns = ['runs', 'ms', 'LIST', 'GET', 'PUT', 'Glue', 'SQS', 'queries', 'bytes read'];
  console.log(`What a day of ${PLAYED.many} mails asks for:`);
  console.log(['step'.padEnd(14), ...columns.map((column) => column.padStart(12))].join(''));
  for (const [name, of] of [...steps].sort(([a], [b]) => (a < b ? -1 : 1))) {
    console.log(
      [name.padEnd(14), ...columns.map((column) => String(Math.round(of[column] ?? 0)).padStart(12))].join(''),
    );
  }
}

function printRow(item: string, values: readonly string[]): void {
  console.log([item.padEnd(20), ...values.map((value) => value.padStart(12))].join(''));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
