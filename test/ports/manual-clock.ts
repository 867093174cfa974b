/** The clock port for tests: its time changes only when a test sets it. */
import type { Clock } from '#lake/ports.ts';

/** A clock that stands still until it is set, and names in order. */
export class ManualClock implements Clock {
  #now: number;
  #nonces = 0;

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  nonce(): string {
    return (++this.#nonces).toString(16).padStart(16, '0');
  }

  advance(ms: number): void {
    this.#now += ms;
  }
}
