import type { ProgressUnit } from '../progress.ts';

/** The rate is that of the last seconds, so that it follows when work gets slower. */
const WINDOW_MS = 10_000;
/** No forecast before this: the first moments say nothing. */
const FORECAST_AFTER_MS = 1_000;

/** How a step gets on: what is done of what, how fast, how long still. Reads no clock but the one handed in (ms). */
export class Pace {
  readonly step: string;
  readonly total: number;
  readonly unit: ProgressUnit;
  readonly #now: () => number;
  readonly #startedAt: number;
  #done = 0;
  #samples: { at: number; done: number }[];

  constructor(step: string, total: number, unit: ProgressUnit, now: () => number) {
    this.step = step;
    this.total = total;
    this.unit = unit;
    this.#now = now;
    this.#startedAt = now();
    this.#samples = [{ at: this.#startedAt, done: 0 }];
  }

  advance(by: number): void {
    this.#done += by;
    const at = this.#now();
    // At most some hundred samples, however small the steps.
    const last = this.#samples.at(-1);
    if (last && at - last.at < WINDOW_MS / 200) return;
    this.#samples.push({ at, done: this.#done });
    while (this.#samples.length > 2 && at - (this.#samples[1]?.at ?? at) >= WINDOW_MS) this.#samples.shift();
  }

  get done(): number {
    return this.#done;
  }

  get elapsedMs(): number {
    return this.#now() - this.#startedAt;
  }

  /** 0 to 1; 1 only when everything is done */
  get fraction(): number {
    return this.total > 0 ? Math.min(this.#done / this.total, 1) : 0;
  }

  /** whole percent, rounded down: 100 is said when it is true */
  get percent(): number {
    return Math.floor(this.fraction * 100);
  }

  /** units a second over the last seconds; null while unknown */
  get rate(): number | null {
    const first = this.#samples[0];
    if (!first) return null;
    const [ms, made] = [this.#now() - first.at, this.#done - first.done];
    return ms > 0 && made > 0 ? (made / ms) * 1000 : null;
  }

  /** null while there is no honest forecast */
  get secondsLeft(): number | null {
    const { rate } = this;
    if (rate === null || this.elapsedMs < FORECAST_AFTER_MS || this.total <= 0) return null;
    return Math.max(this.total - this.#done, 0) / rate;
  }
}
