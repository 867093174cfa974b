/** The command line as processes of its own, which can be killed with all that they have started. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const CLI = fileURLToPath(new URL('../../functions/cli/cli.js', import.meta.url));

export interface Ended {
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  /** SIGKILL for the command and its workers, at once */
  kill(): void;
  ended: Promise<Ended>;
}

export interface CommandOptions {
  cwd?: string;
  uid?: number;
  /** beside those of this process */
  environment?: Readonly<Record<string, string>>;
}

export const lakeCommand = (args: readonly string[], options: CommandOptions = {}): Running =>
  command(process.execPath, [CLI, ...args], options);

export function command(
  program: string,
  args: readonly string[],
  { cwd, uid, environment = {} }: CommandOptions = {},
): Running {
  // a process group of its own, so that one kill reaches the workers, too
  const child: ChildProcess = spawn(program, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
    ...(cwd === undefined ? {} : { cwd }),
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const said = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, ...said }));
  });
  return {
    ended,
    kill() {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch (error) {
        // it has ended by itself
        if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
      }
    },
  };
}

/** @throws Error with what it said unless it ends well */
export async function done(running: Running): Promise<Ended> {
  const ended = await running.ended;
  if (ended.code !== 0) throw new Error(`exit ${ended.code ?? ended.signal}: ${ended.stderr}${ended.stdout}`);
  return ended;
}

/** How a command ends that is killed after so long, ms, unless it ended before. */
export async function killedAfter(running: Running, ms: number): Promise<Ended & { isKilled: boolean }> {
  let isOurs = false;
  const timer = setTimeout(() => {
    isOurs = true;
    running.kill();
  }, ms);
  const ended = await running.ended;
  clearTimeout(timer);
  return { ...ended, isKilled: isOurs && ended.signal === 'SIGKILL' };
}

/** Uniform on [0, 1), by seed (Marsaglia, "Xorshift RNGs", 2003: 32 bits, shifts 13, 17, 5). */
export function seeded(seed: number): () => number {
  // neighbouring seeds begin far apart
  let state = Math.imul(seed, 0x9e3779b1) | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
