/** Reads the outcomes of units, each once. */
import type { Store } from '../ports.ts';
import { type Outcome, readOutcome } from './records.ts';

/** Outcomes kept: neighbouring days are made of the same units. About 4 kB each. */
const MOST_KEPT = 4096;

/** Reads outcomes once each, as long as they are of use: they never change once they are there. */
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
    if (outcome) {
      const [oldest] = this.#known.keys();
      if (this.#known.size >= MOST_KEPT && oldest !== undefined) this.#known.delete(oldest);
      this.#known.set(unit, outcome);
    }
    return outcome;
  }
}

/** The outcomes of a unit, or of what it was split into, in the order of its objects; null for each that is missing. */
async function leavesOf(outcomes: Outcomes, unit: string): Promise<(Outcome | null)[]> {
  const outcome = await outcomes.of(unit);
  if (!outcome?.split) return [outcome];
  return (await Promise.all(outcome.split.map((half) => leavesOf(outcomes, half)))).flat();
}

/** The outcomes of a unit, or of what it was split into; null while one is missing. */
export async function leafOutcomes(outcomes: Outcomes, unit: string): Promise<Outcome[] | null> {
  const leaves = await leavesOf(outcomes, unit);
  return leaves.every((leaf) => leaf !== null) ? leaves : null;
}

/** Those that there are, also while others are missing. */
export const decidedLeaves = async (outcomes: Outcomes, unit: string): Promise<Outcome[]> =>
  (await leavesOf(outcomes, unit)).filter((leaf) => leaf !== null);

/** Objects of which nothing was read: gone, rewritten, or given up after three tries. */
export const unreadIn = ({ problems, poison = [] }: Outcome): string[] => [
  ...problems.filter(({ etag }) => etag === undefined).map(({ key }) => key),
  ...poison.map(({ key }) => key),
];
