/** What an audit covers, and the kinds of drift that it can find. */
import { DAY_MS, startOfDay } from '../../days.ts';

/** Each kind of drift in words: what it is, and what to do. */
export const DRIFTS = {
  unplanned_object: 'a raw object is in no plan: run plan',
  outside_template: 'a raw object or folder lies where the raw template finds none: set the template, or leave it out',
  planned_twice: 'a raw object is in two units: its events count twice until the day is settled',
  raw_changed:
    'a raw object was rewritten after it was planned; it is never read again: put the new bytes under another name',
  source_missing:
    'a raw object had gone before it was read: put it back as it was and run replay, or under another name',
  open_unit: 'a unit has no outcome: run transform',
  overdue_unit: 'a unit has had no outcome for over a day, and its days no longer wait for it: see why transform fails',
  counting_law: 'a unit does not account for its records: this is a bug, keep the lake as it is and report it',
  unaccounted_objects: 'the outcomes of a plan day do not add up to the objects that were planned: report it',
  unfinished_switch:
    'readers were to be switched to a rebuild, and of these days they were not: run rebuild --switch again',
  live_file_missing:
    "a file that an outcome names is not there: run audit with --repair, which reads the day's raw data again, or restore it from the bucket's older version",
  live_file_differs:
    "a file is not what its outcome says: run audit with --repair, which reads the day's raw data again, or restore it from the bucket's older version",
  foreign_file: 'a file that no outcome or generation made lies in a table: remove it',
  settled_file_missing:
    "a file that the newest generation names is not there: run audit with --repair, which makes the day again from what it was made of, or restore the file from the bucket's older version",
  settled_file_differs:
    "a file is not what it was when its generation was made: run audit with --repair, which makes the day again from what it was made of, or restore the file from the bucket's older version",
  damaged_record:
    "the record of a generation is not JSON: a rollup makes recipient_messages again; of another table run audit with --repair, which makes the day again, or restore the record from the bucket's older version",
  outdated_day:
    'a day was computed with other SQL, seeds or rules than there are today: run settle and rollup, which go from the newest day to the oldest, in the cloud some days each time',
  other_settings:
    'a day has rows that were decoded with other settings: they stay as they are until the raw data is read again; acknowledge it, or make them alike by rebuild',
  unerased_day:
    'a day was not looked through for persons who are to be forgotten, over a day after it was asked for: run erase, or see why settle fails',
  stale_partition: 'the catalog does not point at the newest generation: run settle',
  missing_partition: 'a day with data is not in the catalog: run settle, or audit with --repair',
  unexpired_day:
    'days are older than their retention, and are still there: run, which removes them once a day; more than 31 at once wait for a person, as they would where the retention or a clock is wrong: see to it, then run with --expire',
  unsettled_day: 'a finished day has had unsettled data for over two days: run settle, or see why it fails',
} as const;
export type DriftKind = keyof typeof DRIFTS;

export interface Drift {
  kind: DriftKind;
  /** the object, unit or partition */
  key: string;
  detail: string;
}

export type ReportDrift = (kind: DriftKind, key: string, detail?: string) => void;

/**
 * `daily`: the last 8 days, and of older ones a thirtieth in turns; `all`: everything, without relying on an earlier
 * audit.
 */
export type AuditReach = 'daily' | 'all';

const RECENT_DAYS = 8;
/** Number of days in which every older day is looked at once. */
const TURNS = 30;

export interface AuditScope {
  now: number;
  isThorough: boolean;
  includesTime(ms: number): boolean;
  includesDay(dt: string): boolean;
  /** to be told of entries that were looked at: of plans and raw listings, outcomes, and their files */
  looked(entries: number): void;
}

export function auditScope(reach: AuditReach, now: number, looked: AuditScope['looked'] = () => {}): AuditScope {
  const today = Math.floor(now / DAY_MS);
  const includesTime = (ms: number): boolean => {
    const day = Math.floor(ms / DAY_MS);
    return reach === 'all' || today - day <= RECENT_DAYS || (((today - day) % TURNS) + TURNS) % TURNS === 0;
  };
  return { now, isThorough: reach === 'all', includesTime, includesDay: (dt) => includesTime(startOfDay(dt)), looked };
}
