import { expect, test } from 'vitest';
import { playBacklog } from './backlog.ts';
import { backlogText } from './backlog-text.ts';

test('fault 54a: a backlog is transformed and settled about once a day each, with live mail within its delay beside it', async () => {
  const report = await playBacklog({ days: 30, objects: 14_400, pace: { unitMs: 300_000 } });
  console.log(backlogText(report));
  expect(report).toMatchObject({ objects: 14_400, units: 720, rows: 14_400 * 10 * 3 });
  // 30 days of 24 hours lie on 31 days of the calendar
  expect(report.days).toBe(31 * 3);
  expect(report.transformedAfter).toBeGreaterThan(1.5);
  expect(report.generations / report.days).toBeLessThan(1.1);
  expect(report.mostGenerations).toBeLessThanOrEqual(2);
  expect(report.live.objects).toBeGreaterThan(40);
  // a tick, a round of its workers, and the tick's own calls
  expect(report.live.most).toBeLessThan(16);
});
