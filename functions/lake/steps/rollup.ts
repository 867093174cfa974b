/**
 * rollup: recomputes `recipient_messages` for the send days whose input changed. Derived data: whatever a run missed or
 * lost a race for, the next one mends. design: "The protocol", rollup.
 */
import type { Input, Ports } from '../ports.ts';
import type { Settings } from '../settings.ts';
import { inlineViews } from '../sql/inline.ts';
import type { View } from '../sql/view.ts';
import { events, recipientMessages } from '../tables/index.ts';
import { concurrently } from './concurrent.ts';
import { addDays } from './day.ts';
import { dayOfKey, generationKey, rollupFolder, rollupKey } from './layout.ts';
import { liveDays, Outcomes, unseenAttempts } from './live.ts';
import { pointAtNewest, settledInput } from './settle.ts';
import { inputRows } from './settle-select.ts';
import { createState, type Generation, newestGeneration, type RollupInput } from './state.ts';

export type RollupPorts = Pick<Ports, 'lake' | 'catalog' | 'engine' | 'clock'>;

export interface RollupOptions {
  settings: Settings;
  /** the views of sql/, and `recipient_messages`, the select of the rollup itself */
  views: readonly View[];
  select: string;
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
/** Reads and small writes under way at once. */
const AT_ONCE = 16;
/** Rows of unreadable times lie there: no mail was sent then. */
const NO_DAY = '1970-01-01';

/** What one day of events offers to readers of immutable locations. */
interface DayInput extends RollupInput {
  inputs: Input[];
  sendDays: string[];
  rows: number;
}

/** A send day whose input isn't what its newest generation read; n is the next one. */
interface StaleDay {
  dt: string;
  n: number;
  reads: DayInput[];
}

/** Recomputes every send day that is stale. */
export async function rollup(ports: RollupPorts, options: RollupOptions): Promise<RolledUp[]> {
  const window = options.settings.attributionDays;
  const available = await eventDays(ports);
  const candidates = await concurrently(bySendDay(available, window), AT_ONCE, async ([dt, reads]) => {
    const newest = await newestGeneration(ports.lake, recipientMessages.name, dt);
    return isSameInput(newest?.inputs ?? [], reads) ? [] : [{ dt, n: (newest?.generation ?? -1) + 1, reads }];
  });
  const stale: StaleDay[] = candidates.flat();
  const done: RolledUp[] = [];
  for (const run of runs(stale)) {
    done.push(...(await rollupRun(ports, options, run)));
    options.onDays?.(done.length, stale.length);
  }
  return done;
}

/**
 * The send days there are, in order, each with the days of events that hold something of its mail: from the day before
 * (clocks differ) to the end of the attribution window.
 */
function bySendDay(available: readonly DayInput[], window: number): [dt: string, reads: DayInput[]][] {
  const found = new Map<string, DayInput[]>();
  for (const input of available) {
    for (const dt of input.sendDays) {
      if (dt === NO_DAY || input.dt < addDays(dt, -1) || input.dt > addDays(dt, window)) continue;
      const reads = found.get(dt);
      if (reads) reads.push(input);
      else found.set(dt, [input]);
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** By day of events: the newest generation and the live attempts that it hasn't seen. */
async function eventDays({ lake }: RollupPorts): Promise<DayInput[]> {
  const outcomes = new Outcomes(lake);
  const dts = (await liveDays(lake, events.name)).filter((dt) => dt !== NO_DAY);
  const found = await concurrently(dts, AT_ONCE, async (dt): Promise<DayInput | null> => {
    const newest = await newestGeneration(lake, events.name, dt);
    const unseen = await unseenAttempts(lake, outcomes, events.name, dt, new Set(newest?.attempt_list));
    const keys = unseen.flatMap(({ files }) => files.map(({ key }) => key));
    const inputs: Input[] = [];
    if (newest && newest.file_list.length > 0) inputs.push(settledInput(newest));
    if (keys.length > 0) inputs.push({ table: events.name, stage: 'live', dt, keys });
    if (inputs.length === 0) return null;
    const sendDays = [...new Set([newest?.send_days ?? [], ...unseen.map(({ send_days }) => send_days)].flat())];
    const attempts = unseen.map(({ attempt }) => attempt);
    const rows = unseen.reduce((sum, attempt) => sum + attempt.rows, newest?.rows_out ?? 0);
    return { dt, generation: newest?.generation ?? null, attempts, inputs, sendDays, rows };
  });
  return found.filter((day) => day !== null);
}

const isSameInput = (before: readonly RollupInput[], now: readonly RollupInput[]): boolean =>
  JSON.stringify(before.map(inputOf)) === JSON.stringify(now.map(inputOf));

const inputOf = ({ dt, generation, attempts }: RollupInput): RollupInput => ({ dt, generation, attempts });

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
  { settings, views, select }: RollupOptions,
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
  const files =
    inputs.length === 0
      ? []
      : await engine.write({
          select: `${inlineViews(select, views, {
            events: inputRows(events.name, inputs),
            rollup_run: runConstants(
              asOf,
              days.map(({ dt }) => dt),
              settings.attributionDays,
            ),
          })}\norder by dt, message_id, recipient_key`,
          table: recipientMessages.name,
          inputs,
          location,
          partitioned: true,
        });

  const done = await concurrently(days, AT_ONCE, async ({ dt, n, reads }): Promise<RolledUp[]> => {
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
      file_list: ofDay.map(({ key, rows: count, bytes }) => ({ key, rows: count, bytes })),
      attempt_list: [],
      send_days: [],
      inputs: reads.map(inputOf),
    };
    if (!(await createState(lake, generationKey(recipientMessages.name, dt, n), generation))) return [];
    // A day on which nothing was sent has no partition, unless it had one before.
    if (rows > 0 || n > 0) await pointAtNewest(ports, recipientMessages.name, generation);
    return [{ dt, rows }];
  });
  return done.flat();
}

/** The relation `rollup_run`: one row that the select reads. */
function runConstants(asOf: number, days: readonly string[], attributionDays: number): string {
  const instant = new Date(asOf).toISOString().replace('T', ' ').replace('Z', '');
  return `select timestamp '${instant}' as as_of, date '${days[0]}' as first_send_date, date '${days.at(-1)}' as last_send_date, ${attributionDays} as attribution_days`;
}
