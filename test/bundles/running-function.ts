/** A function as Lambda runs it: its package in a folder, a process of plain Node, its environment and nothing else. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface RunningFunction {
  /** from the import's begin to its end, ms */
  importMs: number;
  /** @throws Error with what the handler threw, or what its process said before it ended */
  invoke(event: unknown, options?: InvokeOptions): Promise<unknown>;
  /** all that it has logged so far: a line a JSON document */
  logs(): string;
  /** resolves when its process has ended by itself or otherwise; null if it was killed */
  ended: Promise<number | null>;
  stop(): Promise<void>;
}

export interface InvokeOptions {
  /** what is left of the function's time, ms */
  remainingMs?: number;
  /** how far its clock is ahead of this machine's, ms */
  aheadMs?: number;
  /** how many times faster than this machine's its time runs out */
  pace?: number;
}

/** Starts the package's bundle. @throws Error with what its process said if the import fails */
export async function startFunction(
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<RunningFunction> {
  const child = fork(fileURLToPath(new URL('./runtime.ts', import.meta.url)), [`${folder}/bundle.mjs`], {
    cwd: folder,
    // Nothing of this process's own: what Lambda doesn't set, a function doesn't have.
    env: { LAMBDA_TASK_ROOT: folder, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', ...environment },
    execArgv: [],
    silent: true,
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => (said += chunk));
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk));
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));

  const { importMs } = await answer(child, () => said);
  return {
    importMs: Number(importMs),
    logs: () => said,
    ended,
    async invoke(event, { remainingMs = 900_000, aheadMs = 0, pace = 1 } = {}) {
      child.send({ event, remainingMs, aheadMs, pace });
      const { result, error } = await answer(child, () => said);
      if (typeof error === 'string') throw new Error(error);
      return result;
    },
    async stop() {
      process.removeListener('exit', kill);
      child.kill();
      await ended;
    },
  };
}

/** One message at a time, as Lambda gives a process one event at a time. */
const answer = (child: ChildProcess, said: () => string): Promise<{ [name: string]: unknown }> =>
  new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error(`the function's process ended: ${said().slice(-2000)}`));
    child.once('exit', onExit);
    child.once('message', (message: object) => {
      child.removeListener('exit', onExit);
      resolve({ ...message });
    });
  });
