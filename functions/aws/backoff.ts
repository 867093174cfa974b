/** Waits between tries of calls that the SDK doesn't retry by itself. */
import { setTimeout } from 'node:timers/promises';

export interface Backoff {
  /** tries in all */
  tries: number;
  /** the longest first wait, ms; each next one is up to twice as long */
  firstMs: number;
  /** the longest wait, ms */
  mostMs: number;
}

/**
 * Runs `work` until it returns a value. `undefined` means "not yet": then it waits, for a random time up to a bound that
 * doubles ("full jitter", which spreads competitors best: M. Brooker, Exponential Backoff and Jitter, AWS Architecture
 * Blog, 2015), and tries again. After the last try the answer is undefined.
 */
export async function withBackoff<T>(
  { tries, firstMs, mostMs }: Backoff,
  work: (attempt: number) => Promise<T | undefined>,
): Promise<T | undefined> {
  for (let attempt = 0; ; attempt++) {
    const answer = await work(attempt);
    if (answer !== undefined || attempt + 1 >= tries) return answer;
    await pause(attempt, { firstMs, mostMs });
  }
}

/** Waits as long as after try `attempt`, counted from 0. */
export const pause = async (attempt: number, { firstMs, mostMs }: Omit<Backoff, 'tries'>): Promise<void> =>
  setTimeout(Math.random() * Math.min(mostMs, firstMs * 2 ** attempt));

/** A dozen tries over about half a minute. */
export const PATIENT: Backoff = { tries: 12, firstMs: 50, mostMs: 5000 };
