import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { addDays, utcDate } from '#lake/days.ts';
import { type LakeFixture, lakeFixture, type Row } from './lake-fixture.ts';

/** The view looks back from today. */
const TODAY = utcDate(Date.now());
const [LAST, BEFORE, LONG_BEFORE] = [addDays(TODAY, -20), addDays(TODAY, -21), addDays(TODAY, -50)];

let lake: LakeFixture;
beforeAll(async () => {
  lake = await lakeFixture();
});
beforeEach(() => lake.clear());
afterAll(() => lake.close());

const unit = (newest_delivered_at: string, finished_at: string): Row => ({
  unit: finished_at,
  status: 'done',
  kind: 'first',
  newest_delivered_at,
  finished_at,
  dt: finished_at.slice(0, 10),
});
const generation = (table_name: string, dt: string, created_at: string): Row => ({ table_name, dt, created_at });
const audited = (checked_at: string, drifts_by_kind: Record<string, number>): Row => ({
  checked_at,
  drift_count: Object.values(drifts_by_kind).reduce((sum, count) => sum + count, 0),
  drifts_by_kind,
  dt: checked_at.slice(0, 10),
});

test('data_freshness says in one row how far the lake has come', async () => {
  await lake.insert('units', [
    unit(`${LAST} 10:00:00`, `${LAST} 10:05:00`),
    unit(`${LAST} 09:00:00`, `${LAST} 11:05:00`),
  ]);
  await lake.insert('generations', [
    generation('events', BEFORE, `${LAST} 04:00:00`),
    generation('events', LONG_BEFORE, `${LAST} 05:00:00`),
    generation('headers', LAST, `${LAST} 06:00:00`),
    generation('recipient_messages', LAST, `${LAST} 07:00:00`),
  ]);
  await lake.insert('audits', [
    audited(`${BEFORE} 05:00:00`, { open_unit: 9 }),
    audited(`${LAST} 05:00:00`, { counting_law: 1, foreign_file: 2 }),
  ]);
  const [row, ...more] = await lake.rows('select * from data_freshness');
  expect(more).toEqual([]);
  const { lag_seconds, rollup_lag_seconds, ...rest } = row ?? {};
  expect(rest).toEqual({
    lake_version: 'v1',
    newest_delivered_at: `${LAST} 10:00:00.000`,
    newest_transformed_at: `${LAST} 11:05:00.000`,
    newest_settled_date: BEFORE,
    newest_settled_at: `${LAST} 05:00:00.000`,
    newest_send_date: LAST,
    newest_rolled_up_at: `${LAST} 07:00:00.000`,
    last_audited_at: `${LAST} 05:00:00.000`,
    last_audit_drifts: 3,
    last_audit_findings: 'foreign_file 2, counting_law 1',
  });
  // Both lags are against one now.
  expect(Number(rollup_lag_seconds) - Number(lag_seconds)).toBe(3 * 3600);
});

test('what has not been done yet is NULL, and an audit without findings has none', async () => {
  await lake.insert('units', [unit(`${LAST} 10:00:00`, `${LAST} 10:05:00`)]);
  expect(
    await lake.rows(
      'select newest_settled_date, newest_rolled_up_at, last_audited_at, last_audit_drifts from data_freshness',
    ),
  ).toEqual([{ newest_settled_date: null, newest_rolled_up_at: null, last_audited_at: null, last_audit_drifts: null }]);
  await lake.insert('audits', [audited(`${BEFORE} 05:00:00`, {})]);
  expect(await lake.rows('select last_audit_drifts, last_audit_findings from data_freshness')).toEqual([
    { last_audit_drifts: 0, last_audit_findings: null },
  ]);
});
