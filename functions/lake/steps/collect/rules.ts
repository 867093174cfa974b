/**
 * What the collector may remove. Each rule is needed: without one of them a reader loses rows, or a settle loses its input
 * (the simulator runs with rules left out, and reference models of the protocol show the traces).
 */

import { DAY_MS } from '../../days.ts';
import type { StoredObject } from '../../ports.ts';
import type { DataDay } from '../../protocol/day-files.ts';
import type { RebuildEnd } from '../../protocol/rebuilds.ts';
import type { Outcome } from '../../protocol/records.ts';
import { type FileFault, isWhole } from '../../protocol/settled-files.ts';

/** Readers and settles that have opened a file are done with it within this time. */
export const GRACE_MS = DAY_MS;

/** A location below `settled/`, made by one query for one day. */
export interface SettledLocation {
  location: string;
  /** the generation that it was made to be; of what a rebuild has read, which is none, NaN */
  n: number;
  files: readonly StoredObject[];
}

/** Where readers of the day are pointed, asked after healing; null: nowhere. */
export type ReadersLocation = string | null;

export interface CollectRules {
  /** Readers are pointed at the newest generation before anything is removed. */
  healsFirst: boolean;
  /** The location's number is decided, and for another one: no settle can still make it a generation. */
  isSuperseded(location: SettledLocation, day: DataDay): boolean;
  /** Readers are not pointed at the folder: a settle may have died between its generation and the switch. */
  isUnread(folder: string, readersSee: ReadersLocation): boolean;
  /** The newest generation's files are what they were: nothing of its day is removed before that has been seen. */
  isWhole(faults: readonly FileFault[]): boolean;
  /** The newest generation holds the attempt's rows. */
  isSettled(attempt: string, day: DataDay): boolean;
  /** Readers see nothing of a day that has expired: a settle that was under way may have pointed them at it again. */
  isHidden(readersSee: ReadersLocation): boolean;
  /** Every leaf of the file's unit has its outcome, and none names the file. */
  isUnreferenced(key: string, leaves: readonly Outcome[] | null): boolean;
  /** A rebuild that is over has files of the day: it was dropped, or the day's line of generations has its rows. */
  isOver(end: RebuildEnd | null, isAdopted: boolean): boolean;
  /** It has been so for a day, by the store's clock against ours. */
  isPastGrace(since: number, now: number): boolean;
}

export const COLLECT_RULES: CollectRules = {
  healsFirst: true,
  isSuperseded: ({ location, n }, { newest }) =>
    newest !== null && n <= newest.generation && location !== newest.location,
  isUnread: (folder, readersSee) => folder !== readersSee,
  isWhole,
  isHidden: (readersSee) => readersSee === null,
  isSettled: (attempt, { newest }) => newest?.attempt_list.includes(attempt) ?? false,
  isUnreferenced: (key, leaves) =>
    leaves !== null && !leaves.some(({ files }) => files.some((file) => file.key === key)),
  isOver: (end, isAdopted) => end !== null && (end.is === 'dropped' || isAdopted),
  isPastGrace: (since, now) => now - since > GRACE_MS,
};
