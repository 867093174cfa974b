/** What long-running work reports its progress to. The command line shows it on stderr: a bar on a terminal, lines elsewhere. */

export type ProgressUnit = 'bytes' | 'days' | 'partitions' | 'objects' | 'entries' | 'messages';

/** One step at a time: start, advance any number of times, done (also when the step failed half-way). */
export interface Progress {
  /** `total` is in `unit`s, null where nobody knows it; bytes are those of the objects as stored */
  start(step: string, total: number | null, unit: ProgressUnit): void;
  advance(by: number): void;
  done(): void;
}

export const silentProgress: Progress = { start() {}, advance() {}, done() {} };
