/** What a rebuild has planned and read so far, and which attempts of the lake its rows stand for. */
import { concurrently } from '../../concurrently.ts';
import type { Store } from '../../ports.ts';
import type { TableDay } from '../../protocol/day-files.ts';
import { numberOf, plannedUnitOf } from '../../protocol/keys.ts';
import { leafOutcomes, Outcomes, unreadIn } from '../../protocol/outcomes.ts';
import { RebuildStore } from '../../protocol/rebuild-store.ts';
import { hasMark, type Rebuild } from '../../protocol/rebuilds.ts';
import { type Outcome, type RebuildPlan, rawPlans, readState } from '../../protocol/records.ts';
import type { RebuiltAttempt } from './day.ts';
import type { Survey } from './survey.ts';

const READS_AT_ONCE = 16;

/** What the plans of a rebuild have so far. */
export interface PlannedFor {
  units: Set<string>;
  /** attempts of replays that were known by then */
  replays: Set<string>;
  /** number of the next plan */
  next: number;
  /** false: who planned may have died half-way */
  isComplete: boolean;
}

export async function plannedFor(lake: Store, n: number): Promise<PlannedFor> {
  const own = new RebuildStore(lake, n);
  const isComplete = await hasMark(lake, n, 'planned');
  const found: PlannedFor = { units: new Set(), replays: new Set(), next: 0, isComplete };
  for await (const { key } of rawPlans(own)) {
    found.next = Math.max(found.next, (numberOf(key) ?? -1) + 1);
    const plan = await readState<RebuildPlan>(own, key);
    for (const { id } of plan?.units ?? []) found.units.add(id);
    for (const attempt of plan?.replays ?? []) found.replays.add(attempt);
  }
  return found;
}

/** What the rebuild has read so far. */
export class Readings {
  /** units that it has read */
  readonly #read = new Set<string>();
  /** by table, then by day */
  readonly #attempts = new Map<string, Map<string, RebuiltAttempt[]>>();
  readonly #survey: Survey;
  readonly #planned: PlannedFor;
  /** by unit, objects that the lake has read and the rebuild could not */
  readonly #lost = new Map<string, string[]>();

  private constructor(found: Survey, planned: PlannedFor) {
    this.#survey = found;
    this.#planned = planned;
  }

  static async of(lake: Store, { n }: Rebuild, found: Survey): Promise<Readings> {
    const readings = new Readings(found, await plannedFor(lake, n));
    const [own, first] = [new Outcomes(new RebuildStore(lake, n)), new Outcomes(lake)];
    await concurrently(readings.#planned.units, READS_AT_ONCE, async (unit) => {
      const leaves = await leafOutcomes(own, unit);
      if (!leaves) return;
      readings.#read.add(unit);
      for (const outcome of leaves) readings.#add(outcome);
      const unread = leaves.flatMap(unreadIn);
      if (unread.length === 0) return;
      const then = ((await leafOutcomes(first, unit)) ?? []).flatMap((leaf) => [
        ...unreadIn(leaf),
        ...leaf.problems.map(({ key }) => key),
      ]);
      const keys = unread.filter((key) => !then.includes(key) || found.replayed.has(key));
      if (keys.length > 0) readings.#lost.set(unit, keys);
    });
    return readings;
  }

  /** Do the rebuild's rows stand for those of the attempt? */
  replaces(attempt: string): boolean {
    return this.#survey.replays.has(attempt)
      ? this.#planned.replays.has(attempt)
      : this.#planned.units.has(plannedUnitOf(attempt));
  }

  /** Has all been planned, and read? */
  get isWhole(): boolean {
    return this.#planned.isComplete && this.#read.size === this.#planned.units.size;
  }

  /** Are there raw objects of it that have expired? */
  hasExpired(attempt: string): boolean {
    return this.#unitsOf(attempt).some((unit) => this.#survey.expired.has(unit));
  }

  lostFor(attempts: readonly string[]): string[] {
    const units = new Set(attempts.flatMap((attempt) => this.#unitsOf(attempt)));
    return [...new Set([...units].flatMap((unit) => this.#lost.get(unit) ?? []))].sort();
  }

  #unitsOf(attempt: string): readonly string[] {
    return this.#survey.replays.get(attempt) ?? [plannedUnitOf(attempt)];
  }

  /** Days that it has rows of. */
  daysOf(table: string): string[] {
    return [...(this.#attempts.get(table)?.keys() ?? [])];
  }

  /** In order of attempt, with their files of the day. */
  of({ table, dt }: TableDay): RebuiltAttempt[] {
    const ofDay = this.#attempts.get(table)?.get(dt) ?? [];
    return ofDay.toSorted((a, b) => (a.attempt < b.attempt ? -1 : 1));
  }

  #add(outcome: Outcome): void {
    for (const [table, ofTable] of Map.groupBy(outcome.files, (file) => file.table)) {
      const days = this.#attempts.get(table) ?? new Map<string, RebuiltAttempt[]>();
      this.#attempts.set(table, days);
      for (const [dt, files] of Map.groupBy(ofTable, (file) => file.dt)) {
        const ofDay = days.get(dt);
        const { attempt, meaning = null, erasures } = outcome;
        const read: RebuiltAttempt = { attempt, meaning, erasures, files };
        if (ofDay) ofDay.push(read);
        else days.set(dt, [read]);
      }
    }
  }
}
