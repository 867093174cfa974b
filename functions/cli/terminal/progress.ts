/** A progress bar on a terminal, and plain lines where the stream is no terminal. */
import { amount, count, duration } from '#host/figures.ts';
import type { Progress, ProgressUnit } from '#host/progress.ts';

const REDRAW_MS = 100;
const BAR_WIDTH = 24;
/** A shorter bar shows nothing. */
const LEAST_BAR = 8;
/** Of a line, where the stream doesn't say. */
const WIDTH = 80;
const CLEAR_LINE = '\r\u001b[2K';
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** Most steps of which nobody knows the end are over at once: they show nothing before this. */
const QUIET_MS = 2_000;
const isQuiet = ({ total, elapsedMs }: Pace): boolean => total === null && elapsedMs < QUIET_MS;

/** One line that is drawn again in place, at most ten times a second, and leaves a line of result behind. */
export function barProgress(stream: ProgressStream, now: () => number): Progress {
  let pace: Pace | null = null;
  let drawnAt = 0;

  const draw = (text: string): void => {
    drawnAt = now();
    stream.write(CLEAR_LINE + text);
  };

  return {
    start(step, total, unit) {
      pace = new Pace(step, total, unit, now);
      if (!isQuiet(pace)) draw(barLine(pace, stream.columns));
    },
    advance(by) {
      if (!pace) return;
      pace.advance(by);
      if (now() - drawnAt >= REDRAW_MS && !isQuiet(pace)) draw(barLine(pace, stream.columns));
    },
    done() {
      if (pace && !isQuiet(pace)) {
        draw(doneLine(pace));
        stream.write('\n');
      }
      pace = null;
    },
  };
}

/**
 * `transform  ██████████▌              44 %  88 of 200 MB  24 MB/s  5 s left`, in fewer columns than `width`: where there is
 * no room the bar gets shorter, then the rate and the bar are left out. Without a total: `plan       1,234,000 objects so far`.
 */
export function barLine(pace: Pace, width = WIDTH): string {
  const { step, total, fraction, percent, rate, secondsLeft, unit } = pace;
  if (total === null) return `${step.padEnd(9)}  ${doneOf(pace)}`.slice(0, width - 1);
  const speed = rate !== null && unit === 'bytes' ? [`${amount(Math.round(rate), 'bytes')}/s`] : [];
  const left = secondsLeft === null ? [] : [`${duration(secondsLeft)} left`];
  const done = `${String(percent).padStart(3)} %`;
  for (const parts of [
    [done, doneOf(pace), ...speed, ...left],
    [done, doneOf(pace), ...left],
  ]) {
    const rest = parts.join('  ');
    const room = Math.min(BAR_WIDTH, width - 1 - step.padEnd(9).length - rest.length - 4);
    if (room >= LEAST_BAR) return [step.padEnd(9), bar(fraction, room), rest].join('  ');
  }
  return `${step.padEnd(9)}  ${done}  ${doneOf(pace)}`.slice(0, width - 1);
}

/** What a finished step leaves behind; a step that stopped early says how far it came. */
export function doneLine(pace: Pace): string {
  const isWhole = pace.total === null || pace.done >= pace.total;
  return `${pace.step.padEnd(9)}  ${isWhole ? amount(pace.done, pace.unit) : `stopped at ${doneOf(pace)}`} in ${duration(pace.elapsedMs / 1000)}`;
}

function bar(fraction: number, width: number): string {
  const eighths = Math.floor(fraction * width * 8);
  const full = '█'.repeat(Math.floor(eighths / 8));
  return (full + (EIGHTHS[eighths % 8] ?? '')).padEnd(width, '░');
}

/** `88 MB of 200 MB`, `3 of 30 days`, `3,000 objects so far` */
export function doneOf({ done, total, unit }: Pace): string {
  if (total === null) return `${amount(done, unit)} so far`;
  return `${unit === 'bytes' ? amount(done, unit) : count(done)} of ${amount(total, unit)}`;
}

/** Between two lines: in a log, a line now and then is enough. */
const EVERY_MS = 5_000;

/** Whole lines for logs and pipes: one every few seconds while a step lasts, and one when it is done. */
export function lineProgress(stream: ProgressStream, now: () => number): Progress {
  let pace: Pace | null = null;
  let writtenAt = 0;
  return {
    start(step, total, unit) {
      pace = new Pace(step, total, unit, now);
      writtenAt = now();
    },
    advance(by) {
      if (!pace) return;
      pace.advance(by);
      if (now() - writtenAt < EVERY_MS) return;
      writtenAt = now();
      const share = pace.total === null ? '' : `${pace.percent} %, `;
      const left = pace.secondsLeft === null ? '' : `, ${duration(pace.secondsLeft)} left`;
      stream.write(`${pace.step.padEnd(9)}  ${share}${doneOf(pace)}${left}\n`);
    },
    done() {
      if (pace && !isQuiet(pace)) stream.write(`${doneLine(pace)}\n`);
      pace = null;
    },
  };
}

/** The rate is that of the last seconds, so that it follows when work gets slower. */
const WINDOW_MS = 10_000;
/** No forecast before this: the first moments say nothing. */
const FORECAST_AFTER_MS = 1_000;

/** How a step gets on: what is done of what, how fast, how long still. Reads no clock but the one handed in (ms). */
export class Pace {
  readonly step: string;
  /** null: nobody knows */
  readonly total: number | null;
  readonly unit: ProgressUnit;
  readonly #now: () => number;
  readonly #startedAt: number;
  #done = 0;
  #samples: { at: number; done: number }[];

  constructor(step: string, total: number | null, unit: ProgressUnit, now: () => number) {
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
    return this.total ? Math.min(this.#done / this.total, 1) : 0;
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
    if (rate === null || this.elapsedMs < FORECAST_AFTER_MS || !this.total) return null;
    return Math.max(this.total - this.#done, 0) / rate;
  }
}

/** What progress needs of a stream. */
export interface ProgressStream {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/** `now` is a monotonic clock in ms. */
export function progressOn(stream: ProgressStream, now: () => number = () => performance.now()): Progress {
  return stream.isTTY === true ? barProgress(stream, now) : lineProgress(stream, now);
}
