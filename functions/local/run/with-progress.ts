/** Shows how far a step is that says so day by day. */
import type { Progress, ProgressUnit } from '#host/progress.ts';

export async function withProgress<T>(
  step: string,
  unit: ProgressUnit,
  progress: Progress,
  work: (onDone: (done: number, all: number) => void) => Promise<T>,
): Promise<T> {
  let before = 0;
  try {
    return await work((done, all) => {
      if (before === 0) progress.start(step, all, unit);
      progress.advance(done - before);
      before = done;
    });
  } finally {
    if (before > 0) progress.done();
  }
}
