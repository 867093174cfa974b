import { expect, test } from 'vitest';
import { loadBounceReasons } from '#local/report/sections/bounces.ts';
import { NOTHING } from '../story.ts';
import { storyEngine } from '../story-engine.ts';

const PERIOD = { from: '2026-09-01', to: '2026-09-30', before: null, shown: { from: '2026-09-01', to: '2026-09-30' } };

const row = (event_date: string, mailbox_provider: string, bounces: number, example_diagnostic: string | null) => ({
  event_date,
  mailbox_provider,
  bounce_kind: 'soft',
  enhanced_status: '4.7.28',
  bounces,
  meaning: 'Rate limited.',
  what_to_do: 'Slow down.',
  example_diagnostic,
});

test('a reason adds up days and providers, and names the provider with most, the first by name if they tie', async () => {
  const bounces = [
    row('2026-08-31', 'yahoo', 100, 'before the period'),
    row('2026-09-02', 'yahoo', 3, 'of yahoo'),
    row('2026-09-03', 'gmail', 1, 'second'),
    row('2026-09-04', 'gmail', 2, 'first'),
    { ...row('2026-09-05', 'gmail', 2, null), enhanced_status: null },
  ];
  expect(await loadBounceReasons(await storyEngine({ ...NOTHING, bounces }), PERIOD)).toEqual([
    {
      kind: 'soft',
      status: '4.7.28',
      bounces: 6,
      share: 0.75,
      provider: 'gmail',
      providerBounces: 3,
      meaning: 'Rate limited.',
      whatToDo: 'Slow down.',
      example: 'first',
    },
    {
      kind: 'soft',
      status: null,
      bounces: 2,
      share: 0.25,
      provider: 'gmail',
      providerBounces: 2,
      meaning: 'Rate limited.',
      whatToDo: 'Slow down.',
      example: null,
    },
  ]);
});
