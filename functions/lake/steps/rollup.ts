/**
 * rollup: recomputes `recipient_messages` for the send days whose input changed. The table is derived data: what one run
 * misses, or loses to another run, the next run computes.
 *
 * A run is what one call computes together: neighbouring send days, or one day that is too large for one query, in parts
 * (rollup/parts.ts). Its files lie below one location that nobody else uses, and a day's record is created once all of
 * them are there: a run that dies before leaves files that no record names.
 */

import { concurrently } from '../concurrently.ts';
import { addDays } from '../days.ts';
import type { Input, Ports, WrittenFile } from '../ports.ts';
import { dayOfKey, generationKey, rollupFolder, rollupKey } from '../protocol/keys.ts';
import type { OpenUnit } from '../protocol/open-units.ts';
import { pointAtNewest } from '../protocol/readers.ts';
import { recipeOf } from '../protocol/recipe.ts';
import { createState, type Generation } from '../protocol/records.ts';
import { sealFiles } from '../protocol/settled-files.ts';
import type { Settings } from '../settings.ts';
import { inlineViews } from '../sql/views/inline.ts';
import { settingOf } from '../sql/views/seeds.ts';
import type { View } from '../sql/views/view.ts';
import { events, recipientMessages } from '../tables/index.ts';
import { columnNames } from '../tables/table.ts';
import { partsOf, shownByParts } from './rollup/parts.ts';
import { type RunRelations, runRelations } from './rollup/relations.ts';
import { inputOf, rowsOn, type StaleDay, staleSendDays } from './rollup/stale-days.ts';
import { inputRows } from './settle/select.ts';

export type RollupPorts = Pick<Ports, 'lake' | 'catalog' | 'engine' | 'clock'>;

export interface RollupOptions {
  settings: Settings;
  /** the views of sql/ with the seeds, and `recipient_messages`, the select of the rollup itself */
  views: readonly View[];
  select: string;
  /** `hourly`: only the last three send days; left out, for daily runs: every one that is stale */
  reach?: 'hourly' | 'all';
  /** send days whose files an audit has found damaged */
  damaged?: ReadonlySet<string>;
  /**
   * send days that are computed again at once for no other reason than that the SQL, a seed or a setting has changed, newest
   * first; left out: all there are
   */
  mostOutdated?: number;
  /** units that hold a backlog's send days back; left out: none does */
  open?: readonly OpenUnit[];
  /**
   * events of its send days that one query takes in, roughly: what it holds in memory at once. Left out: what an engine on
   * this machine can hold
   */
  rowsAtOnce?: number;
  /**
   * queries of a day in parts that run at once; left out, one: an engine on this machine gives all of its memory to
   * each
   */
  queriesAtOnce?: number;
  onDays?: (done: number, all: number) => void;
}

export interface RolledUp {
  dt: string;
  rows: number;
}

/** Send days that one query writes; Athena writes at most 100 partitions. */
const DAYS_A_RUN = 32;
/** Measured: 600,000 need over 512 MB. */
const ROWS_AT_ONCE = 200_000;
/** An engine may have the cores for two small ones; it takes large ones in turn. */
const RUNS_AT_ONCE = 2;
/** Small writes under way at once. */
const AT_ONCE = 16;

/** Days after the send day in which events still count for a mail (sql/seeds/settings.csv, `attribution_days`). */
export function attributionDays(views: readonly View[]): number {
  const days = Number(settingOf(views, 'attribution_days'));
  if (!Number.isSafeInteger(days) || days < 0) {
    throw new Error(`seeds/settings.csv: attribution_days is not a number of days: ${days}`);
  }
  return days;
}

/**
 * What decides the rows of a send day, whatever its inputs: the select, each view and seed that it reads, and the window.
 */
export const rollupRecipe = (select: string, views: readonly View[]): string =>
  recipeOf(inlineViews(select, views, { events: 'select 0', rollup_run: 'select 0' }), [attributionDays(views)]);

/** Recomputes every send day in reach that is stale, the newest first. */
export async function rollup(ports: RollupPorts, options: RollupOptions): Promise<RolledUp[]> {
  const stale = await staleDays(ports, options);
  const done: RolledUp[] = [];
  await concurrently(runs(stale, options), RUNS_AT_ONCE, async (run) => {
    done.push(...(await rollupRun(ports, options, run)));
    options.onDays?.(done.length, stale.length);
  });
  return done.sort((a, b) => (a.dt < b.dt ? -1 : 1));
}

/**
 * The stale send days in reach, in the groups that are computed together, the newest first. Each is to be handed to
 * `rollupDays`, which looks again.
 */
export async function daysToRollUp(ports: RollupPorts, options: RollupOptions): Promise<string[][]> {
  return runs(await staleDays(ports, options), options).map((run) => run.map(({ dt }) => dt));
}

/** Recomputes those of the days that are stale; costs a look at the days of events that they read. */
export async function rollupDays(
  ports: RollupPorts,
  options: RollupOptions,
  days: readonly string[],
): Promise<RolledUp[]> {
  const done: RolledUp[] = [];
  const stale = await staleDays(ports, options, new Set(days));
  for (const run of runs(stale, options)) done.push(...(await rollupRun(ports, options, run)));
  return done;
}

const staleDays = (
  ports: RollupPorts,
  {
    settings,
    views,
    select,
    reach = 'all',
    open = [],
    damaged = new Set<string>(),
    mostOutdated = Number.POSITIVE_INFINITY,
  }: RollupOptions,
  days?: ReadonlySet<string>,
): Promise<StaleDay[]> =>
  staleSendDays(ports, {
    settings,
    window: attributionDays(views),
    reach,
    open,
    recipe: rollupRecipe(select, views),
    damaged,
    mostOutdated,
    ...(days ? { days } : {}),
  });

/**
 * Neighbouring days go into one run, so that a day of events is read few times, as long as their events are not too many.
 * The newest run comes first; the days of a run are in order.
 */
function runs(days: readonly StaleDay[], { rowsAtOnce = ROWS_AT_ONCE }: RollupOptions): StaleDay[][] {
  const found: StaleDay[][] = [];
  let rows = 0;
  for (const day of days) {
    const run = found.at(-1);
    const [first] = run ?? [];
    const more = rowsOn(day);
    if (run && first && day.dt < addDays(first.dt, DAYS_A_RUN) && rows + more <= rowsAtOnce) {
      run.push(day);
      rows += more;
    } else {
      found.push([day]);
      rows = more;
    }
  }
  return found.reverse();
}

async function rollupRun(ports: RollupPorts, options: RollupOptions, days: readonly StaleDay[]): Promise<RolledUp[]> {
  const { lake, clock } = ports;
  const run = clock.nonce();
  const asOf = clock.now();
  await createState(lake, rollupKey(run), { run, days: Object.fromEntries(days.map(({ dt, n }) => [dt, n])) });

  const inputs = [...new Map(days.flatMap(({ reads }) => reads).map((read) => [read.dt, read])).values()].flatMap(
    (read) => read.inputs,
  );
  const location = rollupFolder(recipientMessages.name, run);
  const files = await sealFiles(lake, await writeDays(ports, options, { asOf, days, inputs, location }));
  const recipe = rollupRecipe(options.select, options.views);
  const done = await concurrently(days, AT_ONCE, async ({ dt, n, reads, published }): Promise<RolledUp[]> => {
    const ofDay = files.filter(({ key }) => dayOfKey(key) === dt);
    const rows = ofDay.reduce((sum, file) => sum + file.rows, 0);
    const generation: Generation = {
      table_name: recipientMessages.name,
      dt,
      generation: n,
      location: `${location}dt=${dt}/`,
      files: ofDay.length,
      attempts: 0,
      rows_in: rows,
      rows_out: rows,
      duplicates: 0,
      created_at: clock.now(),
      erased: 0,
      file_list: ofDay,
      attempt_list: [],
      send_days: [],
      published,
      inputs: reads.map(inputOf),
      recipe,
      ...erasuresIn(reads),
    };
    if (!(await createState(lake, generationKey(recipientMessages.name, dt, n), generation))) return [];
    // A day on which nothing was sent has no partition, unless it had one before.
    if (rows > 0 || n > 0) await pointAtNewest(ports, recipientMessages.name, generation);
    return [{ dt, rows }];
  });
  return done.flat();
}

/** What is computed from rows is looked through as far as these are. */
const erasuresIn = (reads: StaleDay['reads']): Pick<Generation, 'erasures'> => {
  const known = reads.flatMap(({ erasures = [] }) => erasures);
  return known.length === 0 ? {} : { erasures: Math.min(...known) };
};

interface Run {
  asOf: number;
  days: readonly StaleDay[];
  inputs: readonly Input[];
  location: string;
}

/** All files of a run: by one query, or of one day with too many events by one for each of its parts. */
async function writeDays(
  { engine }: RollupPorts,
  { views, select, rowsAtOnce = ROWS_AT_ONCE, queriesAtOnce = 1 }: RollupOptions,
  { asOf, days, inputs, location }: Run,
): Promise<WrittenFile[]> {
  if (inputs.length === 0) return [];
  const window = attributionDays(views);
  const lives = (relations: RunRelations, condition?: string): string =>
    inlineViews(select, views, { events: inputRows(events.name, inputs, condition), ...relations });
  const whole = { asOf, days, window };
  const table = recipientMessages.name;
  const [day] = days;
  const parts = day && days.length === 1 ? await partsOf(engine, day, inputs, rowsAtOnce) : [];
  if (!day || parts.length < 2) {
    const ordered = `${lives(runRelations(whole))}\norder by dt, message_id, recipient_key`;
    return engine.write({ select: ordered, table, inputs, location, partitioned: true });
  }
  const shown = await shownByParts(
    parts,
    queriesAtOnce,
    async (sql) => (await engine.query(sql, inputs)).rows,
    (part) => lives(runRelations({ ...whole, days: [{ dt: day.dt, published: [] }] }), part),
  );
  const columns = columnNames(recipientMessages).join(', ');
  const written = await concurrently([...parts.entries()], queriesAtOnce, ([i, part]) =>
    engine.write({
      select: `select ${columns} from (\n${lives(runRelations({ ...whole, shown: shown[i] ?? [] }), part)}\n) as lives\norder by message_id, recipient_key`,
      table,
      inputs,
      location: `${location}dt=${day.dt}/${i}/`,
      partitioned: false,
    }),
  );
  return written.flat();
}
