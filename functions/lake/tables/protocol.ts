/** The protocol's own records as tables: one JSON object a line, for the data-quality views. */
import { bigint, counts, defineTable, int, type RowOf, required, string, type Table, timestamp } from './table.ts';

/** The protocol counts in safe integers. */
type NumberRow<T extends Table> = { [K in keyof RowOf<T>]: Exclude<RowOf<T>[K], bigint> };

export const units = defineTable({
  name: 'units',
  doc: 'What became of each unit of raw objects: the outcome that its transform created.',
  grain: 'One row per unit.',
  key: ['unit'],
  partition: 'the plan day: the UTC date of the planner that sealed the unit',
  format: 'json',
  columns: {
    unit: required(string('`<plan day>-<hash of raw prefix>-<n>-<i>`, and `a` or `b` for each split.')),
    attempt: required(string('The attempt whose files count; empty for a unit that was split, whose halves count.')),
    kind: required(
      string(
        '`first`, or `replay` of quarantined records, which is counted beside the law: their first reading counts.',
      ),
    ),
    raw_prefix: required(string('The raw folder that the unit is from; empty for a replay.')),
    status: required(string('`done`, or `split` into halves that have outcomes of their own.')),
    objects: required(bigint('Raw objects.')),
    bytes: required(bigint('Bytes of the raw objects as stored.')),
    missing_objects: required(bigint('Objects that had gone before they were read (`source_missing`).')),
    changed_objects: required(bigint('Objects rewritten after planning, not read (`raw_changed`).')),
    records: required(bigint('Innermost events, undecodable pieces, and objects quarantined whole.')),
    accepted: required(bigint('Records that made at least one row.')),
    duplicate: required(bigint('Records all of whose rows repeat rows of the unit.')),
    skipped: required(bigint('Records that are no e-mail events.')),
    quarantined: required(bigint('Records in the quarantine table.')),
    accepted_by_type: required(counts('Accepted records by `source/event_type`.')),
    skipped_by_type: required(counts('Skipped records by their own type.')),
    quarantined_by_reason: required(counts('Quarantined records by reason.')),
    event_rows: required(bigint('Rows written to events.')),
    header_rows: required(bigint('Rows written to headers.')),
    click_rows: required(bigint('Rows written to clicks.')),
    newest_delivered_at: timestamp('Delivery time of the newest object.'),
    started_at: required(timestamp('When the attempt began.')),
    finished_at: required(timestamp('When the outcome was created.')),
    // Added later, so it may be null: outcomes of before have none.
    erased: bigint('Records about persons who were forgotten, of which nothing was kept; NULL counts as 0.'),
  },
});

export type UnitRow = NumberRow<typeof units>;

export const generations = defineTable({
  name: 'generations',
  doc: 'Each settled state of a day of a table.',
  grain: 'One row per table, day and generation.',
  key: ['table_name', 'dt', 'generation'],
  partition: 'the day that was settled',
  format: 'json',
  columns: {
    table_name: required(string('events, headers, clicks or recipient_messages.')),
    generation: required(int('Number, from 0.')),
    location: required(string('Where its files lie.')),
    files: required(bigint('Number of files.')),
    attempts: required(bigint('Attempts it is made of.')),
    rows_in: required(bigint('Rows that went in: the generation before and the new units.')),
    rows_out: required(bigint('Rows it has.')),
    duplicates: required(bigint('Rows dropped as repeats across units: rows_in − rows_out.')),
    created_at: required(timestamp('When it was created.')),
    erased: bigint('Rows left out of it because they were about persons who were forgotten; NULL counts as 0.'),
  },
});

export type GenerationRow = NumberRow<typeof generations>;

export const audits = defineTable({
  name: 'audits',
  doc: 'What each audit of the lake looked at and found.',
  grain: 'One row per audit.',
  key: ['checked_at'],
  partition: 'the UTC day of the audit',
  format: 'json',
  columns: {
    checked_at: required(timestamp('When it ran.')),
    raw_objects: required(bigint('Raw objects that are there.')),
    units: required(bigint('Units with an outcome.')),
    open_units: required(bigint('Units without one.')),
    records: required(bigint('Records of the units.')),
    files: required(bigint('Live and settled files.')),
    drift_count: required(bigint('Findings: what is not as it should be.')),
    drifts_by_kind: required(counts('Findings by kind.')),
  },
});
