/** Transforms units in several worker processes at once. */
import { systemClock } from '#host/clock.ts';
import { withoutPeople } from '#lake/decode/without-addresses.ts';
import type { OpenUnit } from '#lake/protocol/open-units.ts';
import { RebuildStore } from '#lake/protocol/rebuild-store.ts';
import type { Outcome } from '#lake/protocol/records.ts';
import { endTry } from '#lake/steps/transform/tries.ts';
import { DiskStore } from '../disk/store.ts';
import { type WorkerLimits, workerLimits } from './limits.ts';
import { RunWorker } from './worker.ts';
import type { WorkerSetup } from './worker-process.ts';

export interface PoolOptions extends Omit<WorkerSetup, 'memoryBytes'> {
  /** what is left out is by what the machine has */
  limits?: Partial<WorkerLimits>;
  /** bytes of objects read; of an object that is read again, only once */
  onRead: (bytes: number) => void;
  /** called with each unit that is done; a split is reported by its halves */
  onOutcome: (outcome: Outcome) => void;
}

type Job = Pick<OpenUnit, 'unit' | 'plan' | 'bytes'>;

/**
 * Transforms units on all cores, each worker taking whole units, the largest first. Workers are processes and not
 * threads: threads of one process kept what they had freed (2 GB of raw data: 1.5 GB at the peak, and 1 GB left while
 * settling), and a process that runs out of memory does not end the others.
 *
 * A unit that takes its worker down, or makes it fall silent, or meets its limits, is tried again at once, and split
 * after three times; the halves are done in the same pool, down to the one object, which is quarantined. A unit that
 * the environment holds up (denied, disk full) stays open and doesn't stop the others.
 * @returns bytes that the workers held at their peaks, in all
 * @throws AggregateError at the end, naming each unit that stayed open and why
 */
export async function transformUnits(units: readonly OpenUnit[], options: PoolOptions): Promise<number> {
  const { limits, onRead: _, onOutcome, ...others } = options;
  const { lakeRoot, durable, rebuild } = others;
  const { workers, memoryBytes, silenceMs } = workerLimits(limits);
  const setup: WorkerSetup = { ...others, memoryBytes };
  const lake = new DiskStore(lakeRoot, { durable });
  const ports = { lake: rebuild === undefined ? lake : new RebuildStore(lake, rebuild), clock: systemClock };
  const waiting: Job[] = units.toSorted((a, b) => b.bytes - a.bytes);
  const failures: Error[] = [];
  const lines = new Set<Promise<void>>();
  let peaks = 0;
  /** bytes that failed tries have reported, and that will be read again */
  let readInVain = 0;

  const fill = (): void => {
    while (lines.size < workers && waiting.length > 0) {
      const line: Promise<void> = oneAfterAnother().finally(() => lines.delete(line));
      lines.add(line);
    }
  };

  const oneAfterAnother = async (): Promise<void> => {
    let worker: RunWorker | null = null;
    let peak = 0;
    for (let job = waiting.shift(); job; job = waiting.shift()) {
      let read = 0;
      const onRead = (bytes: number): void => {
        read += bytes;
        const again = Math.min(bytes, readInVain);
        readInVain -= again;
        if (bytes > again) options.onRead(bytes - again);
      };
      worker ??= new RunWorker(setup, silenceMs);
      const isOver = await doOne(worker, job, onRead);
      peak = Math.max(peak, worker.peakBytes);
      if (isOver) continue;
      readInVain += read;
      await worker.end();
      worker = null;
    }
    await worker?.end();
    peaks += peak;
  };

  /** False if the worker must not go on: after a failure the next unit gets a fresh process. */
  const doOne = async (worker: RunWorker, job: Job, onRead: (bytes: number) => void): Promise<boolean> => {
    const { unit } = job;
    const end = await worker.transform(job, onRead);
    if (end.is === 'done') {
      const { split, plan } = end.outcome;
      if (!split) onOutcome(end.outcome);
      // Behind what waits: its neighbours should not have to.
      else waiting.push(...split.map((half) => ({ unit: half, plan, bytes: job.bytes / 2 })));
      fill();
      return true;
    }
    if (end.is === 'failed' && end.again) waiting.push(job);
    else if (end.is === 'failed') failures.push(failure(unit, end.why, end.stack));
    else if (end.is === 'interrupted') failures.push(failure(unit, 'its worker was told to stop; run again'));
    else if (end.k === null) failures.push(failure(unit, `${end.why} before it began; run again`));
    else {
      try {
        await endTry(ports, unit, end.k, 'failed', end.why);
        waiting.push(job);
      } catch (error) {
        failures.push(failure(unit, `${end.why}; and that could not be recorded: ${error}`));
      }
    }
    return false;
  };

  fill();
  while (lines.size > 0) await Promise.all(lines);
  if (failures.length > 0) {
    throw new AggregateError(failures, failures.map(({ message }) => message).join('\n'));
  }
  return peaks;
}

/** A fault's message, which its stack begins with, may quote what it stumbled upon. */
const failure = (unit: string, why: string, stack = ''): Error =>
  Object.assign(new Error(`unit ${unit} failed: ${withoutPeople(why)}`), { cause: withoutPeople(stack) });
