/** What lies in the live folders and may be read: files that an outcome names. */
import type { Store } from '../ports.ts';
import { attemptOfFile, liveFolder, liveRoot, unitOfAttempt } from './layout.ts';
import { type Outcome, readOutcome } from './state.ts';

export interface LiveAttempt {
  attempt: string;
  files: { key: string; rows: number; bytes: number }[];
  rows: number;
  send_days: string[];
}

/** Reads outcomes once each: they never change once they are there. */
export class Outcomes {
  readonly #store: Pick<Store, 'get'>;
  readonly #known = new Map<string, Outcome>();

  constructor(store: Pick<Store, 'get'>) {
    this.#store = store;
  }

  async of(unit: string): Promise<Outcome | null> {
    const known = this.#known.get(unit);
    if (known) return known;
    const outcome = await readOutcome(this.#store, unit);
    if (outcome) this.#known.set(unit, outcome);
    return outcome;
  }
}

/** Days that have live files of a table, in order. */
export async function liveDays(store: Pick<Store, 'prefixes'>, table: string): Promise<string[]> {
  const days: string[] = [];
  const root = liveRoot(table);
  for await (const folder of store.prefixes(root)) {
    const match = /^dt=(\d{4}-\d\d-\d\d)\/$/.exec(folder.slice(root.length));
    if (match?.[1]) days.push(match[1]);
  }
  return days;
}

/**
 * Attempts of a day whose unit's outcome names them and that aren't in `seen`, in order of attempt. Files of a unit
 * without an outcome, or of another attempt than the one that won, are not there for anyone.
 */
export async function unseenAttempts(
  store: Pick<Store, 'list'>,
  outcomes: Outcomes,
  table: string,
  dt: string,
  seen: ReadonlySet<string>,
): Promise<LiveAttempt[]> {
  const candidates = new Set<string>();
  for await (const { key } of store.list(liveFolder(table, dt))) {
    const attempt = attemptOfFile(key);
    if (attempt && !seen.has(attempt)) candidates.add(attempt);
  }
  const unseen: LiveAttempt[] = [];
  for (const attempt of [...candidates].sort()) {
    const outcome = await outcomes.of(unitOfAttempt(attempt));
    if (outcome?.attempt !== attempt) continue;
    const files = outcome.files.filter((file) => file.table === table && file.dt === dt);
    if (files.length === 0) continue;
    unseen.push({
      attempt,
      files,
      rows: files.reduce((sum, { rows }) => sum + rows, 0),
      send_days: files.flatMap(({ send_days }) => send_days),
    });
  }
  return unseen;
}
