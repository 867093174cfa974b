import { expect, test } from 'vitest';
import { askAbout } from '#report/scope.ts';
import { loadBounceReasons } from '#report/sections/bounces.ts';
import { fact, NOTHING } from '../story.ts';
import { storyLake } from '../story-lake.ts';

const row = (send_date: string, domain: string, soft: number, diagnostic: string | null, status = '4.7.28') =>
  fact({ send_date, domain, sent: soft, soft, status, diagnostic });

test('a reason adds up days and providers, and names the provider with most, the first by name if they tie', async () => {
  const facts = [
    row('2025-08-31', 'yahoo.com', 100, 'before the period'),
    row('2025-09-02', 'yahoo.com', 3, 'of yahoo'),
    row('2025-09-03', 'gmail.com', 1, 'second'),
    row('2025-09-04', 'gmail.com', 2, 'first'),
    row('2025-09-05', 'gmail.com', 2, null, '4.2.2'),
  ];
  const ask = askAbout(await storyLake({ ...NOTHING, facts }), {}, { from: '2025-09-01', to: '2025-09-30' });
  expect(await loadBounceReasons(ask)).toMatchObject({
    reasons: [
      {
        kind: 'soft',
        status: '4.7.28',
        bounces: 6,
        share: 0.75,
        provider: 'gmail',
        providerBounces: 3,
        example: 'first',
      },
      { kind: 'soft', status: '4.2.2', bounces: 2, share: 0.25, provider: 'gmail', providerBounces: 2, example: null },
    ],
    rest: { reasons: 0, bounces: 0 },
  });
});

test('reasons beyond the dozen most frequent are counted', async () => {
  const facts = Array.from({ length: 15 }, (_, i) => row('2025-09-02', 'gmail.com', 20 - i, null, `5.6.${i + 1}`));
  const { reasons, rest } = await loadBounceReasons(askAbout(await storyLake({ ...NOTHING, facts }), {}));
  expect(reasons.map(({ bounces }) => bounces)).toEqual([20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9]);
  expect(rest).toEqual({ reasons: 3, bounces: 8 + 7 + 6 });
});
