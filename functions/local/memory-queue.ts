/** The queue port in memory. */
import type { Lane, Queue, UnitMessage } from '#lake/ports.ts';

/**
 * A queue in memory: enough on one machine, because messages are hints, and units without an outcome are found in the
 * plans.
 */
export class MemoryQueue implements Queue {
  readonly #waiting: Record<Lane, UnitMessage[]> = { live: [], backfill: [] };

  async send(messages: readonly UnitMessage[], lane: Lane): Promise<void> {
    for (const message of messages) this.#waiting[lane].push(message);
  }

  /** Takes all that wait in a lane, first come first. */
  takeAll(lane: Lane): UnitMessage[] {
    return this.#waiting[lane].splice(0);
  }
}
