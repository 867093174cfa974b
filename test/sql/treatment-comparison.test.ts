import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, type LakeFixture, lakeFixture, type Row } from './lake-fixture.ts';
import { bounced, opened, outcome, outcomes } from './outcome-rows.ts';

let lake: LakeFixture;
beforeAll(async () => {
  lake = await lakeFixture();
});
beforeEach(() => lake.clear());
afterAll(() => lake.close());

const LEFT: Row = { unsubscribed_at: '2026-03-02 10:00:00' };
const CLICKED: Row = { clicks: 1, human_clicks: 1, first_clicked_at: '2026-03-02 10:00:00' };

/** `delivered` mails of a treatment, of which the first `left` unsubscribe. */
const treated = (treatment_id: string, delivered: number, left: number, campaign_id = 'spring'): Row[] =>
  outcomes(`${campaign_id}-${treatment_id}`, delivered, [[left, LEFT]], { campaign_id, treatment_id });

const compared = async (rows: readonly Row[]): Promise<Answer[]> => {
  await lake.insert('recipient_messages', rows);
  return lake.rows('select * from treatment_comparison order by campaign_id, treatment_id');
};

/** The standard normal beyond |z| on both sides, by Simpson's rule: no rational function as the engines have. */
function bothTails(z: number): number {
  const steps = 4000;
  const width = 12 / steps;
  const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  let area = 0;
  for (let step = 0; step <= steps; step++)
    area += density(Math.abs(z) + step * width) * (step === 0 || step === steps ? 1 : step % 2 === 1 ? 4 : 2);
  return (2 * area * width) / 3;
}

describe('agrees with published worked examples', () => {
  test('Wilson intervals: Newcombe, Statistics in Medicine 17 (1998), 857–872, table I', async () => {
    const rows = await compared([
      ...treated('81 of 263', 263, 81),
      ...treated('15 of 148', 148, 15),
      ...treated('0 of 20', 20, 0),
      ...treated('1 of 29', 29, 1),
    ]);
    const interval = Object.fromEntries(
      rows.map((row) => [
        row.treatment_id,
        [row.unsubscribe_rate_low, row.unsubscribe_rate_high].map((end) => Number(Number(end).toFixed(4))),
      ]),
    );
    expect(interval).toEqual({
      '81 of 263': [0.2553, 0.3662],
      '15 of 148': [0.0624, 0.1605],
      '0 of 20': [0, 0.1611],
      '1 of 29': [0.0061, 0.1718],
    });
  });

  test('two proportions: Illowsky and Dean, Collaborative Statistics, Connexions m17043 (hives after medication A and B)', async () => {
    const [a, b] = await compared([...treated('A', 200, 20), ...treated('B', 200, 12)]);
    expect(a).toMatchObject({ is_control: true, unsubscribe_rate: 0.1, unsubscribe_rate_p_value: null });
    expect(b).toMatchObject({ control_treatment_id: 'A', is_unsubscribe_rate_significant: false });
    expect(Number(b?.unsubscribe_rate_p_value).toFixed(4)).toBe('0.1404');
    expect(b?.unsubscribe_rate_difference).toBeCloseTo(-0.04, 12);
  });
});

test('each rate has its own interval and test, as an independent computation has them', async () => {
  const arms = [
    { treatment_id: '0', sent: 400, delivered: 380, opens: 120, clicks: 30, left: 9 },
    { treatment_id: '1', sent: 300, delivered: 270, opens: 120, clicks: 45, left: 5 },
    { treatment_id: '2', sent: 350, delivered: 340, opens: 105, clicks: 27, left: 31 },
  ];
  const rows = await compared(
    arms.flatMap(({ treatment_id, sent, delivered, opens, clicks, left }) => {
      const of = { campaign_id: 'spring', treatment_id };
      const reader = { ...opened() };
      return [
        ...outcomes(
          `${treatment_id}-a`,
          delivered - left,
          [
            [clicks, { ...reader, ...CLICKED }],
            [opens - clicks, reader],
          ],
          of,
        ),
        ...outcomes(`${treatment_id}-b`, left, [[left, LEFT]], of),
        ...outcomes(`${treatment_id}-c`, sent - delivered, [], { ...of, ...bounced('hard') }),
        // Machines open too, which stands beside.
        outcome(`${treatment_id}-d`, { ...of, recipient_key: 'x@simulator.amazonses.com' }),
      ];
    }),
  );
  const [control] = arms;
  const z = 1.959963984540054;
  const RATES = {
    delivery_rate: ['delivered', 'sent'],
    human_open_rate: ['opens', 'delivered'],
    unique_click_rate: ['clicks', 'delivered'],
    unsubscribe_rate: ['left', 'delivered'],
  } as const;
  for (const [at, arm] of arms.entries()) {
    const row = rows[at];
    expect(row).toMatchObject({
      treatment_id: arm.treatment_id,
      is_control: at === 0,
      control_treatment_id: '0',
      treatments: 3,
      first_send_date: '2026-03-02',
      last_send_date: '2026-03-02',
      sent: arm.sent,
      delivered: arm.delivered,
      trackable_delivered: arm.delivered,
      unique_opens: arm.opens,
      unique_human_opens: arm.opens,
      unique_clicks: arm.clicks,
      unsubscribes: arm.left,
      is_mature: true,
    });
    for (const [rate, [part, whole]] of Object.entries(RATES)) {
      const [x, n] = [arm[part], arm[whole]];
      const p = x / n;
      const middle = p + (z * z) / (2 * n);
      const half = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
      expect(row?.[rate]).toBeCloseTo(p, 14);
      expect(row?.[`${rate}_low`]).toBeCloseTo((middle - half) / (1 + (z * z) / n), 12);
      expect(row?.[`${rate}_high`]).toBeCloseTo((middle + half) / (1 + (z * z) / n), 12);
      if (at === 0 || !control) {
        expect(row).toMatchObject({
          [`${rate}_difference`]: null,
          [`${rate}_p_value`]: null,
          [`is_${rate}_significant`]: null,
        });
        continue;
      }
      const [y, m] = [control[part], control[whole]];
      const pooled = (x + y) / (n + m);
      const score = (p - y / m) / Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
      // Two treatments are compared with the control.
      const value = Math.min(2 * bothTails(score), 1);
      expect(row?.[`${rate}_difference`]).toBeCloseTo(p - y / m, 14);
      expect(row?.[`${rate}_p_value`], rate).toBeCloseTo(value, 10);
      expect(row?.[`is_${rate}_significant`]).toBe(value < 0.05);
    }
  }
  // Not all alike, or the test could not tell.
  expect(rows.map((row) => row.is_unsubscribe_rate_significant)).toEqual([null, false, true]);
  expect(rows.map((row) => row.is_human_open_rate_significant)).toEqual([null, true, false]);
});

test('the control is the treatment of that name, else the first', async () => {
  const rows = await compared([
    ...treated('A', 2, 0, 'one'),
    ...treated('Control', 2, 0, 'one'),
    ...treated('Z', 2, 0, 'one'),
    ...treated('b', 2, 0, 'two'),
    ...treated('a', 2, 0, 'two'),
    // Nothing to compare with.
    ...treated('0', 2, 0, 'three'),
    outcome('four', { campaign_id: 'four' }),
    // A treatment that sent nothing is none.
    ...treated('0', 2, 0, 'five'),
    outcome('rejected', { ...treated('1', 1, 0, 'five')[0], has_send_event: false, delivered_at: null }),
  ]);
  expect(
    rows.map(({ campaign_id, treatment_id, is_control, control_treatment_id, treatments }) => [
      campaign_id,
      treatment_id,
      is_control,
      control_treatment_id,
      treatments,
    ]),
  ).toEqual([
    ['one', 'A', false, 'Control', 3],
    ['one', 'Control', true, 'Control', 3],
    ['one', 'Z', false, 'Control', 3],
    ['two', 'a', true, 'a', 2],
    ['two', 'b', false, 'a', 2],
  ]);
});

test('there is no test where fewer than five are expected in a cell', async () => {
  // 10 of 200 unsubscribe in all: 5 are expected on either side. Of 199 slightly fewer would be.
  const [, tested] = await compared([...treated('0', 100, 3), ...treated('1', 100, 7)]);
  expect(tested?.unsubscribe_rate_p_value).not.toBeNull();
  await lake.clear();
  const [, untested] = await compared([...treated('0', 101, 3), ...treated('1', 99, 7)]);
  expect(untested).toMatchObject({
    unsubscribe_rate_p_value: null,
    is_unsubscribe_rate_significant: null,
    // Everything was delivered: nothing differs, and nothing can be tested.
    delivery_rate_p_value: null,
    delivery_rate_high: 1,
  });
});

test('what is not tracked can not be observed', async () => {
  const untracked = (rows: readonly Row[]): Row[] =>
    rows.map((row) => ({ ...row, is_open_published: false, is_click_published: false }));
  const [quiet] = await compared(untracked([...treated('0', 3, 1), ...treated('1', 3, 1)]));
  expect(quiet).toMatchObject({
    human_open_rate: null,
    human_open_rate_low: null,
    human_open_rate_high: null,
    unique_click_rate: null,
    human_click_rate: null,
    unsubscribe_rate: 1 / 3,
  });
  await lake.clear();
  const machine = { opens: 2, first_opened_at: '2026-03-02 09:01:00' };
  const [unopened, byMachine] = await compared([
    ...treated('0', 3, 0),
    ...outcomes('m', 3, [[1, machine]], { campaign_id: 'spring', treatment_id: '1' }),
  ]);
  expect(unopened).toMatchObject({ human_open_rate: 0, unique_opens: 0, unique_click_rate: 0 });
  expect(byMachine).toMatchObject({ human_open_rate: 0, unique_opens: 1, unique_human_opens: 0 });
});

test('where a proxy opened nearly all, nobody can tell which treatment people opened', async () => {
  const hidden: Row = { opens: 1, human_opens: 0, hidden_opens: 1, first_opened_at: '2026-03-02 10:00:00' };
  const rows = ['A', 'B'].flatMap((treatment_id) =>
    outcomes(treatment_id, 40, [[40, hidden]], { campaign_id: 'spring', treatment_id }),
  );
  const none = { human_open_rate: null, human_open_rate_low: null, human_open_rate_difference: null };
  expect(await compared(rows)).toMatchObject([
    { treatment_id: 'A', unique_opens: 40, open_trackable: 40, ...none },
    { treatment_id: 'B', unique_opens: 40, open_trackable: 40, ...none, is_human_open_rate_significant: null },
  ]);
});
