/**
 * rollup: recomputes `recipient_messages` for the send days whose input changed. The table is derived data: what one run
 * misses, or loses to another run, the next run computes.
 */

import { concurrently } from '../concurrently.ts';
import { addDays } from '../days.ts';
import type { Ports } from '../ports.ts';
import { dayOfKey, generationKey, rollupFolder, rollupKey } from '../protocol/keys.ts';
import type { OpenUnit } from '../protocol/open-units.ts';
import { PUBLISHED_TYPES } from '../protocol/published.ts';
import { pointAtNewest } from '../protocol/readers.ts';
import { recipeOf } from '../protocol/recipe.ts';
import { createState, type Generation } from '../protocol/records.ts';
import { sealFiles } from '../protocol/settled-files.ts';
import type { Settings } from '../settings.ts';
import { quoteText } from '../sql/quote.ts';
import { inlineViews } from '../sql/views/inline.ts';
import { settingOf } from '../sql/views/seeds.ts';
import type { View } from '../sql/views/view.ts';
import { events, recipientMessages } from '../tables/index.ts';
import { inputOf, type StaleDay, staleSendDays } from './rollup/stale-days.ts';
import { inputRows } from './settle/select.ts';

export type RollupPorts = Pick<Ports, 'lake' | 'catalog' | 'engine' | 'clock'>;

export interface RollupOptions {
  settings: Settings;
  /** the views of sql/ with the seeds, and `recipient_messages`, the select of the rollup itself */
  views: readonly View[];
  select: string;
  /** `hourly`: only the last three send days; left out, for daily runs: every one that is stale */
  reach?: 'hourly' | 'all';
  /** send days whose files are not what they were, as somebody has found who looked at their bytes */
  damaged?: ReadonlySet<string>;
  /**
   * send days that are computed again at once for no other reason than that the SQL, a seed or a setting has changed, newest
   * first; left out: all there are
   */
  mostOutdated?: number;
  /** units that hold a backlog's send days back; left out: none does */
  open?: readonly OpenUnit[];
  /** runs under way at once; left out, one: an engine on this machine has all of it for each */
  runsAtOnce?: number;
  /** asked before each run; once it says no, the days that are left are stale still, for the next call */
  mayGoOn?: () => boolean;
  onDays?: (done: number, all: number) => void;
}

export interface RolledUp {
  dt: string;
  rows: number;
}

/** Send days that one query writes; Athena writes at most 100 partitions. */
const DAYS_A_RUN = 32;
/** Events of the send days of one query, roughly: what it holds in memory at once. Measured: 600,000 need over 512 MB. */
const ROWS_A_RUN = 200_000;
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
  const { settings, views, select, reach = 'all', open = [], onDays } = options;
  const window = attributionDays(views);
  const recipe = rollupRecipe(select, views);
  const { damaged = new Set<string>(), mostOutdated = Number.POSITIVE_INFINITY } = options;
  const stale = await staleSendDays(ports, { settings, window, reach, open, recipe, damaged, mostOutdated });
  const done: RolledUp[] = [];
  const { runsAtOnce = 1, mayGoOn = () => true } = options;
  await concurrently(runs(stale).reverse(), runsAtOnce, async (run) => {
    if (!mayGoOn()) return;
    const made = await rollupRun(ports, options, window, recipe, run);
    done.push(...made);
    onDays?.(done.length, stale.length);
  });
  return done.sort((a, b) => (a.dt < b.dt ? -1 : 1));
}

/**
 * Neighbouring days go into one run, so that a day of events is read few times, as long as their events are not too many.
 * A send day has about as many as happen on that day.
 */
function runs(days: readonly StaleDay[]): StaleDay[][] {
  const found: StaleDay[][] = [];
  let rows = 0;
  for (const day of days) {
    const run = found.at(-1);
    const [first] = run ?? [];
    const more = day.reads.find(({ dt }) => dt === day.dt)?.rows ?? 0;
    if (run && first && day.dt < addDays(first.dt, DAYS_A_RUN) && rows + more <= ROWS_A_RUN) {
      run.push(day);
      rows += more;
    } else {
      found.push([day]);
      rows = more;
    }
  }
  return found;
}

async function rollupRun(
  ports: RollupPorts,
  { views, select }: RollupOptions,
  window: number,
  recipe: string,
  days: readonly StaleDay[],
): Promise<RolledUp[]> {
  const { lake, engine, clock } = ports;
  const [first, last] = [days[0]?.dt, days.at(-1)?.dt];
  if (first === undefined || last === undefined) return [];
  const run = clock.nonce();
  const asOf = clock.now();
  await createState(lake, rollupKey(run), { run, days: Object.fromEntries(days.map(({ dt, n }) => [dt, n])) });

  const inputs = [...new Map(days.flatMap(({ reads }) => reads).map((read) => [read.dt, read])).values()].flatMap(
    (read) => read.inputs,
  );
  const location = rollupFolder(recipientMessages.name, run);
  const written =
    inputs.length === 0
      ? []
      : await engine.write({
          select: `${inlineViews(select, views, {
            events: inputRows(events.name, inputs),
            rollup_run: runConstants(
              asOf,
              days.map(({ dt }) => dt),
              window,
            ),
            rollup_published: publishedRows(days),
          })}\norder by dt, message_id, recipient_key`,
          table: recipientMessages.name,
          inputs,
          location,
          partitioned: true,
        });

  const files = await sealFiles(lake, written);
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
      file_list: ofDay,
      attempt_list: [],
      send_days: [],
      published,
      inputs: reads.map(inputOf),
      recipe,
    };
    if (!(await createState(lake, generationKey(recipientMessages.name, dt, n), generation))) return [];
    // A day on which nothing was sent has no partition, unless it had one before.
    if (rows > 0 || n > 0) await pointAtNewest(ports, recipientMessages.name, generation);
    return [{ dt, rows }];
  });
  return done.flat();
}

/** Characters of a statement that may be spent on scopes: Athena takes 262,144 in all, of which the views need 60,000. */
const MOST_SCOPES_TEXT = 150_000;

/**
 * The relation `rollup_published`: a row for each scope and run of send days that share what the days before show. Where
 * so many scopes don't fit into a statement there are none, and each day's own mail alone shows what is published.
 */
export function publishedRows(days: readonly Pick<StaleDay, 'dt' | 'published'>[]): string {
  const rows = days.flatMap(({ dt, published }) =>
    published.map(({ scope, types }) => ({ scope, types, from: dt, to: dt })),
  );
  const merged = [...Map.groupBy(rows, ({ scope, types }) => JSON.stringify([scope, types])).values()].flatMap(
    mergedDays,
  );
  const values = merged.map(
    ({ scope, types, from, to }) =>
      `(${quoteText(scope)}, date '${from}', date '${to}', ${PUBLISHED_TYPES.map((type) => types.includes(type)).join(', ')})`,
  );
  const none = "('', date '1970-01-01', date '1970-01-01', false, false, false, false, false, false)";
  const text = values.join(', ');
  return `select * from (values ${text === '' || text.length > MOST_SCOPES_TEXT ? none : text}) as listed (scope, first_send_date, last_send_date, has_sends, has_deliveries, has_opens, has_clicks, has_unsubscribes, has_complaints)`;
}

interface SeenDays {
  scope: string;
  types: readonly string[];
  from: string;
  to: string;
}

/** Neighbouring days as one row. @param rows in order of their days */
function mergedDays(rows: readonly SeenDays[]): SeenDays[] {
  const merged: SeenDays[] = [];
  for (const row of rows) {
    const last = merged.at(-1);
    if (last && addDays(last.to, 1) === row.from) last.to = row.to;
    else merged.push({ ...row });
  }
  return merged;
}

/** The relation `rollup_run`: one row that the select reads. */
function runConstants(asOf: number, days: readonly string[], attributionDays: number): string {
  const instant = new Date(asOf).toISOString().replace('T', ' ').replace('Z', '');
  return `select timestamp '${instant}' as as_of, date '${days[0]}' as first_send_date, date '${days.at(-1)}' as last_send_date, ${attributionDays} as attribution_days`;
}
