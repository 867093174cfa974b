/** `lake run`, killed with SIGKILL at random moments until it has been killed often enough, then left to finish. */
import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { done, killedAfter, lakeCommand, seeded } from './command.ts';

export interface KillOptions {
  raw: string;
  lake: string;
  kills: number;
  seed: number;
  /** a run is killed after at most so long, ms */
  withinMs: number;
  onKill?: (kills: number, afterMs: number) => void;
}

/**
 * Each run goes on with what the killed one left. Where a run ends before its time has come, all of the lake is deleted, so
 * that the kills go on to meet work of every kind.
 * @returns kills, and runs that ended before they were killed
 */
export async function killRuns({
  raw,
  lake,
  kills,
  seed,
  withinMs,
  onKill,
}: KillOptions): Promise<{ kills: number; ended: number }> {
  const random = seeded(seed);
  const args = ['run', '--raw', raw, '--lake', lake, '--json'];
  let [killed, ended, window] = [0, 0, withinMs];
  while (killed < kills) {
    const afterMs = 150 + random() * window;
    const end = await killedAfter(lakeCommand(args), afterMs);
    if (!end) onKill?.(++killed, afterMs);
    else if (end.code !== 0) throw new Error(`a run after ${killed} kills failed: ${end.stderr}`);
    else {
      ended++;
      // this machine has become faster than it was when the time was taken: else no run would meet its kill
      window *= 0.8;
      rmSync(lake, { recursive: true, force: true });
    }
  }
  await done(lakeCommand(args));
  return { kills: killed, ended };
}

/** @throws Error naming every drift if there is any */
export async function auditedClean(raw: string, lake: string): Promise<void> {
  const { code, stdout } = await lakeCommand(['audit', '--raw', raw, '--lake', lake, '--json']).ended;
  if (code !== 0) throw new Error(`audit exits ${code}: ${stdout.slice(0, 4000)}`);
}

/** Deletes the state, the tables and the catalog; the settings stay. */
export function forgetLake(lake: string): void {
  for (const name of ['v1', 'catalog']) rmSync(join(lake, name), { recursive: true, force: true });
}

export function copyLake(from: string, to: string): void {
  if (existsSync(to)) rmSync(to, { recursive: true });
  cpSync(from, to, { recursive: true });
}
