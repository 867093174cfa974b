/** Views on the mail of a day by another dimension, at a horizon, or by how long things take. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS } from '#lake/days.ts';
import { type Answer, type LakeFixture, lakeFixture, type Row } from './lake-fixture.ts';
import { bounced, later, opened, outcome, outcomes } from './outcome-rows.ts';

let lake: LakeFixture;
beforeAll(async () => {
  lake = await lakeFixture();
});
beforeEach(() => lake.clear());
afterAll(() => lake.close());

const SENT = '2026-03-02 09:00:00';
const TUESDAY = { sent_at: '2026-03-03 09:00:00' };
const clicked = (seconds = 700): Row => ({
  clicks: 1,
  human_clicks: 1,
  first_clicked_at: later(SENT, seconds),
  first_human_clicked_at: later(SENT, seconds),
});
const at = (recipient_key: string, details: Row = {}): Row => ({ recipient_key, ...details });

const told = async (view: string, columns: string): Promise<unknown[][]> =>
  (await lake.rows(`select ${columns} from ${view} order by all`)).map((row) => Object.values(row));

test('message_outcomes decides once what counts as sent, delivered, suppressed and a simulator', async () => {
  const never = { has_send_event: false, delivered_at: null };
  await lake.insert('recipient_messages', [
    outcome('01 sent', { delivered_at: null }),
    outcome('02 delivered only', { has_send_event: false }),
    outcome('03 bounced only', { ...never, bounce_kind: 'soft' }),
    outcome('04 delayed only', { ...never, delays: 1 }),
    outcome('05 complained only', { ...never, complained_at: SENT }),
    outcome('06 opened only', { ...never, opens: 1 }),
    outcome('07 clicked only', { ...never, clicks: 1 }),
    outcome('08 unsubscribed only', { ...never, unsubscribed_at: SENT }),
    outcome('09 rejected only', { ...never, rejected_at: SENT }),
    outcome('10 failed only', { ...never, rendering_failed_at: SENT }),
    outcome('11 bounced after all', { bounce_kind: 'hard' }),
    outcome('12 out of office', { bounce_kind: 'soft' }),
    outcome('13 one of two', { is_trackable: false, recipient_count: 2 }),
    outcome('14 suppressed', bounced('hard', { bounce_sub_type: 'OnAccountSuppressionList' })),
    outcome('15 suppressed by SES', bounced('hard', { bounce_sub_type: 'Suppressed' })),
    outcome('16 simulator', at('ooto@simulator.amazonses.com')),
  ]);
  expect(
    await told(
      'message_outcomes',
      'message_id, is_sent, is_delivered, is_trackable_delivered, is_suppressed, is_simulator',
    ),
  ).toEqual([
    ['01 sent', true, false, false, false, false],
    ['02 delivered only', true, true, true, false, false],
    ['03 bounced only', true, false, false, false, false],
    ['04 delayed only', true, false, false, false, false],
    ['05 complained only', true, true, true, false, false],
    ['06 opened only', true, true, true, false, false],
    ['07 clicked only', true, true, true, false, false],
    ['08 unsubscribed only', true, true, true, false, false],
    ['09 rejected only', false, false, false, false, false],
    ['10 failed only', false, false, false, false, false],
    ['11 bounced after all', true, false, false, false, false],
    ['12 out of office', true, true, true, false, false],
    ['13 one of two', true, true, false, false, false],
    ['14 suppressed', true, false, false, true, false],
    ['15 suppressed by SES', true, false, false, false, false],
    ['16 simulator', true, true, true, false, true],
  ]);
});

test('message_outcomes knows providers as email_events does: a domain beats the pattern that it is of', async () => {
  await lake.insert('recipient_messages', [
    outcome('m1', at('ana@yahoo.co.uk')),
    outcome('m2', at('bo@yahoo.co.jp')),
    outcome('m3', at('cem@yahoo.example.com')),
    outcome('m4', { recipient_domain: null }),
  ]);
  expect(await told('message_outcomes', 'message_id, mailbox_provider, has_complaint_feedback')).toEqual([
    ['m1', 'yahoo', true],
    ['m2', 'yahoo', false],
    ['m3', 'other', false],
    ['m4', 'other', false],
  ]);
});

describe('the mail of two days by another dimension', () => {
  const MAILS: Row[] = [
    outcome(
      'm1',
      at('ana@gmail.com', { from_domain: 'a.example', configuration_set: 'news', outgoing_ip: '192.0.2.1' }),
    ),
    outcome('m2', at('bo@web.de', { from_domain: 'a.example', configuration_set: 'news', ...opened() })),
    outcome('m3', at('cem@club.example', { from_domain: 'b.example', outgoing_ip: '192.0.2.1', ...bounced('soft') })),
    outcome('m4', at('dee@web.de', { from_domain: 'b.example', ...bounced('hard') })),
    outcome(
      'm5',
      at('eva@web.de', {
        ...{ ...TUESDAY, from_domain: 'a.example', configuration_set: 'news' },
        is_open_published: false,
      }),
    ),
    outcome('m6', at('bounce@simulator.amazonses.com', { from_domain: 'a.example', ...bounced('hard') })),
  ];
  beforeEach(() => lake.insert('recipient_messages', MAILS));

  test('deliverability_by_recipient_domain has the long tail', async () => {
    expect(
      await told(
        'deliverability_by_recipient_domain',
        'send_date, dt, recipient_domain, mailbox_provider, sent, delivered, delivery_rate, human_open_rate, simulator_messages',
      ),
    ).toEqual([
      ['2026-03-02', '2026-03-02', 'club.example', 'other', 1, 0, 0, null, 0],
      ['2026-03-02', '2026-03-02', 'gmail.com', 'gmail', 1, 1, 1, 0, 0],
      ['2026-03-02', '2026-03-02', 'simulator.amazonses.com', 'other', 0, 0, null, null, 1],
      ['2026-03-02', '2026-03-02', 'web.de', 'web.de', 2, 1, 0.5, 1, 0],
      // Opens were not tracked on Tuesday.
      ['2026-03-03', '2026-03-03', 'web.de', 'web.de', 1, 1, 1, null, 0],
    ]);
  });

  test('deliverability_by_sending_domain tells our identities apart', async () => {
    expect(
      await told(
        'deliverability_by_sending_domain',
        'send_date, from_domain, configuration_set, sent, hard_bounces, hard_bounce_rate, human_open_rate, is_mature',
      ),
    ).toEqual([
      ['2026-03-02', 'a.example', 'news', 2, 0, 0, 0.5, true],
      ['2026-03-02', 'a.example', null, 0, 0, null, null, true],
      ['2026-03-02', 'b.example', null, 2, 1, 0.5, null, true],
      ['2026-03-03', 'a.example', 'news', 1, 0, 0, null, true],
    ]);
  });

  test('deliverability_by_outgoing_ip tells our addresses apart, at each provider', async () => {
    expect(
      await told(
        'deliverability_by_outgoing_ip',
        'send_date, outgoing_ip, mailbox_provider, sent, soft_bounces, soft_bounce_rate',
      ),
    ).toEqual([
      ['2026-03-02', '192.0.2.1', 'gmail', 1, 0, 0],
      ['2026-03-02', '192.0.2.1', 'other', 1, 1, 1],
      ['2026-03-02', null, 'other', 0, 0, null],
      ['2026-03-02', null, 'web.de', 2, 0, 0],
      ['2026-03-03', null, 'web.de', 1, 0, 0],
    ]);
  });
});

test('deliverability_by_journey follows each step of a journey over its days; mail of none is left out', async () => {
  const step = (id: string, journey_run_id: string, journey_activity_id: string, details: Row = {}): Row =>
    outcome(id, { journey_id: 'welcome', journey_run_id, journey_activity_id, ...details });
  await lake.insert('recipient_messages', [
    step('m1', 'r1', 'first'),
    step('m2', 'r1', 'first', { ...TUESDAY, ...bounced('hard') }),
    step('m3', 'r1', 'second', opened()),
    step('m4', 'r2', 'first'),
    ...['2026-01-01', '2026-05-05'].map((day) =>
      step(day, 'r1', 'first', { sent_at: `${day} 09:00:00`, recipient_key: 'a@simulator.amazonses.com' }),
    ),
    outcome('m6'),
  ]);
  expect(
    await told(
      'deliverability_by_journey',
      'journey_id, journey_run_id, journey_activity_id, first_send_date, last_send_date, sent, delivered, human_open_rate, simulator_messages',
    ),
  ).toEqual([
    // Others of the journey were seen to open.
    ['welcome', 'r1', 'first', '2026-03-02', '2026-03-03', 2, 1, 0, 2],
    ['welcome', 'r1', 'second', '2026-03-02', '2026-03-02', 1, 1, 1, 0],
    ['welcome', 'r2', 'first', '2026-03-02', '2026-03-02', 1, 1, 0, 0],
  ]);
});

describe('deliverability_by_horizon', () => {
  const HOUR = 3600;
  test('shows a day as it was after 24 hours, 72 hours and 7 days', async () => {
    const feedback = { recipient_key: 'a@yahoo.com' };
    await lake.insert('recipient_messages', [
      // On the second, and a second later.
      outcome('m1', { ...feedback, ...opened(SENT, 24 * HOUR), ...clicked(24 * HOUR + 1) }),
      outcome('m2', {
        ...feedback,
        complained_at: later(SENT, 72 * HOUR),
        unsubscribed_at: later(SENT, 72 * HOUR + 1),
      }),
      // Delivered at first, then bounced after all.
      outcome('m3', { ...feedback, bounce_kind: 'hard', bounced_at: later(SENT, 100 * HOUR) }),
      outcome('m4', { ...feedback, bounce_kind: 'hard', bounced_at: later(SENT, 24 * HOUR) }),
      outcome('m5', { ...feedback, delivered_at: later(SENT, 25 * HOUR) }),
      outcome('m6', {
        ...feedback,
        ...bounced('hard', { bounce_sub_type: 'OnAccountSuppressionList', bounced_at: later(SENT, 30 * HOUR) }),
      }),
      outcome('m7', { recipient_key: 'a@simulator.amazonses.com', ...opened() }),
    ]);
    const yahoo = { send_date: '2026-03-02', dt: '2026-03-02', is_horizon_over: true, sent: 6 };
    expect(
      await lake.rows(
        "select * from deliverability_by_horizon where mailbox_provider = 'yahoo' order by horizon_hours",
      ),
    ).toMatchObject([
      {
        ...yahoo,
        horizon_hours: 24,
        delivered: 3,
        hard_bounces: 1,
        reputation_sent: 6,
        reputation_hard_bounces: 1,
        trackable_delivered: 3,
        feedback_delivered: 3,
        feedback_complaints: 0,
        unique_opens: 1,
        unique_human_opens: 1,
        unique_clicks: 0,
        unique_human_clicks: 0,
        unsubscribes: 0,
      },
      {
        ...yahoo,
        horizon_hours: 72,
        delivered: 4,
        hard_bounces: 1,
        reputation_sent: 5,
        feedback_complaints: 1,
        unique_clicks: 1,
        unique_human_clicks: 1,
        unsubscribes: 0,
      },
      {
        ...yahoo,
        horizon_hours: 168,
        delivered: 3,
        hard_bounces: 2,
        reputation_hard_bounces: 2,
        trackable_delivered: 3,
        unsubscribes: 1,
      },
    ]);
  });

  test('a horizon is over as soon as it is for the last mail of the day', async () => {
    const today = new Date().toISOString().slice(0, 10);
    const daysAgo = (days: number): string => new Date(Date.parse(today) - days * DAY_MS).toISOString().slice(0, 10);
    await lake.insert(
      'recipient_messages',
      [2, 3, 4, 5, 8, 9].map((days) => outcome(`m${days}`, { sent_at: `${daysAgo(days)} 09:00:00` })),
    );
    const over = await lake.rows(
      'select cast(send_date as varchar) as send_date, horizon_hours from deliverability_by_horizon where is_horizon_over order by 1 desc, 2',
    );
    expect(over.map(({ send_date, horizon_hours }) => [send_date, horizon_hours])).toEqual([
      [daysAgo(2), 24],
      [daysAgo(3), 24],
      [daysAgo(4), 24],
      [daysAgo(4), 72],
      [daysAgo(5), 24],
      [daysAgo(5), 72],
      [daysAgo(8), 24],
      [daysAgo(8), 72],
      [daysAgo(8), 168],
      [daysAgo(9), 24],
      [daysAgo(9), 72],
      [daysAgo(9), 168],
    ]);
  });
});

describe('delivery_latency_daily', () => {
  test('counts what is late, and leaves out what can not be told', async () => {
    const took = (id: string, seconds: number, details: Row = {}): Row =>
      outcome(id, { delivered_at: later(SENT, seconds), processing_time_ms: seconds * 1000 - 100, ...details });
    await lake.insert('recipient_messages', [
      took('m1', 1.5),
      took('m2', 60),
      took('m3', 61, { recipient_key: 'a@gmail.com' }),
      // The time of the sending only repeated, and a clock that is behind.
      took('m4', 0, { processing_time_ms: null }),
      took('m5', -5, { processing_time_ms: null }),
      took('m6', 900, { bounce_kind: 'hard' }),
      took('m7', 900, { recipient_key: 'a@simulator.amazonses.com' }),
      outcome('m8', { delivered_at: null }),
    ]);
    const rows = await lake.rows('select * from delivery_latency_daily order by mailbox_provider');
    expect(rows).toEqual([
      {
        send_date: '2026-03-02',
        dt: '2026-03-02',
        mailbox_provider: 'all',
        delivered: 5,
        timed: 3,
        p50_seconds: 60,
        p90_seconds: 61,
        p95_seconds: 61,
        p99_seconds: 61,
        over_60s: 1,
        over_60s_share: 1 / 3,
        processing_timed: 3,
        p50_processing_ms: 59_900,
        p90_processing_ms: 60_900,
        p95_processing_ms: 60_900,
        p99_processing_ms: 60_900,
        is_mature: true,
      },
      expect.objectContaining({ mailbox_provider: 'gmail', delivered: 1, timed: 1, over_60s: 1, over_60s_share: 1 }),
      expect.objectContaining({ mailbox_provider: 'web.de', delivered: 4, timed: 2, over_60s: 0, p50_seconds: 1.5 }),
    ]);
  });

  test('percentiles are those of an independent computation: the least value that so many are no more than', async () => {
    const seconds = Array.from({ length: 237 }, (_, n) => ((n * 7919) % 1009) / 8 + 0.125);
    await lake.insert(
      'recipient_messages',
      seconds.map((took, n) => outcome(`m${n}`, { delivered_at: later(SENT, took), processing_time_ms: took * 1000 })),
    );
    const ordered = seconds.toSorted((a, b) => a - b);
    const percentile = (share: number): number | undefined =>
      ordered.find((_, index) => (index + 1) / ordered.length >= share);
    const [row] = await lake.rows("select * from delivery_latency_daily where mailbox_provider = 'all'");
    for (const [name, share] of [
      ['p50', 0.5],
      ['p90', 0.9],
      ['p95', 0.95],
      ['p99', 0.99],
    ] as const) {
      expect(row?.[`${name}_seconds`]).toBe(percentile(share));
      expect(row?.[`${name}_processing_ms`]).toBe((percentile(share) ?? 0) * 1000);
    }
    expect(row?.over_60s).toBe(seconds.filter((took) => took > 60).length);
  });
});

test('time_to_engage says how soon people open and click, machines beside', async () => {
  const HOUR = 3600;
  const spring = (id: string, details: Row = {}): Row =>
    outcome(id, { campaign_id: 'spring', delivered_at: SENT, ...details });
  const machine = { opens: 1, first_opened_at: later(SENT, 10) };
  await lake.insert('recipient_messages', [
    spring('m1', opened(SENT, HOUR - 1)),
    spring('m2', { ...opened(SENT, HOUR), ...clicked(HOUR + 60) }),
    spring('m3', opened(SENT, 72 * HOUR)),
    spring('m4', machine),
    spring('m5', { ...opened(SENT, 30 * HOUR), ...machine }),
    spring('m6'),
    // By a clock that is behind, before the delivery.
    spring('m7', { ...clicked(-30), sent_at: SENT }),
    spring('m8', { ...opened(), recipient_key: 'a@simulator.amazonses.com' }),
    spring('m9', { ...opened(), is_trackable: false, recipient_count: 2 }),
    // The delivery's event was lost: counted from the sending.
    spring('m10', { ...opened(SENT, HOUR / 2), delivered_at: null }),
    outcome('m11', opened()),
    ...outcomes('later', 1, [], { ...TUESDAY, campaign_id: 'spring' }),
  ]);
  const rows = await lake.rows('select * from time_to_engage order by hours_since_delivery');
  expect(rows.map(({ hours_since_delivery }) => hours_since_delivery)).toEqual(Array.from({ length: 73 }, (_, h) => h));
  const of = {
    campaign_id: 'spring',
    first_send_date: '2026-03-02',
    last_send_date: '2026-03-03',
    trackable_delivered: 9,
    human_opened_ever: 5,
    human_clicked_ever: 2,
    is_mature: true,
  };
  const hour = (
    hours_since_delivery: number,
    counts: readonly [opened: number, human: number, clicked: number, human: number],
  ): Answer => ({
    ...of,
    hours_since_delivery,
    opened: counts[0],
    human_opened: counts[1],
    human_open_share: counts[1] / 5,
    clicked: counts[2],
    human_clicked: counts[3],
    human_click_share: counts[3] / 2,
  });
  expect([0, 1, 2, 30, 31, 72].map((n) => rows[n])).toEqual([
    hour(0, [0, 0, 1, 1]),
    hour(1, [4, 2, 1, 1]),
    hour(2, [5, 3, 2, 2]),
    hour(30, [5, 3, 2, 2]),
    hour(31, [5, 4, 2, 2]),
    // Who opens after three days is among those who ever did.
    hour(72, [5, 4, 2, 2]),
  ]);
});

test('young mail is not mature in any view that tells of a whole life', async () => {
  const today = new Date().toISOString().slice(0, 10);
  const daysAgo = (days: number): string => new Date(Date.parse(today) - days * DAY_MS).toISOString().slice(0, 10);
  const both = (days: number): Row[] =>
    ['0', '1'].map((treatment_id) =>
      outcome(`m${days}${treatment_id}`, {
        sent_at: `${daysAgo(days)} 09:00:00`,
        campaign_id: `c${days}`,
        journey_id: `c${days}`,
        treatment_id,
      }),
    );
  await lake.insert('recipient_messages', [
    ...both(30),
    ...both(31),
    // The last mail of a campaign decides.
    ...[...both(30), ...both(31)].map((row) => ({
      ...row,
      message_id: `${row.message_id} long`,
      campaign_id: 'long',
      journey_id: 'long',
    })),
  ]);
  const views = lake.views.filter(({ columns }) => columns.some(({ name }) => name === 'is_mature'));
  // Of mail, or of what was done to mail, by the day or thing that it was sent by.
  const cohorts = lake.views.filter(({ name, clock }) => clock === 'cohort' && /^deliver|^time_|^treat/.test(name));
  const atHorizons = ['deliverability_by_horizon', 'deliverability_anomalies'];
  expect(views.map(({ name }) => name).sort()).toEqual(
    cohorts
      .map(({ name }) => name)
      .filter((name) => !atHorizons.includes(name))
      .sort(),
  );
  for (const { name } of views) {
    const rows = await lake.rows(`select distinct is_mature from ${name} order by 1`);
    expect([name, rows]).toEqual([name, [{ is_mature: false }, { is_mature: true }]]);
    const day = lake.views.find((view) => view.name === name)?.columns.some((column) => column.name === 'send_date');
    const young = day ? `send_date = date '${daysAgo(30)}'` : `last_send_date = date '${daysAgo(30)}'`;
    expect(await lake.rows(`select distinct is_mature from ${name} where ${young}`)).toEqual([{ is_mature: false }]);
    if (!day)
      expect(await lake.rows(`select 1 from ${name} where ${young} and first_send_date < last_send_date`)).not.toEqual(
        [],
      );
  }
});
