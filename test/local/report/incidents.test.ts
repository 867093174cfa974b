import { describe, expect, test } from 'vitest';
import type { Incident } from '#local/report/incidents.ts';
import { findIncidents, joined } from '#local/report/incidents.ts';
import { findPeriod } from '#local/report/period.ts';
import { fact, NOTHING, quarter, type Story } from './story.ts';
import { storyEngine } from './story-engine.ts';

async function incidentsOf(story: Story): Promise<Incident[]> {
  const engine = await storyEngine(story);
  const period = await findPeriod(engine, {});
  return period ? findIncidents(engine, period) : [];
}

describe('incidents', () => {
  test('a day when a provider turns most mail away is found, with what is usual', async () => {
    const [incident, ...others] = await incidentsOf(quarter({ incident: 70 }));
    expect(others).toEqual([]);
    expect(incident).toMatchObject({ provider: 'microsoft', from: '2026-10-12', to: '2026-10-12' });
    expect((incident?.bounces ?? 0) / (incident?.sent ?? 1)).toBeGreaterThan(0.75);
    expect(incident?.usual).toBeLessThan(0.03);
  });

  test.each([20, 200, 1000, 50_000])('none is found in usual mail of %d a day', async (size) => {
    expect(await incidentsOf(quarter({ size, incident: null }))).toEqual([]);
  });

  test('the bad luck of a few mails is none', async () => {
    const days = ['2026-08-03', '2026-08-04', '2026-08-05'];
    const facts = days.map((send_date, i) => fact({ send_date, sent: 8, hard_bounces: i === 2 ? 5 : 0 }));
    expect(await incidentsOf({ ...NOTHING, facts })).toEqual([]);
  });

  test('a small rise of much mail is one', async () => {
    const days = Array.from({ length: 12 }, (_, i) => `2026-08-${String(i + 1).padStart(2, '0')}`);
    const facts = days.map((send_date, i) => fact({ send_date, sent: 100_000, soft_bounces: i === 7 ? 9000 : 2000 }));
    expect(await incidentsOf({ ...NOTHING, facts })).toMatchObject([
      { from: '2026-08-08', to: '2026-08-08', usual: 0.02 },
    ]);
  });

  test('days in a row at one provider are one incident', () => {
    const one = { provider: 'gmail', sent: 100, bounces: 50, usual: 0.02 };
    const found = ['2026-08-31', '2026-09-01', '2026-09-03'].map((date) => ({ ...one, from: date, to: date }));
    const other = { ...one, provider: 'yahoo', from: '2026-09-04', to: '2026-09-04' };
    expect(joined([...found, other])).toEqual([
      { ...one, from: '2026-08-31', to: '2026-09-01', sent: 200, bounces: 100 },
      { ...one, from: '2026-09-03', to: '2026-09-03' },
      other,
    ]);
  });
});
