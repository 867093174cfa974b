import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lifeOf } from '#generate/sender/life.ts';
import { firstDayOf, incidentOf, schedule } from '#generate/sender/schedule.ts';
import { DAY_MS, HOUR_MS, startOfDay, utcDate } from '#lake/days.ts';
import { type Baseline, computeBaseline, type HourCounts, loadRecent } from '#report/alerts/counts.ts';
import { nameOf } from '#report/alerts/finding.ts';
import { lookAt } from '#report/alerts/watch.ts';
import { generatedLake } from '#test/sql/generated-lake.ts';
import type { LakeFixture } from '#test/sql/lake-fixture.ts';
import { HourlyCells } from './hourly-cells.ts';
import { scoreOf } from './quarters.ts';

const OPTIONS = { seed: 1, messages: 12_000, days: 50, end: '2026-10-30' };

let lake: LakeFixture;
let date: string;
beforeAll(async () => {
  const generated = await generatedLake({ ...OPTIONS, incident: true });
  lake = generated.lake;
  date = generated.truth.incident?.date ?? '';
});
afterAll(() => lake.close());

const mailLake = () => ({ engine: lake, views: lake.views });

/** The events of the same lives, counted without a lake. */
function cells(): HourlyCells {
  const { seed, messages, days, end } = OPTIONS;
  const first = firstDayOf(end, days);
  const world = { seed, incident: incidentOf(first, days), people: Math.ceil(messages / 12) };
  const counted = new HourlyCells(first, days + 3);
  let sent = 0;
  for (const batch of schedule(seed, messages, first, days))
    for (let ordinal = 0; ordinal < batch.messages; ordinal++) counted.add(lifeOf(world, batch, ordinal, sent++), 1);
  return counted;
}

describe('what hours are judged by', () => {
  const order = (rows: readonly HourCounts[]) => rows.map((row) => JSON.stringify(row, Object.keys(row).sort())).sort();

  test('the lake counts what happened to the generated mail', async () => {
    const end = startOfDay(date) + 9 * HOUR_MS;
    expect(order(await loadRecent(mailLake(), end))).toEqual(order(cells().recent(end)));
  });

  test('and the four weeks before', async () => {
    const sorted = ({ days, providers, streams }: Baseline) => ({
      days,
      providers: Object.entries(providers).sort(),
      streams: Object.entries(streams).sort(),
    });
    expect(sorted(await computeBaseline(mailLake(), date))).toEqual(sorted(cells().baseline(date)));
  });
});

describe('an incident', () => {
  test('is found within the hours of its mail, with its cause, and a query that runs', async () => {
    const look = await lookAt('hourly', mailLake(), { now: startOfDay(date) + 8 * HOUR_MS });
    expect(look.findings).toHaveLength(1);
    const [finding] = look.findings;
    expect(finding).toMatchObject({ trouble: 'refused', scope: { provider: 'microsoft' }, level: 'critical' });
    expect(finding?.says.said).toMatch(
      /^Servers said “smtp; 550 5\.7\.1 Messages from \[54\.240\.11\.\d+\] were not accepted/,
    );
    expect(finding?.says.whose).toContain('news.harborbooks.example');
    expect((await lake.rows(finding?.says.query ?? '')).length).toBeGreaterThan(0);
  });

  test('is found in its day as the same trouble, and is over with the next', async () => {
    const now = startOfDay(date) + 2 * DAY_MS + 5 * HOUR_MS;
    const look = await lookAt('daily', mailLake(), { now });
    const refused = look.findings.filter(({ trouble }) => trouble === 'refused');
    expect(refused.map((one) => nameOf(one))).toEqual([
      nameOf({ trouble: 'refused', scope: { provider: 'microsoft' } }),
    ]);
    const [finding] = refused;
    expect(finding?.says.headline).toMatch(/^On Tuesday \d+ October Microsoft turned away/);
    expect((await lake.rows(finding?.says.query ?? '')).length).toBeGreaterThan(0);
    if (!finding) return;
    const next = await lookAt('daily', mailLake(), { now: now + DAY_MS });
    expect(next.findings.filter(({ trouble }) => trouble === 'refused')).toEqual([]);
    expect(next.whyOver(finding)).toMatch(/^the mail of Wednesday \d+ October did as was expected$/);
  });

  test('of usual days and hours there is none', async () => {
    const now = startOfDay(utcDate(startOfDay(date) - 3 * DAY_MS)) + 9 * HOUR_MS;
    expect((await lookAt('hourly', mailLake(), { now })).findings).toEqual([]);
    expect((await lookAt('daily', mailLake(), { now })).findings.map(({ trouble }) => trouble)).toEqual([]);
  });
});

/** The bars over 20 seeds: `node test/report/alerts/quarters.ts`. */
test('in eight weeks of 10,000 mails a day each kind of incident is found within two hours, named right, and next to none is made up', {
  timeout: 300_000,
}, () => {
  const { made, incidents } = scoreOf({ seed: 1, messages: 560_000, days: 56 });
  expect(made.length).toBeLessThanOrEqual(1);
  expect(incidents.filter(({ hours }) => hours === null || hours > 2)).toEqual([]);
  expect(incidents.map(({ incident }) => incident.trouble)).toEqual([
    'refused',
    'deferred',
    'complaints',
    'tracking',
    'silent',
  ]);
});
