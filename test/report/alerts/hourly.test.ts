import { describe, expect, test } from 'vitest';
import { HOUR_MS } from '#lake/days.ts';
import type { Baseline, HourCounts } from '#report/alerts/counts.ts';
import { lookAtHours } from '#report/alerts/hourly.ts';

const END = Date.UTC(2026, 9, 6, 12);
const PROVIDERS = ['gmail', 'microsoft', 'yahoo', 'gmx'];
const STREAMS = ['receipts', 'alerts'];

/** An hour of 100 mails to a provider from each stream, as every hour is. */
const usual = { delivered: 100, bounced: 1, delayed: 1, complained: 0, engaged: 40, mailed: 210 };

/** Four weeks of such hours. */
const BASELINE: Baseline = {
  days: 28,
  providers: Object.fromEntries(
    PROVIDERS.map((name) => [name, { delivered: 134_400, bounced: 1344, delayed: 1344, complained: 60 }]),
  ),
  streams: Object.fromEntries(
    STREAMS.map((name) => [
      name,
      {
        delivered: 268_800,
        engaged: Array.from({ length: 24 }, () => 4480),
        least: Array.from({ length: 168 }, () => 700),
      },
    ]),
  ),
};

/** The three days before; `of` changes what is counted `ago` hours before the end: 1 is the last hour. */
const recent = (of: (row: HourCounts, ago: number) => Partial<HourCounts> = () => ({})): HourCounts[] =>
  Array.from({ length: 72 }, (_, i) => 72 - i).flatMap((ago) =>
    STREAMS.flatMap((stream) =>
      PROVIDERS.map((provider) => {
        const row = { hour: END - ago * HOUR_MS, stream, provider, ...usual };
        return { ...row, ...of(row, ago) };
      }),
    ),
  );

const told = (counts: readonly HourCounts[], baseline = BASELINE) =>
  lookAtHours(baseline, counts, END).findings.map(
    ({ trouble, scope, window, level, says: { headline, compared } }) => ({
      trouble,
      scope,
      window,
      level,
      words: `${headline}: ${compared}`,
    }),
  );

const refused = (names: readonly string[], hours = 1) =>
  recent(({ provider }, ago) =>
    ago <= hours && names.includes(provider ?? '') ? { delivered: 40, bounced: 60, engaged: 20 } : {},
  );

describe('the hours just past', () => {
  test('tell nothing when they are as ever, nor in a lake of few days', () => {
    expect(told(recent())).toEqual([]);
    expect(told(refused(['gmail']), { ...BASELINE, days: 13 })).toEqual([]);
  });

  test('tell of a provider that turns mail away', () => {
    expect(told(refused(['gmail']))).toEqual([
      {
        trouble: 'refused',
        scope: { provider: 'gmail' },
        window: 1,
        level: 'critical',
        words:
          'On Tuesday 6 October, 11:00 to 12:00 UTC, Gmail turned away 60.0% of the mail that came there: 120 of 200, where 0.99% was expected',
      },
    ]);
  });

  test('tell it of all at once where many do', () => {
    expect(told(refused(['gmail', 'yahoo', 'gmx']))).toMatchObject([
      { trouble: 'refused', scope: {}, words: expect.stringContaining('Gmail, Yahoo and GMX turned away 60.0%') },
    ]);
  });

  test('tell of mail that is put off, and of complaints', () => {
    const deferred = recent(({ provider }, ago) =>
      ago <= 2 && provider === 'yahoo' ? { delivered: 30, delayed: 70 } : {},
    );
    expect(told(deferred)).toMatchObject([{ trouble: 'deferred', scope: { provider: 'yahoo' }, level: 'critical' }]);
    const complaints = recent(({ provider }, ago) => (ago === 1 && provider === 'microsoft' ? { complained: 10 } : {}));
    expect(told(complaints)).toMatchObject([{ trouble: 'complaints', scope: { provider: 'microsoft' }, window: 1 }]);
  });

  test('tell of tracking only where mail is delivered, else of a silent source', () => {
    const untracked = recent(({ stream }, ago) => (ago <= 1 && stream === 'receipts' ? { engaged: 1 } : {}));
    expect(told(untracked)).toMatchObject([{ trouble: 'tracking', scope: { stream: 'receipts' }, window: 1 }]);
    const silent = recent().filter(({ stream, hour }) => stream !== 'receipts' || hour < END - 2 * HOUR_MS);
    expect(told(silent)).toMatchObject([{ trouble: 'silent', scope: { stream: 'receipts' }, window: 2 }]);
    expect(told(recent().filter(({ hour }) => hour < END - 2 * HOUR_MS))).toMatchObject([
      { trouble: 'silent', scope: {} },
    ]);
  });

  test('say that it is over when there is enough mail to say so', () => {
    const [open] = lookAtHours(BASELINE, refused(['gmail']), END).findings;
    if (!open) throw new Error('nothing is found');
    const why = (counts: readonly HourCounts[]) => lookAtHours(BASELINE, counts, END).whyOver(open);
    expect(why(refused(['gmail']))).toBeNull();
    expect(why(recent())).toBe('6 of 606 mails of the last 3 hours');
    expect(why(recent().filter(({ hour }) => hour < END - 3 * HOUR_MS))).toBeNull();
  });
});
