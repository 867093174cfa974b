/** `lake run`, killed with SIGKILL at random moments until it has been killed often enough, then left to finish. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { done, killedAfter, lakeCommand, seeded } from './command.ts';

export interface KillOptions {
  raw: string;
  lake: string;
  /** in a row, on one lake */
  kills: number;
  seed: number;
  /** a run is killed after at most so long, ms */
  withinMs: number;
  /** told of a run that ended before its kill, while the lake is still there */
  onEnd?: () => Promise<void>;
}

export interface Killed {
  /** in all; the last of them in a row */
  kills: number;
  /** runs that ended before they were killed */
  ended: number;
  /** kills by the farthest step of whose state the lake had something when they came */
  after: Record<string, number>;
}

/** In the order in which a run makes them. */
const STATE = ['plans', 'tries', 'units', 'generations', 'rollups'] as const;

/**
 * Each run goes on with what the killed one left. Where a run ends before its time has come, the lake is deleted and the row
 * begins anew with less time, so that the last row has all its kills on one lake, and the rows before it met the later steps.
 */
export async function killRuns({ raw, lake, kills, seed, withinMs, onEnd }: KillOptions): Promise<Killed> {
  const random = seeded(seed);
  const args = ['run', '--raw', raw, '--lake', lake, '--json'];
  const killed: Killed = { kills: 0, ended: 0, after: {} };
  let window = withinMs;
  for (let inRow = 0; inRow < kills; ) {
    const end = await killedAfter(lakeCommand(args), SHORTEST_MS + random() * window);
    if (end.isKilled) {
      const farthest = STATE.findLast((name) => existsSync(join(lake, 'v1/state', name))) ?? 'nothing';
      killed.after[farthest] = (killed.after[farthest] ?? 0) + 1;
      killed.kills++;
      inRow++;
    } else if (end.code !== 0) throw new Error(`a run after ${killed.kills} kills failed: ${end.stderr}`);
    else {
      await onEnd?.();
      killed.ended++;
      inRow = 0;
      window *= 0.7;
      rmSync(lake, { recursive: true, force: true });
    }
  }
  await done(lakeCommand(args));
  return killed;
}

/** What `rebuild --json` says, as far as it is asked here. */
interface Rebuilt {
  columns: { table: string; column: string }[];
  unmade: unknown[];
}

/**
 * The same of `lake rebuild`: killed again and again on one rebuild, then left to finish. One that ended before its kill is dropped,
 * and the next begins anew with less time.
 */
export async function killRebuilds({ raw, lake, kills, seed, withinMs }: KillOptions): Promise<Killed & Rebuilt> {
  const random = seeded(seed);
  const args = ['rebuild', '--raw', raw, '--lake', lake, '--json'];
  const killed: Killed = { kills: 0, ended: 0, after: {} };
  let window = withinMs;
  for (let inRow = 0; inRow < kills; ) {
    const end = await killedAfter(lakeCommand(args), SHORTEST_MS + random() * window);
    if (end.isKilled) {
      const newest = join(lake, 'v1/state/rebuilds', String(killed.ended));
      const farthest = ['state/plans', 'state/units', 'days'].findLast((name) => existsSync(join(newest, name)));
      killed.after[farthest ?? 'nothing'] = (killed.after[farthest ?? 'nothing'] ?? 0) + 1;
      killed.kills++;
      inRow++;
    } else if (end.code !== 0) throw new Error(`a rebuild after ${killed.kills} kills failed: ${end.stderr}`);
    else {
      await done(lakeCommand(['rebuild', '--drop', '--lake', lake]));
      killed.ended++;
      inRow = 0;
      window *= 0.7;
    }
  }
  const { columns, unmade }: Rebuilt = JSON.parse((await done(lakeCommand(args))).stdout);
  return { ...killed, columns, unmade };
}

/** Before that a command has done nothing but load its code. */
const SHORTEST_MS = 150;

/** @throws Error naming every drift if there is any */
export async function auditedClean(raw: string, lake: string): Promise<void> {
  const { code, stdout } = await lakeCommand(['audit', '--raw', raw, '--lake', lake, '--json']).ended;
  if (code !== 0) throw new Error(`audit exits ${code}: ${stdout.slice(0, 4000)}`);
}

/** Deletes the state, the tables and the catalog; the settings stay. */
export function forgetLake(lake: string): void {
  for (const name of ['v1', 'catalog']) rmSync(join(lake, name), { recursive: true, force: true });
}
