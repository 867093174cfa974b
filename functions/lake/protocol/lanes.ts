/** Decides whether a unit is queued as live work or as backfill. */
import { HOUR_MS } from '../days.ts';
import { LANES, type Lane, type Ports, type UnitMessage } from '../ports.ts';
import type { Settings } from '../settings.ts';
import { hourOfPrefix, REACH_HOURS } from './raw-prefixes.ts';
import { sourceOf } from './raw-sources.ts';

/** What decides a unit's lane. */
export interface LaneUnit {
  rawPrefix: string;
  /** last-modified of its newest object, epoch ms; only asked for in layouts without hours */
  newestModified?: number;
  /** left out: `first` */
  kind?: string;
}

/** A raw hour is live while the planner lists it every hour. */
const LIVE_MS = REACH_HOURS.hourly * HOUR_MS;

/**
 * The queue of a unit: `live` if its raw hour is at most 26 hours ago, of a layout without hours if its newest
 * object is as young or it is not known. A replay is never live.
 */
export function laneOf(
  { rawPrefix, newestModified = Number.POSITIVE_INFINITY, kind }: LaneUnit,
  settings: Pick<Settings, 'rawTemplate' | 'objectNameOffsetHours' | 'otherSources'>,
  now: number,
): Lane {
  if (kind === 'replay') return 'backfill';
  const { rawTemplate, objectNameOffsetHours } = sourceOf(settings, rawPrefix);
  const hour = rawTemplate === null ? null : hourOfPrefix(rawTemplate, rawPrefix, objectNameOffsetHours);
  return now - (hour ?? newestModified) <= LIVE_MS ? 'live' : 'backfill';
}

/** Queues units, each in its lane. */
export async function queueUnits(
  { queue, clock }: Pick<Ports, 'queue' | 'clock'>,
  settings: Settings,
  units: readonly (UnitMessage & Parameters<typeof laneOf>[0])[],
): Promise<void> {
  for (const lane of LANES) {
    const ofLane = units.filter((unit) => laneOf(unit, settings, clock.now()) === lane);
    if (ofLane.length === 0) continue;
    await queue.send(
      ofLane.map(({ unit, plan }) => ({ unit, plan })),
      lane,
    );
  }
}
