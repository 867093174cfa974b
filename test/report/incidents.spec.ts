import { describe, expect, test } from 'vitest';
import { eachTroubleOnce, findIncidents, type Incident, joined, withoutRepeats } from '#report/incidents.ts';
import { later } from '#report/period.ts';
import { worded } from '#report/wording.ts';
import { FIRST, fact, NOTHING, quarter, type Story } from './story.ts';
import { storyLake } from './story-lake.ts';

const found = async (story: Story, filter = {}) =>
  findIncidents(await storyLake(story), filter, { shown: { from: FIRST, to: later(FIRST, 100) } });

const incident = (row: Partial<Incident>): Incident => ({
  metric: 'hard_bounce_rate',
  provider: 'gmail',
  providers: [],
  from: '2025-08-31',
  to: row.from ?? '2025-08-31',
  numerator: 50,
  denominator: 100,
  expected: 0.02,
  horizon: 24,
  deviations: 9,
  days: 1,
  ...row,
});

describe('incidents', () => {
  test('a day when a provider turns most mail away is found and told once, with what was expected', async () => {
    const { incidents, isJudged } = await found(quarter());
    expect(isJudged).toBe(true);
    const [first, ...others] = incidents;
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      metric: 'hard_bounce_rate',
      provider: 'microsoft',
      from: '2025-10-15',
      to: '2025-10-15',
    });
    expect((first?.numerator ?? 0) / (first?.denominator ?? 1)).toBeGreaterThan(0.2);
    expect(first?.expected).toBeLessThan(0.03);
  });

  test('none is found in usual mail', async () => {
    expect(await found(quarter({ incident: null, days: 60 }))).toEqual({ incidents: [], isJudged: true });
  });

  test('is looked for in the mail of a filter only', async () => {
    const { facts } = quarter();
    const story = facts.map((row) => ({
      ...row,
      from_domain: row.domain === 'outlook.com' ? 'a.example' : 'b.example',
    }));
    const lake = await storyLake({ ...NOTHING, facts: story });
    const shown = { from: FIRST, to: later(FIRST, 100) };
    expect((await findIncidents(lake, { domain: 'a.example' }, { shown })).incidents).toHaveLength(1);
    expect(await findIncidents(lake, { domain: 'b.example' }, { shown })).toEqual({ incidents: [], isJudged: true });
  });

  test('nothing is judged where there are too few days before', async () => {
    const facts = [0, 1, 2].map((i) => fact({ send_date: later(FIRST, i), sent: 80, hard: i === 2 ? 50 : 0 }));
    expect(await found({ ...NOTHING, facts })).toEqual({ incidents: [], isJudged: false });
  });
});

describe('one trouble', () => {
  test('at a provider is not told again of all mail, nor as mail that was not delivered', () => {
    const rows = [
      incident({ provider: 'yahoo' }),
      incident({ provider: null }),
      incident({ provider: 'yahoo', metric: 'delivery_rate' }),
      incident({ provider: null, metric: 'delivery_rate' }),
    ];
    expect(eachTroubleOnce(rows)).toEqual([rows[0]]);
  });

  test('that many providers have is told of all mail, with their names', () => {
    const providers = ['gmail', 'yahoo', 'microsoft'];
    const all = incident({ provider: null });
    expect(eachTroubleOnce([all, ...providers.map((provider) => incident({ provider }))])).toEqual([
      { ...all, providers },
    ]);
  });

  test('that no provider has by itself is told of all mail', () => {
    const all = incident({ provider: null, metric: 'complaint_rate' });
    expect(eachTroubleOnce([all])).toEqual([all]);
  });

  test('of another kind on the same day is told too', () => {
    const rows = [incident({}), incident({ metric: 'complaint_rate', provider: 'yahoo' })];
    expect(eachTroubleOnce(rows)).toEqual(rows);
  });

  test('of an identity or a kind of mail is told where the mail of all of them does not show it', () => {
    const identity = { domain: 'tiny.example', configurationSet: null };
    const tiny = incident({ provider: null, identity });
    const kind = incident({ provider: null, identity, kind: 'campaign' });
    expect(eachTroubleOnce([tiny, kind])).toEqual([tiny]);
    expect(eachTroubleOnce([kind])).toEqual([kind]);
    const gmail = incident({});
    expect(eachTroubleOnce([tiny, kind, gmail])).toEqual([gmail]);
    const complaints = incident({ provider: null, metric: 'complaint_rate' });
    expect(eachTroubleOnce([tiny, complaints])).toEqual([complaints, tiny]);
    // Another identity's trouble of the next day is another one.
    expect(joined([tiny, incident({ from: '2025-09-01', provider: null })])).toHaveLength(2);
  });

  test('of one identity is found in mail where others hide it, and its words say whose it is', async () => {
    const facts = Array.from({ length: 40 }, (_, i) => later(FIRST, i)).flatMap((send_date, i) => [
      fact({ send_date, domain: 'club.example', from_domain: 'large.example', sent: 900, hard: 9, delivered: 891 }),
      fact({ send_date, domain: 'club.example', from_domain: 'tiny.example', sent: 40, hard: i === 39 ? 8 : 0 }),
    ]);
    const { incidents } = await found({ ...NOTHING, facts });
    expect(incidents).toMatchObject([
      { metric: 'hard_bounce_rate', provider: null, identity: { domain: 'tiny.example', configurationSet: null } },
    ]);
    const [tiny] = incidents;
    expect(tiny && worded(tiny).what).toBe('20.0% of the mail from tiny.example bounced permanently');
  });

  test('on days in a row is one incident, with its sums', () => {
    const days = [
      incident({ from: '2025-08-31', expected: 0.02, denominator: 100 }),
      incident({ from: '2025-09-01', expected: 0.06, denominator: 300, deviations: 12 }),
      incident({ from: '2025-09-03' }),
      incident({ from: '2025-09-04', provider: 'yahoo' }),
    ];
    expect(joined(days)).toEqual([
      incident({
        from: '2025-08-31',
        to: '2025-09-01',
        days: 2,
        numerator: 100,
        denominator: 400,
        expected: 0.05,
        deviations: 12,
      }),
      days[2],
      days[3],
    ]);
  });

  test('that comes back within a week for the same cause is told once, with how many days it had', () => {
    const newest = [
      incident({ from: '2025-09-20' }),
      incident({ from: '2025-09-06', provider: 'yahoo' }),
      incident({ from: '2025-09-05', to: '2025-09-06', days: 2 }),
      incident({ from: '2025-09-02' }),
      incident({ from: '2025-08-31' }),
    ];
    const told = withoutRepeats(
      newest.map((one) => ({ ...one })),
      () => true,
    );
    expect(told.map(({ from, to, days, provider, numerator }) => [from, to, days, provider, numerator])).toEqual([
      ['2025-09-20', '2025-09-20', 1, 'gmail', 50],
      ['2025-08-31', '2025-09-06', 4, 'gmail', 150],
      ['2025-09-06', '2025-09-06', 1, 'yahoo', 50],
    ]);
    expect(worded(told[1] ?? incident({})).when).toBe('On 4 days from Sunday 31 August to Saturday 6 September');
    expect(withoutRepeats(newest, () => false)).toHaveLength(newest.length);
  });
});
