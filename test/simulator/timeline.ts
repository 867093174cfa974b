/** A simulated clock that moves only while every task waits, so that hours of simulated time take seconds. */
interface Sleeper {
  until: number;
  wake: () => void;
}

export class Timeline {
  now: number;
  /** a binary heap, the earliest first */
  readonly #sleepers: Sleeper[] = [];
  #isGoing = false;

  /** @param startedAt epoch ms */
  constructor(startedAt: number) {
    this.now = startedAt;
  }

  /** Resolves so many milliseconds later. */
  sleep(ms: number): Promise<void> {
    return new Promise((wake) => {
      this.#push({ until: this.now + ms, wake });
      if (this.#isGoing) return;
      this.#isGoing = true;
      setImmediate(() => this.#goOn());
    });
  }

  /** Everything that is due at one moment goes on at one moment; the next moment comes when all of it waits again. */
  #goOn(): void {
    const [first] = this.#sleepers;
    this.#isGoing = first !== undefined;
    if (!first) return;
    this.now = first.until;
    for (let due = this.#sleepers[0]; due && due.until <= this.now; due = this.#sleepers[0]) {
      this.#pop();
      due.wake();
    }
    setImmediate(() => this.#goOn());
  }

  #push(sleeper: Sleeper): void {
    const heap = this.#sleepers;
    let at = heap.push(sleeper) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (!parent || parent.until <= sleeper.until) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = sleeper;
  }

  #pop(): void {
    const heap = this.#sleepers;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      const right = heap[2 * at + 2];
      const child = right && left && right.until < left.until ? right : left;
      if (!child || child.until >= last.until) break;
      heap[at] = child;
      at = child === right ? 2 * at + 2 : 2 * at + 1;
    }
    heap[at] = last;
  }
}
