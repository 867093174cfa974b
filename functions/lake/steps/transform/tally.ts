/** Counts the records of a unit by what became of them. */
import type { Verdict } from '../../decode/types.ts';
import type { UnitRow } from '../../tables/protocol.ts';
import type { Reason } from '../../vocabulary.ts';

export type Counts = Pick<
  UnitRow,
  | 'records'
  | 'accepted'
  | 'duplicate'
  | 'skipped'
  | 'quarantined'
  | 'erased'
  | 'accepted_by_type'
  | 'skipped_by_type'
  | 'quarantined_by_reason'
>;

const MOST_TYPES = 200;

/** The counting law of a unit: records = accepted + duplicate + skipped + quarantined + erased, by construction. */
export class Tally {
  #accepted = new Map<string, number>();
  #skipped = new Map<string, number>();
  #quarantined = new Map<string, number>();
  #duplicate = 0;
  #erased = 0;

  verdict(verdict: Verdict): void {
    if (verdict.is === 'accepted') add(this.#accepted, `${verdict.source}/${verdict.eventType}`);
    else if (verdict.is === 'skipped') this.#skip(shortType(verdict.type));
    else if (verdict.is === 'erased') this.erased();
    else this.#duplicate++;
  }

  /** A record that wasn't decoded. @param type `source/event_type` */
  known(is: 'accepted' | 'duplicate', type: string): void {
    if (is === 'accepted') add(this.#accepted, type);
    else this.#duplicate++;
  }

  /** Types are whatever the data says: beyond a limit they count together, so that no outcome grows without bound. */
  #skip(type: string): void {
    add(this.#skipped, this.#skipped.has(type) || this.#skipped.size < MOST_TYPES ? type : 'other');
  }

  /** A record about persons who were forgotten. */
  erased(): void {
    this.#erased++;
  }

  quarantined(reason: Reason): void {
    add(this.#quarantined, reason);
  }

  /** A copy to go back to when an object turns out to be damaged. */
  snapshot(): Tally {
    const copy = new Tally();
    copy.restore(this);
    return copy;
  }

  restore(earlier: Tally): void {
    this.#accepted = new Map(earlier.#accepted);
    this.#skipped = new Map(earlier.#skipped);
    this.#quarantined = new Map(earlier.#quarantined);
    this.#duplicate = earlier.#duplicate;
    this.#erased = earlier.#erased;
  }

  counts(): Counts {
    const [accepted, skipped, quarantined] = [sum(this.#accepted), sum(this.#skipped), sum(this.#quarantined)];
    return {
      records: accepted + this.#duplicate + skipped + quarantined + this.#erased,
      accepted,
      duplicate: this.#duplicate,
      skipped,
      quarantined,
      erased: this.#erased,
      accepted_by_type: sorted(this.#accepted),
      skipped_by_type: sorted(this.#skipped),
      quarantined_by_reason: sorted(this.#quarantined),
    };
  }
}

const add = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);
const sum = (counts: Map<string, number>): number => counts.values().reduce((total, n) => total + n, 0);
const sorted = (counts: Map<string, number>): Record<string, number> =>
  Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));

/** A type comes from the raw data: it is cut, and made printable. */
const shortType = (type: string): string => type.replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
