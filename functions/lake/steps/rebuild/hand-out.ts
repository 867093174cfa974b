/**
 * Moves a rebuild on where no process lives long enough for all of it: what is to be done is handed to workers, and each call looks how
 * far they have come. Units, days and send days are handed out once an hour each, until they are done; so a call that is made
 * twice hands nothing out twice, and what got lost comes again.
 */
import { concurrently } from '../../concurrently.ts';
import { utcDate } from '../../days.ts';
import type { UnitMessage } from '../../ports.ts';
import type { TableDay } from '../../protocol/day-files.ts';
import { expiredDays } from '../../protocol/expired.ts';
import { handedKey } from '../../protocol/keys.ts';
import { openUnits } from '../../protocol/open-units.ts';
import { RebuildStore } from '../../protocol/rebuild-store.ts';
import {
  daysMade,
  endOf,
  handOut,
  hasMark,
  isAdopted,
  newestRebuild,
  type Rebuild,
  rebuiltDay,
  setMark,
} from '../../protocol/rebuilds.ts';
import { createState, type Generation, rawPlans, readState } from '../../protocol/records.ts';
import {
  type DaysFound,
  lookAtDays,
  makeDue,
  planRebuild,
  type RebuildOptions,
  type RebuildPorts,
  type UnmadeDay,
} from '../rebuild.ts';
import type { RollupOptions } from '../rollup.ts';
import type { DayWork } from './day.ts';
import { sendDaysToSwitch } from './preview.ts';
import { plannedFor } from './readings.ts';
import { daysToTakeBack, switchToRebuild } from './switch.ts';

/** `made`: readers can be switched to it, once somebody says so. */
export type Stage = 'reading' | 'making days' | 'rolling up' | 'made' | 'switched' | 'going back' | 'dropped';

/** A day of a table for a worker: to be made, as a record says, or to be given back to readers as it was. */
export type DayMessage = TableDay & ({ rebuild: number; work: string } | { back: number });

export interface Moved {
  rebuild: number;
  is: Stage;
  /** units, days of tables, or groups of send days that this stage still has to do */
  left: number;
  /** days of tables that can't be made, or not yet, by reason */
  unmade: Partial<Record<UnmadeDay['why'], number>>;
  /** raw objects that are gone or were rewritten since they were read: their days stay as they are */
  lost: string[];
  /** what is to be queued now */
  units: UnitMessage[];
  days: DayMessage[];
  sendDays: { days: string[]; rebuild: number }[];
}

/** Days of tables that are handed out at once: the queue has days of live mail, too, which are not to wait for hours. */
const MOST_DAYS = 1000;
const AT_ONCE = 16;

const nothing = { left: 0, unmade: {}, lost: [], units: [], days: [], sendDays: [] };

/** Does what is missing: of a rebuild that it was decided about, of the switch. @throws as `switchNow` */
export async function moveOn(ports: RebuildPorts, rebuild: Rebuild, now: SwitchNow): Promise<Moved> {
  if (await endOf(ports.lake, rebuild.n)) return switchNow(ports, rebuild, now);
  return (await move(ports, rebuild, now.rollup)).moved;
}

async function move(
  ports: RebuildPorts,
  rebuild: Rebuild,
  options: RollupOptions,
): Promise<{ moved: Moved; found?: DaysFound }> {
  const { lake, clock } = ports;
  const { n } = rebuild;
  const own = new RebuildStore(lake, n);
  // Anew each day: what was read since is read again, before the collector takes its live files.
  const plannedToday = handedKey(n, 'planned', utcDate(clock.now()));
  if ((await readState(lake, plannedToday)) === null) {
    await planRebuild(ports, rebuild);
    await createState(lake, plannedToday, {});
  }
  const open = await openUnits(own, { everything: true });
  if (open.length > 0) {
    const plans = (await Array.fromAsync(rawPlans(own))).length;
    const isOurs = (await handOut(ports, n, `units-${plans}`, {})) !== null;
    const units = isOurs ? open.map(({ unit, plan }) => ({ unit, plan, rebuild: n })) : [];
    return { moved: { ...nothing, rebuild: n, is: 'reading', left: open.length, units } };
  }
  const found = await lookAtDays(ports, rebuild);
  const seen = { ...nothing, rebuild: n, ...reasons(found.unmade) };
  if (found.due.length > 0) {
    const days = await handOutDays(ports, n, found.due);
    return { moved: { ...seen, is: 'making days', left: found.due.length, days } };
  }
  const groups = await sendDaysToSwitch(ports, rebuild, options);
  if (groups.length > 0) {
    const handed = await concurrently(groups, AT_ONCE, async (days) => {
      const name = `send-days/${days[0]}_${days.at(-1)}_${days.length}`;
      return (await handOut(ports, n, name, { days })) === null ? [] : [{ days, rebuild: n }];
    });
    return { moved: { ...seen, is: 'rolling up', left: groups.length, sendDays: handed.flat() } };
  }
  await setMark(lake, n, 'made', clock.now());
  return { moved: { ...seen, is: 'made' }, found };
}

/** The newest first. */
async function handOutDays(ports: RebuildPorts, n: number, due: readonly DayWork[]): Promise<DayMessage[]> {
  const handed = await concurrently(due.slice(-MOST_DAYS).reverse(), AT_ONCE, async (work): Promise<DayMessage[]> => {
    const { table, dt, generation } = work;
    const key = await handOut(ports, n, `dt=${dt}/${table}/${generation}`, work);
    return key === null ? [] : [{ table, dt, rebuild: n, work: key }];
  });
  return handed.flat();
}

function reasons(unmade: readonly UnmadeDay[]): Pick<Moved, 'unmade' | 'lost'> {
  const counts = [...Map.groupBy(unmade, ({ why }) => why)].map(([why, days]) => [why, days.length]);
  return { unmade: Object.fromEntries(counts), lost: [...new Set(unmade.flatMap(({ keys }) => keys))].sort() };
}

export interface SwitchNow {
  today: Pick<RebuildOptions, 'version'>;
  rollup: RollupOptions;
  isOutOfTime: () => boolean;
}

/**
 * Switches readers, if all is made; else what has changed since is handed out, and the call is to be made again. Once it is decided,
 * each call goes on with what is left.
 * @throws Error if the rebuild was dropped, or read with other code than today's
 */
export async function switchNow(
  ports: RebuildPorts,
  rebuild: Rebuild,
  { today, rollup, isOutOfTime }: SwitchNow,
): Promise<Moved> {
  const { lake, clock } = ports;
  const { n } = rebuild;
  const end = await endOf(lake, n);
  if (end?.is === 'dropped') throw new Error(`rebuild ${n} was dropped: begin a new one`);
  const isDecided = end !== null;
  if (!isDecided && rebuild.version !== today.version) throw new Error(otherCode(n));
  const { moved, found = await lookAtDays(ports, rebuild) } = isDecided
    ? { moved: null }
    : await move(ports, rebuild, rollup);
  if (moved && moved.is !== 'made') return moved;
  const { left } = await switchToRebuild(ports, rebuild, today, { days: found, isOutOfTime });
  const days = await handOutDays(ports, n, found.due);
  if (left.length + found.due.length === 0) await setMark(lake, n, 'over', clock.now());
  return {
    ...nothing,
    rebuild: n,
    is: 'switched',
    ...reasons(found.unmade),
    left: left.length + found.due.length,
    days,
  };
}

export const otherCode = (n: number): string =>
  `rebuild ${n} was begun with other code or settings than today's: begin again`;

/** Hands out what readers see of the rebuild, to be given back as it was. @throws Error if there is no way back */
export async function goBackNow(ports: RebuildPorts, { n }: Rebuild): Promise<Moved> {
  const days = await daysToTakeBack(ports, n);
  // Nobody goes on with the switch.
  await setMark(ports.lake, n, 'over', ports.clock.now());
  const handed = await concurrently(days, AT_ONCE, async ({ table, dt }): Promise<DayMessage[]> => {
    const isOurs = (await handOut(ports, n, `back/dt=${dt}/${table}`, {})) !== null;
    return isOurs ? [{ table, dt, back: n }] : [];
  });
  return { ...nothing, rebuild: n, is: 'going back', left: days.length, days: handed.flat() };
}

/**
 * The newest rebuild, if it goes on without a person: until all is made once, by the code and settings that it was begun with, and
 * until a switch is over.
 */
export async function rebuildThatGoesOn(
  lake: RebuildPorts['lake'],
  { version }: Pick<RebuildOptions, 'version'>,
): Promise<Rebuild | null> {
  const rebuild = await newestRebuild(lake);
  if (!rebuild) return null;
  const end = await endOf(lake, rebuild.n);
  if (end?.is === 'dropped' || (await hasMark(lake, rebuild.n, end ? 'over' : 'made'))) return null;
  return end || rebuild.version === version ? rebuild : null;
}

/** Makes a day that was handed out; null if somebody has made it, it has expired, or the rebuild was dropped. */
export async function makeHanded(ports: RebuildPorts, n: number, key: string): Promise<Generation | UnmadeDay | null> {
  const { lake } = ports;
  const work = await readState<DayWork>(lake, key);
  if (!work || (await endOf(lake, n))?.is === 'dropped') return null;
  if ((await rebuiltDay(lake, n, work)) || (await isAdopted(lake, n, work))) return null;
  if ((await expiredDays(lake)).has(work.table, work.dt)) return null;
  return makeDue(ports, n, work);
}

/** Where a rebuild is, in counts, by a few reads. */
export interface Standing {
  rebuild: number;
  from: string | null;
  to: string | null;
  is: 'under way' | 'made' | 'switched' | 'dropped';
  /** is it read by the code and settings of who asks? null: not known */
  isOfToday: boolean | null;
  units: number;
  units_left: number;
  /** days of tables, by table, that are made */
  days: Record<string, number>;
}

/** Null if there never was one. */
export async function standing(lake: RebuildPorts['lake'], version: string | null): Promise<Standing | null> {
  const rebuild = await newestRebuild(lake);
  if (!rebuild) return null;
  const { n, from, to } = rebuild;
  const end = await endOf(lake, n);
  const own = new RebuildStore(lake, n);
  const days = [...Map.groupBy(await daysMade(lake, n), ({ table }) => table)];
  return {
    rebuild: n,
    from,
    to,
    is: end?.is ?? ((await hasMark(lake, n, 'made')) ? 'made' : 'under way'),
    isOfToday: version === null ? null : rebuild.version === version,
    units: (await plannedFor(lake, n)).units.size,
    units_left: (await openUnits(own, { everything: true })).length,
    days: Object.fromEntries(days.map(([table, ofTable]) => [table, ofTable.length])),
  };
}
