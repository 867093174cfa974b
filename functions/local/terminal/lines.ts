import type { Progress, ProgressStream } from '../progress.ts';
import { doneLine, doneOf } from './bar.ts';
import { duration } from './figures.ts';
import { Pace } from './pace.ts';

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
      const left = pace.secondsLeft === null ? '' : `, ${duration(pace.secondsLeft)} left`;
      stream.write(`${pace.step.padEnd(9)}  ${pace.percent} %, ${doneOf(pace)}${left}\n`);
    },
    done() {
      if (!pace) return;
      stream.write(`${doneLine(pace)}\n`);
      pace = null;
    },
  };
}
