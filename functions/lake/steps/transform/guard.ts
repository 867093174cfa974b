/**
 * Stops a try before it takes too much time or memory. It is called often while a unit is read and written.
 *
 * The budget of time is what is left to the Lambda function (`deadlineGuard`). On a laptop there is none
 * (local/run/worker-process.ts): nobody ends a process there, so a unit that gets on, however slowly, is read to its end; stopped,
 * it would be tried in vain three times, and an object of it lost that would have been read. What bounds its time
 * is the cost of a byte, seconds of CPU a MB at worst (test/fuzz/costs.ts), and what doesn't get on falls silent and is
 * killed, which counts (local/run/limits.ts).
 */
import type { Clock } from '../../ports.ts';
import { TRANSFORM_TIMEOUT_MS } from './tries.ts';

/** The reason for which a try has to stop. */
export interface Stop {
  /** for people, such as `1,600 MB of memory, over the limit of 1,500 MB` */
  why: string;
  /** is it the unit's own doing, so that the try counts towards its split? */
  counts: boolean;
}

/**
 * Null while all is well. Called for each chunk and object, and every few hundred records or 128 KB of them, so it
 * should be cheap.
 */
export type Guard = () => Stop | null;

/** A guard stopped the try: no outcome was made, and the next try begins from the start. */
export class Stopped extends Error {
  override name = 'Stopped';
  readonly counts: boolean;
  constructor({ why, counts }: Stop) {
    super(`unit was stopped: ${why}`);
    this.counts = counts;
  }
}

/** @throws Stopped if the guard says so */
export function ask(guard: Guard | undefined): void {
  const stop = guard?.();
  if (stop) throw new Stopped(stop);
}

/** The share of the time limit that a try must have had to itself for its lateness to be the unit's fault. */
const FULL_SHARE = 0.9;

/**
 * Stops a try at `deadline` (epoch ms), which leaves its caller time to say so. To be made when the try begins.
 *
 * The rule: if the try had at least nine tenths of `timeoutMs` for itself, it counts,
 * because another one would end no better, and a unit too large for the limit would be tried for ever; a try that began
 * with less (behind another unit of its batch) is excused.
 */
export function deadlineGuard(clock: Pick<Clock, 'now'>, deadline: number, timeoutMs = TRANSFORM_TIMEOUT_MS): Guard {
  const hadMs = deadline - clock.now();
  const counts = hadMs >= FULL_SHARE * timeoutMs;
  return () => (clock.now() < deadline ? null : { why: `out of time after ${Math.round(hadMs / 1000)} s`, counts });
}
