/** A server that is started, waited for and stopped with everything below it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';

export interface Started {
  /** ends the server and waits for its end */
  stop(): Promise<void>;
}

export interface Start {
  name: string;
  command: string;
  args: readonly string[];
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** stdout and stderr go there */
  log: string;
  /** answers once it can be used */
  isReady: () => Promise<boolean>;
  /** ms */
  timeoutMs: number;
}

/** @throws Error with the place of the log if it ends, or isn't ready in time */
export async function start({ name, command, args, cwd, env, log, isReady, timeoutMs }: Start): Promise<Started> {
  const output = openSync(log, 'w');
  const child = spawn(command, args, {
    stdio: ['ignore', output, output],
    ...(cwd ? { cwd } : {}),
    env: { ...process.env, ...env },
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = whenEnded(child);
  let isEnded = false;
  void ended.then(() => {
    isEnded = true;
    process.removeListener('exit', kill);
  });
  const until = Date.now() + timeoutMs;
  while (!(await isReady().catch(() => false))) {
    if (isEnded) throw new Error(`${name} ended before it was ready, see ${log}`);
    if (Date.now() > until) {
      kill();
      throw new Error(`${name} was not ready after ${timeoutMs / 1000} s, see ${log}`);
    }
    await setTimeout(100);
  }
  return {
    async stop() {
      child.kill('SIGTERM');
      await Promise.race([ended, setTimeout(5000).then(kill)]);
      await ended;
    },
  };
}

const whenEnded = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });

/** A port that nobody listens on at the moment. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
