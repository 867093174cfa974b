/** Views on people, hours, programs and headers, each with a story that can be counted by hand. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { copied, happened, type Mail } from './event-rows.ts';
import { type LakeFixture, lakeFixture, type Row } from './lake-fixture.ts';

let lake: LakeFixture;
beforeAll(async () => {
  lake = await lakeFixture();
});
beforeEach(() => lake.clear());
afterAll(() => lake.close());

const DAY = 86_400;
const mail = (message_id: string, recipient_key: string | null, sent_at = '2026-03-02 09:00:00'): Mail => ({
  message_id,
  recipient_key,
  sent_at,
  says: { campaign_id: 'spring' },
});
const FIREFOX = { user_agent: 'Firefox', client_name: 'Firefox', device_class: 'desktop' };
const APPLE = { user_agent: 'Mozilla/5.0', client_name: null, device_class: 'bot', is_bot_agent: true };

test('client_usage_daily tells where people opened, machines beside', async () => {
  const events = [
    happened(mail('m1', 'ana@web.de'), 'open', 60, FIREFOX),
    happened(mail('m1', 'ana@web.de'), 'open', 90, FIREFOX),
    happened(mail('m2', 'bo@web.de'), 'open', 60, { ...FIREFOX, client_name: 'Outlook' }),
    happened(mail('m2', 'bo@web.de'), 'open', 30, APPLE),
    // Somebody of two recipients.
    happened(mail('m3', null), 'open', 30, FIREFOX),
    happened(mail('m4', 'complaint@simulator.amazonses.com'), 'open', 30, FIREFOX),
    happened(mail('m1', 'ana@web.de'), 'click', 95, { ...FIREFOX, link: 'a' }),
  ];
  await lake.insert('events', [...events, ...copied(events)]);
  const day = { event_date: '2026-03-02', dt: '2026-03-02', campaign_id: 'spring', day_human_opens: 4 };
  expect(await lake.rows('select * from client_usage_daily order by opens desc, client_name')).toEqual([
    {
      ...day,
      client_name: 'Firefox',
      device_class: 'desktop',
      mailbox_provider: 'web.de',
      opens: 2,
      human_opens: 2,
      readers: 1,
      human_readers: 1,
      human_open_share: 2 / 4,
    },
    {
      ...day,
      client_name: 'Firefox',
      device_class: 'desktop',
      mailbox_provider: null,
      opens: 1,
      human_opens: 1,
      readers: 1,
      human_readers: 1,
      human_open_share: 1 / 4,
    },
    {
      ...day,
      client_name: 'Outlook',
      device_class: 'desktop',
      mailbox_provider: 'web.de',
      opens: 1,
      human_opens: 1,
      readers: 1,
      human_readers: 1,
      human_open_share: 1 / 4,
    },
    {
      ...day,
      client_name: null,
      device_class: 'bot',
      mailbox_provider: 'web.de',
      opens: 1,
      human_opens: 0,
      readers: 1,
      human_readers: 0,
      human_open_share: 0,
    },
  ]);
});

describe('hours', () => {
  // 2 March 2026 is a Monday.
  const events = [
    happened(mail('m1', 'ana@web.de'), 'open', 60, FIREFOX),
    happened(mail('m1', 'ana@web.de'), 'open', 30, APPLE),
    happened(mail('m1', 'ana@web.de'), 'click', 3600, { ...FIREFOX, link: 'a' }),
    happened(mail('m1', 'ana@web.de'), 'click', 3605, { ...APPLE, link: 'a' }),
    happened(mail('m2', 'bo@web.de'), 'open', 7 * DAY + 120, FIREFOX),
    happened(mail('m3', 'cem@web.de'), 'open', DAY - 1, FIREFOX),
    happened(mail('m4', 'dee@web.de'), 'open', 0, { ...FIREFOX, occurred_at_basis: 'send' }),
    happened(mail('m5', 'complaint@simulator.amazonses.com'), 'open', 60, FIREFOX),
  ];

  test('engagement_by_hour says when in the week people open and click', async () => {
    await lake.insert('events', [...events, ...copied(events)]);
    const all = { time_zone: 'UTC', all_human_opens: 3, all_human_clicks: 1 };
    expect(await lake.rows('select * from engagement_by_hour order by day_of_week, hour_of_day')).toEqual([
      {
        ...all,
        day_of_week: 1,
        hour_of_day: 9,
        weekday_name: 'Monday',
        opens: 3,
        human_opens: 2,
        human_open_share: 2 / 3,
        clicks: 0,
        human_clicks: 0,
        human_click_share: 0,
      },
      {
        ...all,
        day_of_week: 1,
        hour_of_day: 10,
        weekday_name: 'Monday',
        opens: 0,
        human_opens: 0,
        human_open_share: 0,
        clicks: 2,
        human_clicks: 1,
        human_click_share: 1,
      },
      {
        ...all,
        day_of_week: 2,
        hour_of_day: 8,
        weekday_name: 'Tuesday',
        opens: 1,
        human_opens: 1,
        human_open_share: 1 / 3,
        clicks: 0,
        human_clicks: 0,
        human_click_share: 0,
      },
    ]);
    expect(
      await lake.rows('select event_date, hour_of_day, opens from engagement_hourly where opens > 0 order by 1, 2'),
    ).toEqual([
      { event_date: '2026-03-02', hour_of_day: 9, opens: 2 },
      { event_date: '2026-03-03', hour_of_day: 8, opens: 1 },
      { event_date: '2026-03-09', hour_of_day: 9, opens: 1 },
    ]);
  });

  test('hours are those of the report time zone, in summer and in winter', async () => {
    const berlin = await lakeFixture({ settings: { report_time_zone: 'Europe/Berlin' } });
    await berlin.insert('events', [
      happened(mail('winter', 'ana@web.de', '2026-03-02 22:59:00'), 'open', 0, FIREFOX),
      happened(mail('later', 'ana@web.de', '2026-03-02 23:30:00'), 'open', 0, FIREFOX),
      happened(mail('summer', 'ana@web.de', '2026-07-06 21:30:00'), 'open', 0, FIREFOX),
    ]);
    expect(
      await berlin.rows('select event_date, day_of_week, hour_of_day, time_zone from engagement_hourly order by 1, 2'),
    ).toEqual([
      { event_date: '2026-03-02', day_of_week: 1, hour_of_day: 23, time_zone: 'Europe/Berlin' },
      { event_date: '2026-03-02', day_of_week: 2, hour_of_day: 0, time_zone: 'Europe/Berlin' },
      { event_date: '2026-07-06', day_of_week: 1, hour_of_day: 23, time_zone: 'Europe/Berlin' },
    ]);
    berlin.close();
  });
});

test('sender_requirements says what share of mail carries what big receivers ask for', async () => {
  const header = (message_id: string, from_domain: string, name: string, value: string | null): Row => ({
    message_id,
    position: 0,
    name,
    name_lower: name.toLowerCase(),
    value,
    sent_at: '2026-03-02 09:00:00',
    source: 'ses',
    from_domain,
    feed: 'event_publishing',
    attempt: 'unit.version',
    source_key: 'raw/a.gz',
    source_ordinal: 0,
    dt: '2026-03-02',
  });
  const rows = [
    header('m1', 'a.example', 'Message-ID', '<1@a.example>'),
    header('m1', 'a.example', 'List-Unsubscribe', '<mailto:u@a.example>, <https://a.example/u>'),
    header('m1', 'a.example', 'List-Unsubscribe-Post', 'List-Unsubscribe=One-Click'),
    header('m1', 'a.example', 'DKIM-Signature', 'v=1'),
    header('m1', 'a.example', 'Feedback-ID', '1:a'),
    // One click needs a link, mailto is none.
    header('m2', 'a.example', 'Message-ID', '<2@a.example>'),
    header('m2', 'a.example', 'List-Unsubscribe', '<mailto:u@a.example>'),
    header('m2', 'a.example', 'List-Unsubscribe-Post', 'List-Unsubscribe=One-Click'),
    header('m3', 'a.example', 'Subject', 'No Message-ID'),
    // And a safe one.
    header('m3', 'a.example', 'List-Unsubscribe', '<http://a.example/u?from=https>'),
    header('m3', 'a.example', 'List-Unsubscribe-Post', 'List-Unsubscribe=One-Click'),
    // Pinpoint says "null".
    header('m4', 'a.example', 'Message-ID', null),
    header('m5', 'b.example', 'Message-ID', '<5@b.example>'),
  ];
  await lake.insert('headers', [...rows, ...copied(rows)]);
  const day = { send_date: '2026-03-02', dt: '2026-03-02' };
  expect(await lake.rows('select * from sender_requirements order by from_domain')).toEqual([
    {
      ...day,
      from_domain: 'a.example',
      messages: 4,
      list_unsubscribe_messages: 3,
      list_unsubscribe_share: 3 / 4,
      one_click_messages: 1,
      one_click_share: 1 / 4,
      message_id_messages: 2,
      message_id_visible_messages: 3,
      message_id_share: 2 / 3,
      dkim_signed_messages: 1,
      dkim_signed_share: 1 / 4,
      feedback_id_messages: 1,
      feedback_id_share: 1 / 4,
    },
    {
      ...day,
      from_domain: 'b.example',
      messages: 1,
      list_unsubscribe_messages: 0,
      list_unsubscribe_share: 0,
      one_click_messages: 0,
      one_click_share: 0,
      message_id_messages: 1,
      message_id_visible_messages: 1,
      message_id_share: 1,
      // Nobody saw one: the service may sign.
      dkim_signed_messages: 0,
      dkim_signed_share: null,
      feedback_id_messages: 0,
      feedback_id_share: 0,
    },
  ]);
});

describe('suppression_candidates', () => {
  const on = (day: string): string => `2026-03-${day} 09:00:00`;
  const candidates = async (events: readonly Row[]): Promise<unknown[][]> => {
    await lake.insert('events', [...events, ...copied(events)]);
    await lake.rollup({ first: '2026-03-01', last: '2026-03-31' });
    return (
      await lake.rows(`select recipient_key, suppression_reason, suppress_since_date, sends_since
        from suppression_candidates order by recipient_key`)
    ).map((row) => Object.values(row));
  };
  let n = 0;
  const sent = (to: string, day: string, ...types: [type: string, details?: Row][]): Row[] => {
    n++;
    const of = mail(`m${n}`, to, on(day));
    return [happened(of, 'send'), ...types.map(([type, details], at) => happened(of, type, 60 + at, details))];
  };
  const bounce = (smtp_status: string, bounce_sub_type = 'General'): [string, Row] => [
    'hard_bounce',
    { smtp_status, bounce_sub_type },
  ];

  test('are those who complained, whose address is bad, and who went', async () => {
    expect(
      await candidates([
        ...sent('ana@yahoo.de', '02', ['delivered'], ['complaint'], ['unsubscribe']),
        ...sent('ana@yahoo.de', '03', ['delivered']),
        ...sent('ana@yahoo.de', '04', ['delivered']),
        ...sent('bo@web.de', '02', bounce('5.1.1')),
        ...sent('cem@web.de', '03', ['delivered'], ['unsubscribe']),
        ...sent('dee@web.de', '05', bounce('5.1.1', 'OnAccountSuppressionList')),
        // The gravest reason is told, and since when that one holds.
        ...sent('eva@yahoo.de', '02', ['delivered'], ['unsubscribe']),
        ...sent('eva@yahoo.de', '03', ['delivered'], ['complaint']),
        ...sent('eva@yahoo.de', '04', bounce('5.1.1')),
        ...sent('fay@web.de', '02', bounce('5.1.1', 'Suppressed')),
        ...sent('fay@web.de', '03', bounce('5.1.1')),
        ...sent('bounce@simulator.amazonses.com', '02', bounce('5.1.1')),
      ]),
    ).toEqual([
      ['ana@yahoo.de', 'complaint', '2026-03-02', 2],
      ['bo@web.de', 'hard_bounce', '2026-03-02', 0],
      ['cem@web.de', 'unsubscribe', '2026-03-03', 0],
      ['dee@web.de', 'suppressed', '2026-03-05', 0],
      ['eva@yahoo.de', 'complaint', '2026-03-03', 1],
      ['fay@web.de', 'hard_bounce', '2026-03-03', 0],
    ]);
  });

  test('are none whose bounce is not about the address, or who got mail later', async () => {
    expect(
      await candidates([
        ...sent('policy@web.de', '02', bounce('5.7.1')),
        ...sent('big@web.de', '02', bounce('5.3.4')),
        ...sent('bigger@web.de', '02', bounce('5.2.3')),
        ...sent('content@web.de', '02', bounce('5.6.0')),
        ...sent('back@web.de', '02', bounce('5.2.1')),
        ...sent('back@web.de', '03', ['delivered']),
        // The other way round it counts.
        ...sent('gone@web.de', '02', ['delivered']),
        ...sent('gone@web.de', '03', bounce('5.2.1')),
      ]),
    ).toEqual([['gone@web.de', 'hard_bounce', '2026-03-03', 0]]);
  });

  test('are those whose bounce is about address or mailbox, by its status', async () => {
    const about = [
      '',
      '5.0.0',
      '5.1.0',
      '5.1.1',
      '5.1.2',
      '5.1.10',
      '5.1.17',
      '5.2.1',
      '5.2.2',
      '5.2.13',
      '5.4.1',
      '5.4.4',
    ];
    const others = ['5.1.7', '5.1.8', '5.2.3', '5.3.0', '5.4.6', '5.4.7', '5.4.14', '5.5.0', '5.6.0', '5.7.1'];
    const at = (status: string): string => `${status || 'none'}@web.de`;
    const found = await candidates([...about, ...others].flatMap((status) => sent(at(status), '02', bounce(status))));
    expect(found.map(([recipient]) => recipient)).toEqual(about.map(at).sort());
  });

  test('are not those whom a machine unsubscribed, or who are on no list but that of addresses never tried', async () => {
    const links = ['a', 'b', 'bye'];
    const swept = links.map((link, at): [string, Row] => [
      'click',
      { link, occurred_at: `2026-03-02 09:1${at}:00`, is_unsubscribe: link === 'bye' },
    ]);
    expect(
      await candidates([
        ...sent('swept@web.de', '02', ['delivered'], ...swept),
        ...sent(
          'bot@web.de',
          '02',
          ['delivered'],
          ['click', { link: 'bye', is_unsubscribe: true, user_agent: 'Mimecast' }],
        ),
        ...sent(
          'left@web.de',
          '02',
          ['delivered'],
          ['click', { link: 'bye', is_unsubscribe: true, occurred_at: '2026-03-02 09:10:00' }],
        ),
        ...sent('stopped@web.de', '03', ['complaint', { complaint_sub_type: 'OnAccountSuppressionList' }]),
        ...sent('tenant@web.de', '03', bounce('5.1.1', 'OnTenantSuppressionList')),
        ...sent('gone@web.de', '03', bounce('5.7.1', 'NoEmail')),
      ]),
    ).toEqual([
      ['gone@web.de', 'hard_bounce', '2026-03-03', 0],
      ['left@web.de', 'unsubscribe', '2026-03-02', 0],
      ['stopped@web.de', 'suppressed', '2026-03-03', 0],
      ['tenant@web.de', 'suppressed', '2026-03-03', 0],
    ]);
  });

  test('of soft bounces only many in a row over two weeks make one', async () => {
    const soft = (to: string, ...days: string[]): Row[] => days.flatMap((day) => sent(to, day, ['soft_bounce']));
    expect(
      await candidates([
        ...soft('full@web.de', '02', '06', '10', '14', '18'),
        ...soft('short@web.de', '02', '03', '04', '05', '06'),
        ...soft('few@web.de', '02', '10', '14', '30'),
        ...soft('between@web.de', '02', '06', '10', '14'),
        ...sent('between@web.de', '15', ['delivered']),
        ...soft('between@web.de', '18', '30'),
      ]),
    ).toEqual([['full@web.de', 'soft_bounces', '2026-03-02', 4]]);
  });
});

test('recipient_engagement says when each person last did what', async () => {
  const ana = (id: string, sent_at: string): Mail => mail(id, 'ana@web.de', sent_at);
  const events = [
    happened(ana('m1', '2026-03-02 09:00:00'), 'delivered', 1),
    happened(ana('m1', '2026-03-02 09:00:00'), 'open', 60, FIREFOX),
    happened(ana('m1', '2026-03-02 09:00:00'), 'open', 900, FIREFOX),
    happened(ana('m1', '2026-03-02 09:00:00'), 'click', 70, { ...FIREFOX, link: 'a' }),
    happened(ana('m2', '2026-03-03 09:00:00'), 'delivered', 1),
    happened(ana('m2', '2026-03-03 09:00:00'), 'open', 60, APPLE),
    happened(ana('m2', '2026-03-03 09:00:00'), 'click', 90, { ...APPLE, link: 'a' }),
    happened(ana('m3', '2026-03-04 09:00:00'), 'soft_bounce', 1),
    happened(mail('m4', 'bo@web.de'), 'delivered', 1),
    happened(mail('m5', 'cem@web.de'), 'hard_bounce', 1),
    happened(mail('m6', 'dee@web.de'), 'delivered', 1, { recipient_count: 2 }),
    happened(mail('m7', 'complaint@simulator.amazonses.com'), 'delivered', 1),
  ];
  await lake.insert('events', [...events, ...copied(events)]);
  await lake.rollup({ first: '2026-03-02', last: '2026-03-04' });
  const rows = await lake.rows('select * from recipient_engagement order by recipient_key');
  expect(rows[0]).toEqual({
    recipient_key: 'ana@web.de',
    recipient_domain: 'web.de',
    mailbox_provider: 'web.de',
    sent: 3,
    delivered: 2,
    trackable_delivered: 2,
    opened: 2,
    human_opened: 1,
    clicked: 2,
    human_clicked: 1,
    first_sent_at: '2026-03-02 09:00:00.000',
    last_sent_at: '2026-03-04 09:00:00.000',
    last_delivered_at: '2026-03-03 09:00:01.000',
    last_opened_at: '2026-03-03 09:01:00.000',
    last_human_opened_at: '2026-03-02 09:01:00.000',
    last_clicked_at: '2026-03-03 09:01:30.000',
    last_human_clicked_at: '2026-03-02 09:01:10.000',
    delivered_since_engaged: 1,
    // Apple's proxy opened the last mail: nobody knows whether she did.
    engagement_status: 'unknown',
    hidden_opened: 1,
  });
  const status = rows.map((row) => [row.recipient_key, row.delivered_since_engaged, row.engagement_status]);
  expect(status.slice(1)).toEqual([
    ['bo@web.de', 1, 'never'],
    ['cem@web.de', 0, 'never_delivered'],
    // One of two recipients: nobody can see.
    ['dee@web.de', 0, null],
  ]);
});

test('what nobody tracks is no sign of anything, and rejected mail was never sent', async () => {
  const untracked: Mail = { ...mail('m1', 'ana@web.de'), says: { configuration_set: 'quiet' } };
  await lake.insert('events', [
    happened(untracked, 'delivered', 1),
    happened(mail('m2', 'bo@web.de', '2026-03-02 10:00:00'), 'delivered', 1),
    happened(mail('m2', 'bo@web.de', '2026-03-02 10:00:00'), 'open', 60, FIREFOX),
    happened(mail('m3', 'bo@web.de', '2026-03-03 10:00:00'), 'rejected'),
    // A mail server that took it, and gave it back later.
    happened(mail('m4', 'bo@web.de', '2026-03-04 10:00:00'), 'delivered', 1),
    happened(mail('m4', 'bo@web.de', '2026-03-04 10:00:00'), 'hard_bounce', 60),
  ]);
  await lake.rollup({ first: '2026-03-02', last: '2026-03-04' });
  const columns = 'first_sent_at, last_sent_at, last_delivered_at';
  expect(
    await lake.rows(`select recipient_key, engagement_status, ${columns} from recipient_engagement order by 1`),
  ).toEqual([
    {
      recipient_key: 'ana@web.de',
      engagement_status: null,
      first_sent_at: '2026-03-02 09:00:00.000',
      last_sent_at: '2026-03-02 09:00:00.000',
      last_delivered_at: '2026-03-02 09:00:01.000',
    },
    {
      recipient_key: 'bo@web.de',
      engagement_status: 'lapsed',
      first_sent_at: '2026-03-02 10:00:00.000',
      last_sent_at: '2026-03-04 10:00:00.000',
      last_delivered_at: '2026-03-02 10:00:01.000',
    },
  ]);
});

test('recipient_engagement takes who opened or clicked lately for active', async () => {
  const young = (id: string, to: string): Mail => mail(id, to, '2098-05-01 10:00:00');
  const old = (id: string, to: string): Mail => mail(id, to, '2026-03-02 10:00:00');
  const click = { ...FIREFOX, link: 'a' };
  await lake.insert('events', [
    ...[young('m1', 'ana@web.de'), young('m2', 'bo@web.de'), old('m3', 'bo@web.de'), old('m4', 'cem@web.de')].map(
      (of) => happened(of, 'delivered', 1),
    ),
    happened(young('m1', 'ana@web.de'), 'open', 60, FIREFOX),
    happened(young('m2', 'bo@web.de'), 'click', 60, click),
    happened(old('m3', 'bo@web.de'), 'open', 60, FIREFOX),
    happened(old('m4', 'cem@web.de'), 'click', 60, click),
  ]);
  await lake.rollup({ first: '2026-03-02', last: '2026-03-02' });
  await lake.rollup({ first: '2098-05-01', last: '2098-05-01' });
  expect(
    await lake.rows('select recipient_key, engagement_status from recipient_engagement order by recipient_key'),
  ).toEqual([
    { recipient_key: 'ana@web.de', engagement_status: 'active' },
    { recipient_key: 'bo@web.de', engagement_status: 'active' },
    { recipient_key: 'cem@web.de', engagement_status: 'lapsed' },
  ]);
});
