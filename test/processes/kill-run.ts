/** A command, killed with SIGKILL at random moments until it has been killed often enough, then left to finish. */
import { cpSync, existsSync, rmSync } from 'node:fs';
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

/** What is killed, and what its kills are told apart by. */
interface Victim {
  args: readonly string[];
  /** the farthest step of whose state there was something when a kill came */
  farthest: (ended: number) => string | undefined;
  /** told of one that ended before its kill; has the next one begin anew */
  startOver: () => Promise<void>;
}

/**
 * Each one goes on with what the killed one left. Where one ends before its time has come, the row begins anew with less time, so
 * that the last row has all its kills on one state, and the rows before it met the later steps. What is killed last is left to finish.
 */
async function killInARow(
  { args, farthest, startOver }: Victim,
  { kills, seed, withinMs }: Pick<KillOptions, 'kills' | 'seed' | 'withinMs'>,
): Promise<Killed & { stdout: string }> {
  const random = seeded(seed);
  const killed: Killed = { kills: 0, ended: 0, after: {} };
  let window = withinMs;
  for (let inRow = 0; inRow < kills; ) {
    const end = await killedAfter(lakeCommand(args), SHORTEST_MS + random() * window);
    if (end.isKilled) {
      const step = farthest(killed.ended) ?? 'nothing';
      killed.after[step] = (killed.after[step] ?? 0) + 1;
      killed.kills++;
      inRow++;
    } else if (end.code !== 0) throw new Error(`${args[0]} after ${killed.kills} kills failed: ${end.stderr}`);
    else {
      await startOver();
      killed.ended++;
      inRow = 0;
      window *= 0.7;
    }
  }
  const { stdout } = await done(lakeCommand(args));
  return { ...killed, stdout };
}

/** Kills `lake run`; where one ends early, the lake is deleted. */
export const killRuns = ({ raw, lake, onEnd, ...options }: KillOptions): Promise<Killed> =>
  killInARow(
    {
      args: ['run', '--raw', raw, '--lake', lake, '--json'],
      farthest: () => STATE.findLast((name) => existsSync(join(lake, 'v1/state', name))),
      async startOver() {
        await onEnd?.();
        rmSync(lake, { recursive: true, force: true });
      },
    },
    options,
  );

/** What `rebuild --json` says, as far as it is asked here. */
interface Rebuilt {
  columns: { table: string; column: string }[];
  unmade: unknown[];
}

/** Kills `lake rebuild`; one that ended early is dropped. */
export async function killRebuilds({ raw, lake, ...options }: KillOptions): Promise<Killed & Rebuilt> {
  const { stdout, ...killed } = await killInARow(
    {
      args: ['rebuild', '--raw', raw, '--lake', lake, '--json'],
      farthest: (ended) =>
        REBUILD_STATE.findLast((name) => existsSync(join(lake, 'v1/state/rebuilds', String(ended), name))),
      startOver: async () => void (await done(lakeCommand(['rebuild', '--drop', '--lake', lake]))),
    },
    options,
  );
  const { columns, unmade }: Rebuilt = JSON.parse(stdout);
  return { ...killed, columns, unmade };
}

/** Kills `lake erase` of the persons in a file; where one ends early, the lake is what it was before. */
export const killErasures = ({
  lake,
  before,
  persons,
  ...options
}: Omit<KillOptions, 'raw' | 'onEnd'> & { before: string; persons: string }): Promise<Killed> =>
  killInARow(
    {
      args: ['erase', '--file', persons, '--lake', lake, '--json'],
      farthest: () => ERASURE_STATE.findLast((name) => existsSync(join(lake, 'v1/state/erasures', name))),
      async startOver() {
        rmSync(lake, { recursive: true });
        cpSync(before, lake, { recursive: true, preserveTimestamps: true });
      },
    },
    options,
  );

/** Of the first erasure of a lake. */
const ERASURE_STATE = ['9999999999.json', '9999999999/searched', '9999999999/end.json'] as const;

const REBUILD_STATE = ['state/plans', 'state/units', 'days'] as const;

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
