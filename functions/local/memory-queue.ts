import type { Lane, Queue, UnitMessage } from '#lake/ports.ts';

/** A queue that lives as long as the process: enough on one machine, as messages are hints and plans the truth. */
export class MemoryQueue implements Queue {
  readonly #waiting: Record<Lane, UnitMessage[]> = { live: [], backfill: [] };

  async send(messages: readonly UnitMessage[], lane: Lane): Promise<void> {
    for (const { unit, plan } of messages) this.#waiting[lane].push({ unit, plan });
  }

  /** Takes all that wait in a lane, first come first. */
  takeAll(lane: Lane): UnitMessage[] {
    return this.#waiting[lane].splice(0);
  }
}
