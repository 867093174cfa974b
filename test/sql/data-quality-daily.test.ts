import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LakeFixture, lakeFixture, type Row } from './lake-fixture.ts';

let lake: LakeFixture;
beforeAll(async () => {
  lake = await lakeFixture();
});
afterAll(() => lake.close());

const unit = (name: string, dt: string, details: Row): Row => ({
  unit: name,
  attempt: `${name}.version`,
  kind: 'first',
  raw_prefix: 'raw/',
  status: 'done',
  objects: 0,
  bytes: 0,
  missing_objects: 0,
  changed_objects: 0,
  records: 0,
  accepted: 0,
  duplicate: 0,
  skipped: 0,
  quarantined: 0,
  erased: 0,
  accepted_by_type: {},
  skipped_by_type: {},
  quarantined_by_reason: {},
  event_rows: 0,
  header_rows: 0,
  click_rows: 0,
  dt,
  ...details,
});

const settled = (table_name: string, dt: string, created_at: string, duplicates: number): Row => ({
  table_name,
  generation: 0,
  location: 'x',
  files: 1,
  attempts: 1,
  rows_in: 100,
  rows_out: 100 - duplicates,
  duplicates,
  created_at,
  dt,
});

test('data_quality_daily accounts for every record of a day', async () => {
  await lake.insert('units', [
    unit('a', '2026-03-02', {
      objects: 3,
      bytes: 1000,
      records: 10,
      accepted: 6,
      duplicate: 1,
      skipped: 2,
      quarantined: 1,
      erased: 0,
      accepted_by_type: { 'ses/delivered': 1, 'ses/send': 5 },
      skipped_by_type: { '_session.start': 1, Received: 1 },
      quarantined_by_reason: { json: 1 },
      event_rows: 7,
      header_rows: 20,
      newest_delivered_at: '2026-03-02 10:00:00',
    }),
    unit('b', '2026-03-02', {
      objects: 1,
      missing_objects: 1,
      records: 5,
      accepted: 4,
      skipped: 1,
      accepted_by_type: { 'ses/delivered': 1, 'ses/send': 3 },
      skipped_by_type: { Received: 1 },
      event_rows: 4,
      click_rows: 1,
      newest_delivered_at: '2026-03-02 09:00:00',
    }),
    // Its halves count.
    unit('c', '2026-03-02', { status: 'split', objects: 9, records: 9 }),
    // Quarantined records, read again: beside the law.
    unit('r', '2026-03-02', {
      kind: 'replay',
      objects: 1,
      bytes: 5,
      records: 4,
      accepted: 3,
      quarantined: 1,
      erased: 0,
      accepted_by_type: { 'ses/send': 3 },
      quarantined_by_reason: { json: 1 },
      event_rows: 3,
    }),
    // One record is missing.
    unit('d', '2026-03-03', { records: 3, accepted: 2, accepted_by_type: { 'ses/open': 2 }, event_rows: 2 }),
  ]);
  await lake.insert('generations', [
    settled('events', '2026-03-01', '2026-03-03 04:00:00', 5),
    settled('events', '2026-03-02', '2026-03-03 05:00:00', 2),
    settled('headers', '2026-03-02', '2026-03-03 05:00:00', 50),
    settled('events', '2026-03-03', '2026-03-04 05:00:00', 1),
  ]);
  expect(await lake.rows('select * from data_quality_daily order by ingest_date')).toEqual([
    {
      ingest_date: '2026-03-02',
      dt: '2026-03-02',
      units: 2,
      objects: 4,
      raw_bytes: 1000,
      missing_objects: 1,
      changed_objects: 0,
      records: 15,
      accepted: 10,
      duplicate: 1,
      skipped: 3,
      quarantined: 1,
      erased: 0,
      replayed: 4,
      replay_accepted: 3,
      replay_quarantined: 1,
      records_accounted: 15,
      is_accounted: true,
      duplicate_rate: 1 / 15,
      skipped_rate: 3 / 15,
      quarantined_rate: 1 / 15,
      accepted_by_type: 'ses/send 8, ses/delivered 2',
      skipped_by_type: 'Received 2, _session.start 1',
      quarantined_by_reason: 'json 1',
      event_rows: 14,
      header_rows: 20,
      click_rows: 1,
      settled_duplicate_rows: 0,
      newest_delivered_at: '2026-03-02 10:00:00.000',
    },
    expect.objectContaining({
      ingest_date: '2026-03-03',
      records: 3,
      records_accounted: 2,
      is_accounted: false,
      accepted_by_type: 'ses/open 2',
      skipped_by_type: null,
      settled_duplicate_rows: 7,
    }),
    // Nothing came in, but a settling found a repeat.
    expect.objectContaining({
      ingest_date: '2026-03-04',
      units: 0,
      records: 0,
      is_accounted: true,
      settled_duplicate_rows: 1,
    }),
  ]);
});
