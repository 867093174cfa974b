/** Plan at scale, at 30 ms a call: the tick of an hour that is full, and a backlog of years. */

import { HOUR_MS } from '#lake/days.ts';
import { hourPrefix } from '#lake/protocol/raw-prefixes.ts';
import { DEFAULT_SETTINGS, type Settings } from '#lake/settings.ts';
import { planReach } from '#lake/steps/plan.ts';
import { planPorts, type RawHours, RoundTrips, type Sealed } from './slow-store.ts';

const TEMPLATE = 'raw/{yyyy}/{MM}/{dd}/{HH}/';
const SETTINGS: Settings = { ...DEFAULT_SETTINGS, rawTemplate: TEMPLATE };
const NOW = Date.parse('2026-03-01T12:30:00Z');
const MS_A_CALL = 30;

export interface PlanScale extends Sealed {
  /** round trips */
  calls: number;
  /** simulated, with calls side by side */
  seconds: number;
  /** heap after a collection, in MB: before, at points on the way, and after */
  heapMb: number[];
}

/** A tick over three hours of that many objects each. */
export const planTick = (objects: number): Promise<PlanScale> => plan({ prefixes: hoursBefore(3), objects }, 'tick');

/** The hourly listing of a day whose every hour has that many objects. */
export const planDay = (objects: number): Promise<PlanScale> => plan({ prefixes: hoursBefore(24), objects }, 'hourly');

/** Everything there is, of that many days. */
export const planBacklog = (days: number, objects: number): Promise<PlanScale> =>
  plan({ prefixes: hoursBefore(days * 24), objects: Math.ceil(objects / (days * 24)) }, 'all');

const hoursBefore = (hours: number): string[] =>
  Array.from({ length: hours }, (_, i) => hourPrefix(TEMPLATE, NOW - (hours - 1 - i) * HOUR_MS, 0));

async function plan(hours: RawHours, reach: 'tick' | 'hourly' | 'all'): Promise<PlanScale> {
  const trips = new RoundTrips(NOW, MS_A_CALL);
  const sealed: Sealed = { plans: 0, objects: 0, messages: 0 };
  const ports = planPorts(trips, hours, sealed);
  const heapMb = [heap()];
  let measured = 0;
  const { queue } = ports;
  ports.queue = {
    send: (messages, lane) => {
      // About ten times on the way.
      if (sealed.plans - measured >= hours.prefixes.length / 10) {
        measured = sealed.plans;
        heapMb.push(heap());
      }
      return queue.send(messages, lane);
    },
  };
  await planReach(ports, SETTINGS, reach);
  heapMb.push(heap());
  return { ...sealed, calls: trips.calls, seconds: (trips.now() - NOW) / 1000, heapMb };
}

function heap(): number {
  globalThis.gc?.();
  return Math.round(process.memoryUsage().heapUsed / 1e6);
}
