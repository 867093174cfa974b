/** Shows how far a step is that says so day by day, or how many things it has looked at. */
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

/** Of a step that doesn't know how much there is. */
export async function withCount<T>(
  step: string,
  unit: ProgressUnit,
  progress: Progress,
  work: (onDone: (more: number) => void) => Promise<T>,
): Promise<T> {
  progress.start(step, null, unit);
  try {
    return await work((more) => progress.advance(more));
  } finally {
    progress.done();
  }
}
