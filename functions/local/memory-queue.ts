import type { Queue, UnitMessage } from '#lake/ports.ts';

/** A queue that lives as long as the process: enough on one machine, as messages are hints and plans the truth. */
export class MemoryQueue implements Queue {
  #waiting: UnitMessage[] = [];

  async send(messages: readonly UnitMessage[]): Promise<void> {
    this.#waiting.push(...messages.map(({ unit, plan }) => ({ unit, plan })));
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** Takes all that wait, first come first. */
  takeAll(): UnitMessage[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }
}
