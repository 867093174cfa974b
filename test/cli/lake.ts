/** Runs the command line as a person does: as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const CLI = fileURLToPath(new URL('../../functions/cli/cli.js', import.meta.url));

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Folder {
  path: string;
  /** a path in the folder */
  at(name: string): string;
  lake(...args: string[]): Promise<Ran>;
  /** As `lake`, while it runs. */
  start(...args: string[]): { process: ChildProcess; ended: Promise<Ran> };
  /** As `start`, with stdout going into an open file; what is said on stderr is not kept. */
  startInto(stdout: number, ...args: string[]): { process: ChildProcess };
  remove(): Promise<void>;
}

/** A fresh folder to work in. */
export function folder(env: Record<string, string> = {}): Folder {
  const path = mkdtempSync(join(tmpdir(), 'maillake-cli-'));
  const start: Folder['start'] = (...args) => {
    const child = spawn(process.execPath, [CLI, ...args], { cwd: path, env: { ...process.env, ...env } });
    const ran: Ran = { code: null, stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (ran.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (ran.stderr += text));
    const ended = new Promise<Ran>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve({ ...ran, code }));
    });
    child.stdin.end();
    return { process: child, ended };
  };
  return {
    path,
    at: (name) => join(path, name),
    start,
    startInto: (stdout, ...args) => ({
      process: spawn(process.execPath, [CLI, ...args], {
        cwd: path,
        env: { ...process.env, ...env },
        stdio: ['ignore', stdout, 'ignore'],
      }),
    }),
    lake: (...args) => start(...args).ended,
    remove: () => rm(path, { recursive: true, force: true }),
  };
}
