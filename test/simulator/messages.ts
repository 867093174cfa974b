/** A simulated SQS queue. */
import type { Lane, UnitMessage } from '#lake/ports.ts';

interface Waiting {
  message: UnitMessage;
  lane: Lane;
  /** epoch ms at which someone may receive it */
  visibleAt: number;
  receives: number;
}

/** Receives after which a message is put aside (SQS: maxReceiveCount). */
const MOST_RECEIVES = 5;

/** A queue in two lanes with at-least-once delivery: what was received comes again after the visibility timeout unless it is deleted. */
export class MessageQueue {
  readonly #now: () => number;
  readonly #visibilityMs: number;
  #waiting: Waiting[] = [];

  constructor(now: () => number, visibilityMs: number) {
    this.#now = now;
    this.#visibilityMs = visibilityMs;
  }

  get size(): number {
    return this.#waiting.length;
  }

  send(messages: readonly UnitMessage[], lane: Lane): void {
    for (const { unit, plan } of messages) {
      this.#waiting.push({ message: { unit, plan }, lane, visibleAt: this.#now(), receives: 0 });
    }
  }

  /** One of a lane's visible messages, chosen by `choose` (a number below its argument), and what deletes it. */
  receive(lane: Lane, choose: (n: number) => number): { message: UnitMessage; delete: () => void } | null {
    const now = this.#now();
    const visible = this.#waiting.filter((waiting) => waiting.lane === lane && waiting.visibleAt <= now);
    const taken = visible[choose(visible.length)];
    if (!taken) return null;
    taken.visibleAt = now + this.#visibilityMs;
    taken.receives++;
    if (taken.receives >= MOST_RECEIVES) this.#delete(taken);
    return { message: taken.message, delete: () => this.#delete(taken) };
  }

  /** Delivers everything again, although someone may be at work on it. */
  redeliver(): void {
    for (const waiting of this.#waiting) waiting.visibleAt = this.#now();
  }

  /** All messages are gone. */
  lose(): void {
    this.#waiting = [];
  }

  #delete(gone: Waiting): void {
    this.#waiting = this.#waiting.filter((waiting) => waiting !== gone);
  }
}
