/**
 * Two days of a small sender. Monday: campaign `spring` to seven people and one simulator address. Tuesday: a receipt
 * that belongs to no campaign.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copied, happened, type Mail } from './event-rows.ts';
import { type Answer, type LakeFixture, lakeFixture, type Row } from './lake-fixture.ts';

const MONDAY = '2026-03-02';
const spring = (recipient_key: string): Mail => ({
  message_id: `spring-${recipient_key}`,
  recipient_key,
  sent_at: `${MONDAY} 09:00:00`,
  says: { campaign_id: 'spring', treatment_id: '0', from_domain: 'shop.example', configuration_set: 'news' },
});
const receipt: Mail = { message_id: 'receipt', recipient_key: 'ana@gmail.com', sent_at: '2026-03-03 10:00:00' };
const FIREFOX = { user_agent: 'Firefox' };

const ana = spring('ana@gmail.com'); // opens twice, clicks
const bo = spring('bo@gmail.com'); // Apple's proxy opens; complains at a provider that tells of no complaints
const cem = spring('cem@yahoo.com'); // complains
const dee = spring('dee@yahoo.com'); // does nothing
const eva = spring('eva@outlook.com'); // delivered, then bounces after all
const fox = spring('fox@web.de'); // on the suppression list
const gil = spring('gil@web.de'); // full mailbox, no send event
const sim = spring('complaint@simulator.amazonses.com');
const lot = { ...spring('lot@web.de'), message_id: 'spring-of-two' }; // one of two recipients: not trackable

const EVENTS: Row[] = [
  ...[ana, bo, cem, dee, eva, fox, sim].map((mail) => happened(mail, 'send')),
  ...[ana, bo, cem, dee, eva, sim].map((mail) => happened(mail, 'delivered', 2)),
  happened(ana, 'open', 600, FIREFOX),
  happened(ana, 'open', 900, FIREFOX),
  happened(ana, 'click', 910, { ...FIREFOX, link: 'https://shop.example/' }),
  happened(bo, 'open', 30, { user_agent: 'Mozilla/5.0' }),
  happened(bo, 'complaint', 7100),
  happened(cem, 'complaint', 7200),
  happened(cem, 'unsubscribe', 7300),
  happened(eva, 'hard_bounce', 300, { bounce_sub_type: 'NoEmail', smtp_status: '5.1.1' }),
  happened(fox, 'hard_bounce', 1, { bounce_sub_type: 'OnAccountSuppressionList' }),
  happened(gil, 'delivery_delay', 60),
  happened(gil, 'soft_bounce', 9000, { bounce_sub_type: 'MailboxFull', smtp_status: '4.2.2' }),
  happened(lot, 'send', 0, { recipient_count: 2 }),
  happened(lot, 'delivered', 3, { recipient_count: 2 }),
  happened({ ...lot, recipient_key: null }, 'open', 50, FIREFOX),
  happened(sim, 'complaint', 20),
  happened(spring('ida@web.de'), 'rejected', 1),
  happened(spring('jo@web.de'), 'rendering_failure', 1),
  happened(receipt, 'send'),
  happened(receipt, 'delivered', 1),
];

let lake: LakeFixture;
beforeAll(async () => {
  lake = await lakeFixture();
  await lake.insert('events', EVENTS);
  await lake.rollup({ first: MONDAY, last: '2026-03-03' });
});
afterAll(() => lake.close());

const COUNTS_OF_MONDAY = {
  sent: 8,
  sends_without_event: 1,
  delivered: 5,
  hard_bounces: 1,
  soft_bounces: 1,
  undetermined_bounces: 0,
  suppressed_bounces: 1,
  reputation_sent: 7,
  reputation_hard_bounces: 1,
  complaints: 2,
  feedback_delivered: 2,
  feedback_complaints: 1,
  rejected: 1,
  rendering_failures: 1,
  delayed: 1,
  trackable_delivered: 4,
  unique_opens: 2,
  unique_human_opens: 1,
  total_opens: 3,
  total_human_opens: 2,
  unique_clicks: 1,
  unique_human_clicks: 1,
  total_clicks: 1,
  total_human_clicks: 1,
  unsubscribes: 1,
  delivered_inferred: 0,
  volume_sent: 8,
  volume_hard_bounces: 1,
  volume_soft_bounces: 1,
  volume_undetermined_bounces: 0,
  soft_never_delivered: 1,
  observed_sent: 8,
  observed_delivered: 5,
  open_trackable: 4,
  click_trackable: 4,
  hidden_opens: 1,
  unsubscribe_delivered: 5,
  delayed_delivered: 0,
  delayed_bounced: 1,
  simulator_messages: 1,
};
const RATES_OF_MONDAY = {
  delivery_rate: 5 / 8,
  hard_bounce_rate: 1 / 8,
  soft_bounce_rate: 1 / 8,
  undetermined_bounce_rate: 0,
  reputation_bounce_rate: 1 / 7,
  complaint_rate: 1 / 2,
  unique_open_rate: 2 / 4,
  human_open_rate: 1 / 4,
  unique_click_rate: 1 / 4,
  click_to_open_rate: 1,
  unsubscribe_rate: 1 / 5,
  human_click_rate: 1 / 4,
  soft_never_delivered_rate: 1 / 8,
};
const MONDAY_LINE = {
  send_date: MONDAY,
  dt: MONDAY,
  ...COUNTS_OF_MONDAY,
  ...RATES_OF_MONDAY,
  is_mature: true,
};

test('deliverability_daily has one line a day', async () => {
  const [monday, tuesday, ...more] = await lake.rows('select * from deliverability_daily order by send_date');
  expect(monday).toEqual(MONDAY_LINE);
  expect(more).toEqual([]);
  // Nothing was opened, clicked or sent to a provider with feedback: unknown is not zero.
  expect(tuesday).toMatchObject({
    send_date: '2026-03-03',
    sent: 1,
    delivered: 1,
    delivery_rate: 1,
    hard_bounce_rate: 0,
    complaint_rate: null,
    unique_opens: 0,
    unique_open_rate: null,
    human_open_rate: null,
    unique_click_rate: null,
    click_to_open_rate: null,
    unsubscribe_rate: null,
  });
});

test('deliverability_by_mailbox_provider tells providers apart', async () => {
  const rows = await lake.rows(
    `select * from deliverability_by_mailbox_provider where dt = '${MONDAY}' order by mailbox_provider`,
  );
  const line = ({
    mailbox_provider,
    sent,
    delivered,
    complaint_rate,
    human_open_rate,
    soft_bounces,
  }: Answer): unknown[] => [mailbox_provider, sent, delivered, complaint_rate, human_open_rate, soft_bounces];
  expect(rows.map(line)).toEqual([
    ['gmail', 2, 2, null, 0.5, 0],
    ['microsoft', 1, 0, null, null, 0],
    // The simulator's address.
    ['other', 0, 0, null, null, 0],
    // Nobody opened here, but others did that day: that is a zero.
    ['web.de', 3, 1, null, null, 1],
    ['yahoo', 2, 2, 0.5, 0, 0],
  ]);
});

test('deliverability_by_campaign has what belongs to a campaign', async () => {
  expect(await lake.rows('select * from deliverability_by_campaign')).toEqual([
    {
      campaign_id: 'spring',
      campaign_activity_id: null,
      treatment_id: '0',
      first_send_date: MONDAY,
      last_send_date: MONDAY,
      ...COUNTS_OF_MONDAY,
      ...RATES_OF_MONDAY,
      is_mature: true,
    },
  ]);
});

test('deliverability_facts can be filtered by any dimension and summed', async () => {
  expect(
    await lake.rows(`select send_date, mailbox_provider, campaign_id, from_domain, configuration_set, sent, hard_bounces
      from deliverability_facts where hard_bounces > 0 order by mailbox_provider`),
  ).toEqual([
    {
      send_date: MONDAY,
      mailbox_provider: 'microsoft',
      campaign_id: 'spring',
      from_domain: 'shop.example',
      configuration_set: 'news',
      sent: 1,
      hard_bounces: 1,
    },
  ]);
});

describe('what is not over or not seen', () => {
  test('a young cohort is not mature', async () => {
    const young = await lakeFixture();
    await young.insert('events', [happened({ ...receipt, sent_at: '2098-05-01 10:00:00' }, 'send')]);
    await young.rollup({ first: '2098-05-01', last: '2098-05-01' });
    expect(await young.rows('select send_date, is_mature from deliverability_daily')).toEqual([
      { send_date: '2098-05-01', is_mature: false },
    ]);
    young.close();
  });

  test('more people who clicked than people seen to open make no click-to-open rate', async () => {
    const hidden = await lakeFixture();
    await hidden.insert('events', [
      happened(ana, 'delivered', 1),
      happened(ana, 'open', 5, { user_agent: 'Mozilla/5.0' }),
      happened(ana, 'click', 600, { ...FIREFOX, link: 'a' }),
      happened(bo, 'delivered', 1),
      happened(bo, 'open', 99, FIREFOX),
      happened(bo, 'click', 600, { ...FIREFOX, link: 'a' }),
    ]);
    await hidden.rollup({ first: MONDAY, last: MONDAY });
    expect(
      await hidden.rows('select unique_human_clicks, unique_human_opens, click_to_open_rate from deliverability_daily'),
    ).toEqual([{ unique_human_clicks: 2, unique_human_opens: 1, click_to_open_rate: null }]);
    hidden.close();
  });

  test('copies of unsettled events change no line', async () => {
    const doubled = await lakeFixture();
    await doubled.insert('events', [...copied(EVENTS), ...EVENTS]);
    await doubled.rollup({ first: MONDAY, last: '2026-03-03' });
    expect(await doubled.rows(`select * from deliverability_daily where send_date = date '${MONDAY}'`)).toEqual([
      MONDAY_LINE,
    ]);
    doubled.close();
  });
});
