/** Starts a worker process, gives it units, and notices when it dies or hangs. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { EXIT } from '#host/failure.ts';
import { duration } from '#host/figures.ts';
import type { UnitMessage } from '#lake/ports.ts';
import type { Outcome } from '#lake/protocol/records.ts';
import type { WorkerReport, WorkerSetup } from './worker-process.ts';

/** How a unit ended in a worker. */
export type UnitEnd =
  | { is: 'done'; outcome: Outcome }
  | { is: 'failed'; why: string; stack: string | undefined; again: boolean }
  /** the process has gone; `k`: the number of the try, if one had begun */
  | { is: 'died'; why: string; k: number | null }
  | { is: 'interrupted' };

/**
 * Checks a worker several times within the time that it may be silent, so that a machine which was asleep does not make
 * it count as silent.
 */
const LOOKS = 10;

/**
 * How V8 keeps the heap of a process that transforms. Nearly all that it makes is in buffers, or gone at once: more room for
 * the young costs memory and no time less. Buffers make V8 collect the old, too, of which there is little: twice for each
 * unit where the heap may begin with 64 MB, three times else; once where it is 128, but then files that were read stay longer.
 */
export const V8_FLAGS = ['--max-semi-space-size=8', '--initial-old-space-size=64'] as const;

/** One worker process, seen from its parent. It is killed when it shows no sign of life. */
export class RunWorker {
  readonly #process: ChildProcess;
  readonly #silenceMs: number;
  readonly #gone: Promise<string>;
  #killedFor: string | null = null;
  #said = '';
  /** what the process held at its peak, as far as it said, bytes */
  peakBytes = 0;

  constructor(setup: WorkerSetup, silenceMs: number) {
    this.#silenceMs = silenceMs;
    this.#process = fork(fileURLToPath(new URL('./worker-process.ts', import.meta.url)), [], {
      serialization: 'advanced',
      // One malloc arena gives freed memory back to the system (glibc, mallopt(3)); elsewhere it says nothing.
      env: { ...process.env, MALLOC_ARENA_MAX: '1' },
      // The worker's own guard is asked between records: what one record does, V8 has to bound.
      execArgv: [`--max-old-space-size=${Math.ceil(setup.memoryBytes / 2 ** 20)}`, ...V8_FLAGS],
      // V8 writes pages when it dies of too little memory: kept, and shown only if nothing else says what happened.
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-MOST_SAID);
    });
    this.#gone = gone(this.#process);
    this.#process.send(setup, ignore);
  }

  /** Has the worker transform a unit; one at a time. */
  async transform({ unit, plan }: UnitMessage, onRead: (bytes: number) => void): Promise<UnitEnd> {
    let k: number | null = null;
    let silentLooks = 0;
    const watch = setInterval(() => {
      if (++silentLooks < LOOKS) return;
      this.#killedFor ??= `no sign of life for ${duration(this.#silenceMs / 1000)}`;
      this.#process.kill('SIGKILL');
    }, this.#silenceMs / LOOKS);
    const reported = new Promise<UnitEnd>((resolve) => {
      this.#process.on('message', (report: WorkerReport) => {
        silentLooks = 0;
        if (report.is === 'begun') k = report.k;
        if (report.is === 'read') onRead(report.bytes);
        if ('peakBytes' in report) this.peakBytes = report.peakBytes;
        if (report.is === 'done') resolve({ is: 'done', outcome: report.outcome });
        if (report.is === 'failed') {
          resolve({ is: 'failed', why: report.message, stack: report.stack, again: report.again });
        }
      });
    });
    const died = this.#gone.then((how): UnitEnd => {
      if (how === `exit code ${EXIT.interrupted}`) return { is: 'interrupted' };
      const why = this.#killedFor ?? `its process ended (${how})`;
      return { is: 'died', why: k === null ? `${why} ${this.#said.trim()}`.trim() : why, k };
    });
    this.#process.send({ unit, plan }, ignore);
    try {
      return await Promise.race([reported, died]);
    } finally {
      clearInterval(watch);
      this.#process.removeAllListeners('message');
    }
  }

  /** Tells the process that there is no more to do, and waits for its end. */
  async end(): Promise<void> {
    if (this.#process.connected) this.#process.disconnect();
    await this.#gone;
  }
}

/** Characters of what it wrote to stderr. */
const MOST_SAID = 2000;

/** A process that has ended reports it by an event of its own. */
const ignore = (): void => {};

/** How the process ended, once all that it said has been heard. */
function gone(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let how: string | null = null;
    let isHeard = !child.connected;
    const tell = (): void => {
      if (how !== null && isHeard) resolve(how);
    };
    child.on('error', ({ message }) => {
      if (child.pid === undefined) resolve(message); // it never began
    });
    child.on('exit', (code, signal) => {
      how = signal ?? `exit code ${code}`;
      tell();
    });
    child.on('disconnect', () => {
      isHeard = true;
      tell();
    });
  });
}
