/** How much memory and how many cores worker processes may use. */
import { availableParallelism, totalmem } from 'node:os';

export interface WorkerLimits {
  /** processes at once */
  workers: number;
  /** memory that each may hold, bytes */
  memoryBytes: number;
  /** how long one may show no sign of life before it is killed, ms */
  silenceMs: number;
}

const MB = 1_000_000;
/** A unit of 32 MB raw takes a few hundred MB; the rest is for single large objects. */
const MOST_MEMORY = 1500 * MB;
/** Code and libraries alone take 110 MB. */
export const LEAST_MEMORY = 200 * MB;
/** The rest is for the system, its file cache and the parent. */
const SHARE_OF_MACHINE = 0.6;
/** A worker shows life every quarter of a second, however slowly it gets on; a record takes seconds at worst. */
const SILENCE_MS = 5 * 60_000;

/** The limits asked for; the others by what the machine, or its container, has. */
export function workerLimits(asked: Partial<WorkerLimits> = {}): WorkerLimits {
  const workers = asked.workers ?? availableParallelism();
  // 0, or more than there is, where there is no container.
  const machine = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  const share = Math.max(LEAST_MEMORY, Math.min(MOST_MEMORY, Math.floor((machine * SHARE_OF_MACHINE) / workers)));
  return { workers, memoryBytes: asked.memoryBytes ?? share, silenceMs: asked.silenceMs ?? SILENCE_MS };
}

/** Words for a size, such as `1.5GB` or `800MB` (decimal, as DuckDB takes them), in bytes; null if they are none. */
export function bytesOf(text: string): number | null {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?(MB|GB)$/i.exec(text.trim()) ?? [];
  return number === undefined ? null : Math.round(Number(number) * (unit.toUpperCase() === 'GB' ? 1000 * MB : MB));
}
