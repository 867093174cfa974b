/** Views that ask across mails and senders: recency of engagement, large senders, machines, delays, subjects, tenants. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { copied, happened, type Mail } from './event-rows.ts';
import { type LakeFixture, lakeFixture, type Row } from './lake-fixture.ts';
import { bounced, later, opened, outcome, outcomes } from './outcome-rows.ts';

let lake: LakeFixture;
beforeAll(async () => {
  lake = await lakeFixture();
});
beforeEach(() => lake.clear());
afterAll(() => lake.close());

const told = async (view: string, columns: string): Promise<unknown[][]> =>
  (await lake.rows(`select ${columns} from ${view} order by all`)).map((row) => Object.values(row));

describe('recency of engagement', () => {
  const at = (day: string): string => `${day} 09:00:00`;
  /** A mail of a day to ana@web.de, or to somebody else. */
  const mail = (day: string, details: Row = {}): Row =>
    outcome(day, { recipient_key: 'ana@web.de', sent_at: at(day), ...details });
  const clicked = (day: string, seconds: number): Row => ({
    clicks: 1,
    human_clicks: 1,
    first_clicked_at: later(at(day), seconds),
    first_human_clicked_at: later(at(day), seconds),
  });
  const recencyOf = (): Promise<unknown[][]> =>
    told('message_recency', 'recipient_key, message_id, engagement_recency');

  test('is told by what a person had done before each mail, to the day', async () => {
    const DAY = 86_400;
    await lake.insert('recipient_messages', [
      mail('2024-01-01', opened(at('2024-01-01'), 0)),
      // 30 days and 23 hours, 31, 90, 91, 365 and 366 days after that open.
      outcome('a', { recipient_key: 'ana@web.de', sent_at: later(at('2024-01-01'), 31 * DAY - 3600) }),
      ...['2024-02-01', '2024-03-31', '2024-04-01', '2024-12-31', '2025-01-01'].map((day) => mail(day)),
      // Somebody else's engagement says nothing of hers.
      outcome('b', { recipient_key: 'bo@web.de', sent_at: at('2024-02-01'), ...opened(at('2024-02-01')) }),
    ]);
    expect(await recencyOf()).toEqual([
      ['ana@web.de', '2024-01-01', 'new'],
      ['ana@web.de', '2024-02-01', '31-90'],
      ['ana@web.de', '2024-03-31', '31-90'],
      ['ana@web.de', '2024-04-01', '91-365'],
      ['ana@web.de', '2024-12-31', '91-365'],
      ['ana@web.de', '2025-01-01', 'over 365'],
      ['ana@web.de', 'a', '0-30'],
      ['bo@web.de', 'b', 'new'],
    ]);
  });

  test('goes by when they opened or clicked, not by the mail: what came after the sending is not known then', async () => {
    await lake.insert('recipient_messages', [
      // Opened by nobody, and clicked 40 days later.
      mail('2026-01-01', clicked('2026-01-01', 40 * 86_400)),
      mail('2026-02-01'),
      mail('2026-02-20'),
    ]);
    expect((await recencyOf()).map(([, ...row]) => row)).toEqual([
      ['2026-01-01', 'new'],
      ['2026-02-01', 'never'],
      ['2026-02-20', '0-30'],
    ]);
    expect(await told('message_recency', 'message_id, last_engaged_at')).toEqual([
      ['2026-01-01', null],
      ['2026-02-01', null],
      ['2026-02-20', '2026-02-10 09:00:00.000'],
    ]);
  });

  test('is never, unknown or new by what could be seen', async () => {
    const first = '2026-01-01';
    const second = '2026-01-15';
    const person = (recipient_key: string, before: Row): Row[] => [
      outcome(`${recipient_key} 1`, { recipient_key, sent_at: at(first), ...before }),
      outcome(`${recipient_key} 2`, { recipient_key, sent_at: at(second) }),
    ];
    const untracked = { is_open_published: false, is_click_published: false };
    await lake.insert('recipient_messages', [
      ...person('a watched@web.de', {}),
      ...person('b machine@web.de', { opens: 1, first_opened_at: later(at(first), 60) }),
      ...person('c apple@web.de', { opens: 1, hidden_opens: 1, first_opened_at: later(at(first), 60) }),
      ...person('d untracked@web.de', untracked),
      ...person('e one of two@web.de', { is_trackable: false, recipient_count: 2 }),
      ...person('f bounced@web.de', bounced('soft')),
      ...person('g rejected@web.de', { has_send_event: false, delivered_at: null, rejected_at: at(first) }),
      ...person('h apple, then clicked@web.de', {
        opens: 1,
        hidden_opens: 1,
        first_opened_at: later(at(first), 60),
        ...clicked(first, 90),
      }),
    ]);
    expect((await recencyOf()).filter(([, id]) => String(id).endsWith(' 2')).map(([, ...row]) => row)).toEqual([
      ['a watched@web.de 2', 'never'],
      ['b machine@web.de 2', 'never'],
      ['c apple@web.de 2', 'unknown'],
      ['d untracked@web.de 2', 'unknown'],
      ['e one of two@web.de 2', 'unknown'],
      ['f bounced@web.de 2', 'never'],
      ['g rejected@web.de 2', 'new'],
      ['h apple, then clicked@web.de 2', '0-30'],
    ]);
  });

  test('deliverability_by_engagement_recency counts complaints, bounces and volume by it', async () => {
    await lake.insert('recipient_messages', [
      outcome('1', { recipient_key: 'ana@yahoo.de', sent_at: at('2026-01-01'), ...opened(at('2026-01-01')) }),
      outcome('2', { recipient_key: 'bo@yahoo.de', sent_at: at('2026-01-01') }),
      outcome('3', { recipient_key: 'ana@yahoo.de', sent_at: at('2026-01-09') }),
      outcome('4', { recipient_key: 'bo@yahoo.de', sent_at: at('2026-01-09'), complained_at: at('2026-01-10') }),
      outcome('5', { recipient_key: 'cem@yahoo.de', sent_at: at('2026-01-09'), ...bounced('hard') }),
    ]);
    expect(
      await told(
        "deliverability_by_engagement_recency where dt = '2026-01-09'",
        'engagement_recency, mailbox_provider, sent, delivered, hard_bounces, complaints, complaint_rate',
      ),
    ).toEqual([
      ['0-30', 'yahoo', 1, 1, 0, 0, 0],
      ['never', 'yahoo', 1, 1, 0, 1, 1],
      ['new', 'yahoo', 1, 0, 1, 0, null],
    ]);
  });
});

describe('bulk_senders_daily', () => {
  test('counts by organisational domain, at the providers that draw a line, and says when it is reached', async () => {
    const mails = (name: string, count: number, recipient_domain: string, from_domain: string | null): Row[] =>
      outcomes(name, count, [], { recipient_domain, from_domain });
    const small = await lakeFixture({ settings: { bulk_sends_gmail: '5' } });
    await small.insert('recipient_messages', [
      ...mails('a', 3, 'gmail.com', 'news.shop.example'),
      ...mails('b', 2, 'googlemail.com', 'shop.example'),
      ...mails('c', 4, 'gmail.com', 'mail.shop.co.uk'),
      ...mails('d', 1, 'outlook.com', 'a.b.me.de'),
      ...mails('e', 9, 'yahoo.de', 'shop.example'),
      ...mails('f', 1, 'hotmail.com', null),
      // Neither was sent to Gmail.
      outcome('g', {
        recipient_key: 'g@gmail.com',
        ...bounced('hard', { bounce_sub_type: 'OnAccountSuppressionList' }),
      }),
      outcome('h', {
        recipient_key: 'h@gmail.com',
        has_send_event: false,
        delivered_at: null,
        rejected_at: '2026-03-02 09:00:00',
      }),
    ]);
    const rows = await small.rows(
      'select organisational_domain, mailbox_provider, sent, bulk_sends, is_bulk, from_domains from bulk_senders_daily order by all',
    );
    expect(rows.map((row) => Object.values(row))).toEqual([
      ['b.me.de', 'microsoft', 1, 5000, false, 1],
      ['shop.co.uk', 'gmail', 4, 5, false, 1],
      ['shop.example', 'gmail', 5, 5, true, 2],
      [null, 'microsoft', 1, 5000, false, 0],
    ]);
    small.close();
  });

  test('tells what was refused for want of authentication, by the code or else by the words', async () => {
    const refused = (id: string, details: Row): Row =>
      outcome(id, { recipient_key: `${id}@outlook.com`, from_domain: 'shop.example', ...bounced('hard', details) });
    await lake.insert('recipient_messages', [
      refused('a', { smtp_status: '5.7.515', diagnostic_code: '550 5.7.515 Access denied' }),
      refused('b', { smtp_status: '5.7.1', diagnostic_code: '550 5.7.1 rejected by the DMARC policy' }),
      refused('c', { smtp_status: '5.7.1', diagnostic_code: '550 5.7.1 spfx dkimonly' }),
      refused('d', { smtp_status: '5.1.1', diagnostic_code: null }),
      refused('e', { bounce_kind: 'soft', smtp_status: '4.7.26' }),
      // An automatic reply to mail that arrived.
      refused('f', {
        bounce_kind: 'soft',
        delivered_at: '2026-03-02 09:00:01',
        diagnostic_code: 'out until Monday: spf',
      }),
      outcome('g', { recipient_key: 'g@outlook.com', from_domain: 'shop.example' }),
      // Bounces alone are published for this one: counts and no rates.
      refused('h', {
        ...{ smtp_status: '5.7.26', from_domain: 'other.example', has_send_event: false },
        ...{ is_send_published: false, is_delivery_published: false },
      }),
    ]);
    expect(
      await told(
        'bulk_senders_daily',
        'organisational_domain, sent, refused, unauthenticated, volume_sent, volume_unauthenticated, unauthenticated_share',
      ),
    ).toEqual([
      ['other.example', 1, 1, 1, 0, 0, null],
      ['shop.example', 7, 5, 3, 7, 3, 3 / 7],
    ]);
  });
});

test('machine_activity_daily has the share of machines by rule and day', async () => {
  const mail = (message_id: string, recipient_key: string | null): Mail => ({
    ...{ message_id, recipient_key, sent_at: '2026-03-02 09:00:00' },
    says: { campaign_id: 'spring', from_domain: 'a.example' },
  });
  const events = [
    happened(mail('m1', 'ana@web.de'), 'open', 60, { user_agent: 'Firefox' }),
    happened(mail('m1', 'ana@web.de'), 'open', 90, { user_agent: 'Firefox' }),
    happened(mail('m2', 'bo@web.de'), 'open', 30, { user_agent: 'Mozilla/5.0' }),
    happened(mail('m2', 'bo@web.de'), 'open', 40, { user_agent: 'GoogleImageProxy' }),
    happened(mail('m3', null), 'click', 30, { user_agent: 'Barracuda', link: 'a' }),
    happened(mail('m2', 'bo@web.de'), 'click', 99, { user_agent: 'Firefox', link: 'a', bot_verdict: 'Likely' }),
    happened(mail('m2', 'bo@web.de'), 'click', 100, { user_agent: 'Barracuda', link: 'a', bot_verdict: 'Unlikely' }),
    happened(mail('m4', 'complaint@simulator.amazonses.com'), 'open', 30, { user_agent: 'Firefox' }),
    happened(mail('m2', 'bo@web.de'), 'delivered', 1),
  ];
  await lake.insert('events', [...events, ...copied(events)]);
  const columns =
    'event_type, machine_reason, is_machine, mailbox_provider, events, hidden_events, recipient_messages, day_events, share_of_day';
  expect(await told("machine_activity_daily where campaign_id = 'spring'", columns)).toEqual([
    ['click', 'security_scanner', true, null, 1, 0, 1, 3, 1 / 3],
    ['click', 'ses_bot_verdict', true, 'web.de', 1, 0, 1, 3, 1 / 3],
    ['click', null, false, 'web.de', 1, 0, 1, 3, 1 / 3],
    ['open', 'apple_mail_privacy', true, 'web.de', 1, 1, 1, 4, 1 / 4],
    ['open', 'gmail_image_proxy', false, 'web.de', 1, 0, 1, 4, 1 / 4],
    ['open', null, false, 'web.de', 2, 0, 1, 4, 2 / 4],
  ]);
});

test('what was delayed was delivered later, bounced, or is still under way', async () => {
  await lake.insert('recipient_messages', [
    outcome('first attempt'),
    outcome('later', { delays: 3 }),
    outcome('gave up', { delays: 1, ...bounced('soft') }),
    outcome('delivered, out of office', { delays: 1, bounce_kind: 'soft' }),
    outcome('delivered, then bounced', { delays: 1, bounce_kind: 'hard' }),
    outcome('under way', { delays: 1, delivered_at: null }),
    outcome('suppressed', { delays: 1, ...bounced('hard', { bounce_sub_type: 'OnAccountSuppressionList' }) }),
  ]);
  expect(await told('deliverability_daily', 'delivered, delayed, delayed_delivered, delayed_bounced')).toEqual([
    [3, 6, 2, 2],
  ]);
});

test('subjects, tenants and dimensions have their own lines', async () => {
  await lake.insert('recipient_messages', [
    outcome('1', { subject: 'Sale', campaign_id: 'spring', tenant: 'acme', dimension_1: 'blue', ...opened() }),
    outcome('2', { subject: 'Sale', campaign_id: 'spring', tenant: 'acme', dimension_1: 'red' }),
    outcome('3', { subject: 'Sale', tenant: 'globex' }),
    outcome('4', { subject: null }),
  ]);
  expect(await told('deliverability_by_subject', 'subject, campaign_id, sent, human_open_rate')).toEqual([
    ['Sale', 'spring', 2, 1 / 2],
    ['Sale', null, 1, 0],
    [null, null, 1, 0],
  ]);
  expect(await told('deliverability_by_tenant', 'tenant, dimension_1, sent, human_open_rate')).toEqual([
    ['acme', 'blue', 1, 1],
    ['acme', 'red', 1, 0],
    ['globex', null, 1, 0],
    [null, null, 1, 0],
  ]);
});

test('bounce_diagnostics and client_usage_daily tell campaigns, senders and providers apart', async () => {
  const mail = (message_id: string, recipient_key: string, campaign_id: string, outgoing_ip: string): Mail => ({
    ...{ message_id, recipient_key, sent_at: '2026-03-02 09:00:00' },
    says: { campaign_id, outgoing_ip, configuration_set: 'news', from_domain: 'a.example' },
  });
  const refused = { bounce_type: 'Permanent', bounce_sub_type: 'General', smtp_status: '5.7.1' };
  await lake.insert('events', [
    happened(mail('m1', 'ana@web.de', 'spring', '192.0.2.1'), 'hard_bounce', 5, refused),
    happened(mail('m2', 'bo@web.de', 'spring', '192.0.2.2'), 'hard_bounce', 5, refused),
    happened(mail('m3', 'cem@web.de', 'fall', '192.0.2.2'), 'hard_bounce', 5, refused),
    happened(mail('m4', 'dee@web.de', 'fall', '192.0.2.2'), 'open', 60, { client_name: 'Firefox' }),
    happened(mail('m5', 'eva@gmx.de', 'fall', '192.0.2.2'), 'open', 60, { client_name: 'Firefox' }),
    happened(mail('m6', 'eva@gmx.de', 'spring', '192.0.2.2'), 'open', 60, { client_name: 'Firefox' }),
  ]);
  expect(
    await told('bounce_diagnostics', 'campaign_id, configuration_set, outgoing_ip, bounces, day_bounces, bounce_share'),
  ).toEqual([
    ['fall', 'news', '192.0.2.2', 1, 3, 1 / 3],
    ['spring', 'news', '192.0.2.1', 1, 3, 1 / 3],
    ['spring', 'news', '192.0.2.2', 1, 3, 1 / 3],
  ]);
  expect(
    await told('client_usage_daily', 'client_name, mailbox_provider, campaign_id, opens, human_open_share'),
  ).toEqual([
    ['Firefox', 'gmx', 'fall', 1, 1 / 3],
    ['Firefox', 'gmx', 'spring', 1, 1 / 3],
    ['Firefox', 'web.de', 'fall', 1, 1 / 3],
  ]);
});
