import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type LakeFixture, lakeFixture, type Row } from './lake-fixture.ts';
import { bounced, outcomes } from './outcome-rows.ts';

let lake: LakeFixture;
beforeAll(async () => {
  lake = await lakeFixture({ settings: { reputation_sends: '100', reputation_min_sends: '20' } });
});
beforeEach(() => lake.clear());
afterAll(() => lake.close());

const SHOP = { from_domain: 'shop.example', configuration_set: 'news' };
/** Lower end of Wilson's 95 % interval, by its formula. */
function low(x: number, n: number): unknown {
  const z = 1.959963984540054;
  const middle = x + z ** 2 / 2;
  return expect.closeTo((middle - z * Math.sqrt((x * (n - x)) / n + z ** 2 / 4)) / (n + z ** 2), 12);
}

const COMPLAINED: Row = { complained_at: '2026-03-02 12:00:00' };
const SUPPRESSED = bounced('hard', { bounce_sub_type: 'OnAccountSuppressionList' });

test('tells by the latest sends how far each identity is from the lines that are drawn', async () => {
  await lake.insert('recipient_messages', [
    // All bounced, but long ago: the 100 sends after them count.
    ...outcomes('old', 50, [[50, bounced('hard')]], { ...SHOP, sent_at: '2026-02-01 09:00:00' }),
    ...outcomes(
      'web',
      40,
      [
        [3, bounced('hard')],
        [2, SUPPRESSED],
        [1, bounced('soft')],
      ],
      SHOP,
    ),
    ...outcomes('out', 30, [[1, COMPLAINED]], { ...SHOP, recipient_key: 'a@outlook.com' }),
    ...outcomes('yah', 30, [], { ...SHOP, recipient_key: 'a@yahoo.com', sent_at: '2026-03-03 09:00:30' }),
    ...outcomes('sim', 9, [[9, bounced('hard')]], { ...SHOP, recipient_key: 'bounce@simulator.amazonses.com' }),
  ]);
  expect(await lake.rows("select * from reputation_status where reputation_scope = 'identity'")).toEqual([
    {
      reputation_scope: 'identity',
      account_id: null,
      region: null,
      ...SHOP,
      first_sent_at: '2026-03-02 09:00:00.000',
      last_sent_at: '2026-03-03 09:00:00.000',
      sent: 100,
      hard_bounces: 3,
      reputation_sent: 98,
      reputation_hard_bounces: 3,
      reputation_bounce_rate: 3 / 98,
      bounce_rate_low: low(3, 98),
      bounce_status: 'ok',
      is_bounce_recommended: false,
      feedback_delivered: 60,
      feedback_complaints: 1,
      complaint_rate: 1 / 60,
      complaint_rate_low: low(1, 60),
      complaint_status: 'warning',
      gmail_delivered: 0,
      gmail_status: null,
      gmail_yahoo_delivered: 30,
      gmail_yahoo_complaints: 0,
      gmail_yahoo_spam_rate: 0,
      gmail_yahoo_spam_rate_low: 0,
      gmail_yahoo_status: 'ok',
      status: 'warning',
    },
  ]);
});

test('the sends of a minute count together, also where they are more than asked for', async () => {
  await lake.insert('recipient_messages', [
    ...outcomes('a', 99, [], { ...SHOP, sent_at: '2026-03-03 09:00:00' }),
    ...outcomes('b', 30, [[30, bounced('hard')]], { ...SHOP, sent_at: '2026-03-02 09:00:59' }),
    ...outcomes('c', 5, [[5, bounced('hard')]], { ...SHOP, sent_at: '2026-03-02 09:00:01' }),
    ...outcomes('d', 5, [], { ...SHOP, sent_at: '2026-03-02 08:59:59' }),
  ]);
  expect(
    await lake.rows(
      "select sent, reputation_hard_bounces, first_sent_at from reputation_status where reputation_scope = 'identity'",
    ),
  ).toEqual([{ sent: 134, reputation_hard_bounces: 35, first_sent_at: '2026-03-02 09:00:00.000' }]);
});

const statuses = async (rows: readonly Row[]): Promise<unknown[]> => {
  await lake.clear();
  await lake.insert('recipient_messages', rows);
  const [row] = await lake.rows(
    "select bounce_status, is_bounce_recommended, complaint_status, gmail_yahoo_status, status from reputation_status where reputation_scope = 'account'",
  );
  return Object.values(row ?? {});
};

// Wilson's lower ends: of 10 in 100 0.0552, of 9 0.0481, of 18 0.1170, of 16 0.1009, of 15 0.0931.
test.each([
  [1, 'ok', true],
  [2, 'ok', false],
  [9, 'ok', false],
  [10, 'warning', false],
  [15, 'warning', false],
  [16, 'critical', false],
] as const)('%i hard bounces of 100 are %s', async (bounces, status, recommended) => {
  expect(await statuses(outcomes('m', 100, [[bounces, bounced('hard')]], SHOP))).toEqual([
    status,
    recommended,
    'not_observable',
    'not_observable',
    status,
  ]);
});

test('complaints have lines of their own, at Gmail and Yahoo others than at SES', async () => {
  const many = await lakeFixture({ settings: { reputation_sends: '5000' } });
  await many.insert('recipient_messages', outcomes('m', 1, [], SHOP));
  await many.run(
    "insert into recipient_messages select one.* replace ('m-' || i as message_id) from recipient_messages as one, range(1, 2000) as t (i)",
  );
  const judged = async (domain: string, complaints: number): Promise<unknown[]> => {
    await many.run(`update recipient_messages set recipient_domain = '${domain}',
      complained_at = case when cast(substr(message_id, 3) as integer) < ${complaints} then sent_at end`);
    const [row] = await many.rows(
      "select complaint_status, gmail_yahoo_status, status from reputation_status where reputation_scope = 'account'",
    );
    return Object.values(row ?? {});
  };
  // Lower ends of 2,000: of 5 complaints 0.00107, of 12 0.0034, of 17 0.0053; 4 are above 0.001 by chance, 0.0008.
  expect(await judged('yahoo.com', 1)).toEqual(['ok', 'ok', 'ok']);
  expect(await judged('yahoo.com', 4)).toEqual(['ok', 'ok', 'ok']);
  expect(await judged('yahoo.com', 5)).toEqual(['warning', 'warning', 'warning']);
  expect(await judged('yahoo.com', 12)).toEqual(['warning', 'critical', 'critical']);
  expect(await judged('outlook.com', 12)).toEqual(['warning', 'not_observable', 'warning']);
  expect(await judged('outlook.com', 17)).toEqual(['critical', 'not_observable', 'critical']);
  // Gmail tells of none.
  expect(await judged('gmail.com', 0)).toEqual(['not_observable', 'not_observable', 'ok']);
  many.close();
});

test('one complaint in 250 mails is neither warning nor critical', async () => {
  await lake.insert(
    'recipient_messages',
    outcomes('m', 250, [[1, COMPLAINED]], { ...SHOP, recipient_key: 'a@yahoo.com' }),
  );
  expect(await lake.rows('select complaint_rate, complaint_status, status from reputation_status')).toEqual([
    { complaint_rate: 1 / 250, complaint_status: 'ok', status: 'ok' },
    { complaint_rate: 1 / 250, complaint_status: 'ok', status: 'ok' },
  ]);
});

test('an account is judged in each region by all of its mail, beside its identities; Gmail is not observable', async () => {
  const EU = { account_id: '111122223333', region: 'eu-west-1' };
  await lake.insert('recipient_messages', [
    ...outcomes('shop', 50, [[1, bounced('hard')]], { ...EU, ...SHOP, recipient_key: 'a@gmail.com' }),
    ...outcomes('club', 30, [[30, bounced('hard')]], { ...EU, from_domain: 'club.example' }),
    ...outcomes('us', 25, [], { ...EU, region: 'us-east-1', ...SHOP }),
  ]);
  expect(
    await lake.rows(
      'select reputation_scope, region, from_domain, reputation_hard_bounces, reputation_sent, bounce_status, gmail_status from reputation_status order by 1, 2, 3',
    ),
  ).toEqual(
    [
      ['account', 'eu-west-1', null, 31, 80, 'critical', 'not_observable'],
      ['account', 'us-east-1', null, 0, 25, 'ok', null],
      ['identity', 'eu-west-1', 'club.example', 30, 30, 'critical', null],
      ['identity', 'eu-west-1', 'shop.example', 1, 50, 'ok', 'not_observable'],
      ['identity', 'us-east-1', 'shop.example', 0, 25, 'ok', null],
    ].map(
      ([
        reputation_scope,
        region,
        from_domain,
        reputation_hard_bounces,
        reputation_sent,
        bounce_status,
        gmail_status,
      ]) => ({
        reputation_scope,
        region,
        from_domain,
        reputation_hard_bounces,
        reputation_sent,
        bounce_status,
        gmail_status,
      }),
    ),
  );
});

test('bounces alone are counted and never critical: nobody knows of how many', async () => {
  await lake.insert(
    'recipient_messages',
    outcomes('m', 50, [[50, bounced('hard')]], {
      ...SHOP,
      has_send_event: false,
      is_send_published: false,
      is_delivery_published: false,
    }),
  );
  expect(
    await lake.rows(
      "select sent, hard_bounces, reputation_sent, reputation_hard_bounces, reputation_bounce_rate, status from reputation_status where reputation_scope = 'account'",
    ),
  ).toEqual([
    {
      sent: 50,
      hard_bounces: 50,
      reputation_sent: 0,
      reputation_hard_bounces: 0,
      reputation_bounce_rate: null,
      status: 'not_observable',
    },
  ]);
});

test('of too few sends nothing is said', async () => {
  expect(await statuses(outcomes('m', 19, [[19, bounced('hard')]], SHOP))).toEqual([
    'not_observable',
    false,
    'not_observable',
    'not_observable',
    'not_observable',
  ]);
  expect((await statuses(outcomes('m', 20, [[19, bounced('hard')]], SHOP))).at(0)).toBe('critical');
  const enough = outcomes('m', 20, [[20, COMPLAINED]], { ...SHOP, recipient_key: 'a@yahoo.com' });
  expect((await statuses(enough)).slice(2, 4)).toEqual(['critical', 'critical']);
  const few = outcomes('m', 19, [[19, COMPLAINED]], { ...SHOP, recipient_key: 'a@yahoo.com' });
  expect((await statuses([...few, ...outcomes('w', 5, [], SHOP)])).slice(2, 4)).toEqual([
    'not_observable',
    'not_observable',
  ]);
});
