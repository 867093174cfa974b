import { expect, test } from 'vitest';
import type { ProviderDay } from '#report/daily.ts';
import { providersSection } from '#report/sections/providers.ts';
import { parsed } from '../page-tags.ts';

const day = (counts: Record<string, number>): ProviderDay => ({
  date: '2025-09-01',
  provider: 'other',
  counts: { number: (name) => counts[name] ?? 0 },
});

test('where only bounces are published, the map of bounces has no share of them', () => {
  const days = [
    day({ sent: 300, hard_bounces: 300 }),
    day({ sent: 30, hard_bounces: 3, volume_sent: 30, volume_hard_bounces: 3 }),
  ];
  const one = { from: '2025-09-01', to: '2025-09-01' };
  const { markup } = providersSection(days, days, { ...one, before: null, shown: one }, []);
  expect(parsed(markup.toString()).documentElement.textContent).toContain('10.0% of 30');
});
