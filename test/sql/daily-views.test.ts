/** Views that count what happened on a day, each with a story that can be counted by hand. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addDays, DAY_MS } from '#lake/days.ts';
import { copied, happened, type Mail } from './event-rows.ts';
import { type Answer, type LakeFixture, lakeFixture, type Row } from './lake-fixture.ts';

let lake: LakeFixture;
beforeAll(async () => {
  lake = await lakeFixture();
});
beforeEach(() => lake.clear());
afterAll(() => lake.close());

const DAY = { event_date: '2026-03-02', dt: '2026-03-02' };
const mail = (message_id: string, recipient_key: string | null, sent_at = '2026-03-02 09:00:00'): Mail => ({
  message_id,
  recipient_key,
  sent_at,
  says: { campaign_id: 'spring', from_domain: 'a.example' },
});

describe('event_volume_daily', () => {
  const MONDAY = '2026-03-30';
  const sends = (day: string, count: number, type = 'send'): Row[] =>
    Array.from({ length: count }, (_, n) => happened(mail(`${day}-${n}`, `u${n}@web.de`, `${day} 09:00:00`), type));

  test('compares a day with the same weekdays of the four weeks before', async () => {
    const events = [
      ...sends(addDays(MONDAY, -35), 1000),
      ...sends(addDays(MONDAY, -28), 30),
      ...sends(addDays(MONDAY, -21), 50),
      // A week in which nothing was sent does not count.
      ...sends(addDays(MONDAY, -7), 40),
      ...sends(addDays(MONDAY, -1), 500),
      ...sends(MONDAY, 20),
      ...sends(MONDAY, 5, 'delivered'),
      happened(mail('s', 'bounce@simulator.amazonses.com', `${MONDAY} 09:00:00`), 'send'),
    ];
    await lake.insert('events', [...events, ...copied(events)]);
    const day = { event_date: MONDAY, dt: MONDAY, source: 'ses', day_events: 25, earlier_days: 3 };
    expect(await lake.rows(`select * from event_volume_daily where dt = '${MONDAY}' order by event_type desc`)).toEqual(
      [
        {
          ...day,
          event_type: 'send',
          event_name: 'Sent',
          events: 20,
          messages: 20,
          simulator_events: 1,
          share_of_day: 20 / 25,
          earlier_events: 120,
          expected_events: 40,
          share_of_expected: 0.5,
          // Half is the limit.
          volume_status: 'normal',
        },
        {
          ...day,
          event_type: 'delivered',
          event_name: 'Delivered',
          events: 5,
          messages: 5,
          simulator_events: 0,
          share_of_day: 5 / 25,
          earlier_events: 0,
          expected_events: 0,
          share_of_expected: null,
          volume_status: null,
        },
      ],
    );
  });

  test('says low, high, and that a type is missing; but nothing of days to come or before there was any', async () => {
    const week = (n: number): string => addDays('2026-01-05', 7 * n);
    const events = [
      ...sends(week(0), 30),
      ...sends(week(1), 61),
      ...sends(week(2), 10),
      ...sends(week(3), 10, 'open'),
      // An absurd time expects nothing of the weeks after it.
      ...sends('2026-01-04', 30).map((row) => ({ ...row, dt: '1970-01-01' })),
      // Twice as many is the limit.
      ...sends(week(0), 20, 'complaint'),
      ...sends(week(1), 40, 'complaint'),
    ];
    await lake.insert('events', events);
    const rows = await lake.rows(
      "select dt, event_type, events, expected_events, volume_status from event_volume_daily where event_type <> 'complaint' order by dt, event_type desc",
    );
    expect(rows.slice(0, 6).map((row) => Object.values(row))).toEqual([
      ['1970-01-01', 'send', 30, null, null],
      [week(0), 'send', 30, null, null],
      [week(1), 'send', 61, 30, 'high'],
      [week(2), 'send', 10, 45.5, 'low'],
      [week(3), 'send', 0, 101 / 3, 'low'],
      [week(3), 'open', 10, 0, null],
    ]);
    expect(
      await lake.rows(
        `select events, expected_events, volume_status from event_volume_daily where event_type = 'complaint' and dt = '${week(1)}'`,
      ),
    ).toEqual([{ events: 40, expected_events: 20, volume_status: 'normal' }]);
    const tomorrow = new Date(Date.now() + DAY_MS).toISOString().slice(0, 10);
    await lake.clear();
    await lake.insert('events', sends(addDays(tomorrow, -7), 30));
    expect(await lake.rows(`select dt from event_volume_daily where dt >= '${tomorrow}'`)).toEqual([]);
    expect(await lake.rows('select volume_status from event_volume_daily')).toEqual([{ volume_status: null }]);
    // A day that isn't over may yet become what it should be.
    const today = addDays(tomorrow, -1);
    await lake.clear();
    await lake.insert('events', [...sends(addDays(today, -7), 30), ...sends(today, 5)]);
    expect(
      await lake.rows(`select events, expected_events, volume_status from event_volume_daily where dt = '${today}'`),
    ).toEqual([{ events: 5, expected_events: 30, volume_status: null }]);
  });
});

test('delivery_delays_daily says who puts mail off, and why in words', async () => {
  const delay = (id: string, to: string, seconds: number, delay_type: string, diagnostic_code: string | null): Row =>
    happened(mail(id, to), 'delivery_delay', seconds, { delay_type, diagnostic_code });
  const events = [
    delay('m1', 'ana@web.de', 300, 'MailboxFull', '452 4.2.2 <ana@web.de> is over quota'),
    delay('m1', 'ana@web.de', 900, 'MailboxFull', null),
    delay('m2', 'bo@web.de', 60, 'MailboxFull', '452 4.2.2 full'),
    delay('m3', 'cem@web.de', 60, 'NeverHeardOf', null),
    delay('m4', 'ooto@simulator.amazonses.com', 60, 'General', null),
    // Another sender's delays are no part of the share.
    happened(mail('m5', 'dee@web.de'), 'delivery_delay', 60, { delay_type: 'MailboxFull', from_domain: 'b.example' }),
    happened(mail('m1', 'ana@web.de'), 'delivered', 1000),
  ];
  await lake.insert('events', [...events, ...copied(events)]);
  expect(
    await lake.rows("select * from delivery_delays_daily where from_domain = 'a.example' order by delays desc"),
  ).toEqual([
    {
      ...DAY,
      delay_type: 'MailboxFull',
      mailbox_provider: 'web.de',
      from_domain: 'a.example',
      meaning: 'The mailbox is full and takes no more mail for now.',
      what_to_do: 'Wait; after several weeks of this stop sending to it.',
      delays: 3,
      delayed: 2,
      delayed_messages: 2,
      day_delayed: 3,
      delayed_share: 2 / 3,
      longest_seconds: 900,
      example_diagnostic: '452 4.2.2 <<address>> is over quota',
      example_message_id: 'm1',
    },
    {
      ...DAY,
      delay_type: 'NeverHeardOf',
      mailbox_provider: 'web.de',
      from_domain: 'a.example',
      meaning: 'Delivery was put off; the reason is not known here.',
      what_to_do: 'Read the diagnostic, if there is one.',
      delays: 1,
      delayed: 1,
      delayed_messages: 1,
      day_delayed: 3,
      delayed_share: 1 / 3,
      longest_seconds: 60,
      example_diagnostic: null,
      example_message_id: 'm3',
    },
  ]);
});

test('complaints_daily counts people who complained, and tells spam from its opposite', async () => {
  const complaint = (id: string, to: string, details: Row = {}): Row =>
    happened(mail(id, to, `2026-03-0${id.length} 09:00:00`), 'complaint', 0, {
      occurred_at: '2026-03-02 12:00:00',
      dt: '2026-03-02',
      ...details,
    });
  const events = [
    complaint('m', 'ana@yahoo.de', { complaint_feedback_type: 'abuse' }),
    // Once more, of the same mail.
    complaint('m', 'ana@yahoo.de', { complaint_feedback_type: 'abuse', event_id: 'again' }),
    complaint('m1', 'bo@yahoo.de'),
    complaint('m1', 'cem@yahoo.de', { complaint_feedback_type: 'not-spam' }),
    complaint('m1', 'dee@yahoo.de', { complaint_sub_type: 'OnAccountSuppressionList' }),
    complaint('m1', 'eva@yahoo.de', { complaint_feedback_type: 'virus', complaint_sub_type: 'NeverHeardOf' }),
    // A domain of the provider that tells of none, as far as is known.
    complaint('m1', 'fay@yahoo.co.jp'),
    complaint('m1', 'complaint@simulator.amazonses.com'),
  ];
  await lake.insert('events', [...events, ...copied(events)]);
  expect(await lake.rows('select * from complaints_daily')).toEqual([
    {
      ...DAY,
      mailbox_provider: 'yahoo',
      campaign_id: 'spring',
      from_domain: 'a.example',
      has_complaint_feedback: true,
      // What a suppression list stopped is none.
      complaints: 5,
      abuse_complaints: 3,
      not_spam_reports: 1,
      other_complaints: 1,
      suppressed_complaints: 1,
      complained_messages: 2,
      complaint_events: 6,
      first_sent_at: '2026-03-01 09:00:00.000',
      last_sent_at: '2026-03-02 09:00:00.000',
    },
  ]);
});

test('unsubscribes_daily tells links, headers and preferences apart, and people from scanners', async () => {
  const link = { link: 'https://shop.example/bye', is_unsubscribe: true };
  const from = (source: string): Row => ({ extras: JSON.stringify({ subscription: { source } }) });
  const events = [
    happened(mail('m1', 'ana@web.de'), 'click', 60, { ...link, user_agent: 'Mimecast' }),
    happened(mail('m1', 'ana@web.de'), 'click', 90, { ...link, user_agent: 'Firefox' }),
    happened(mail('m2', 'bo@web.de'), 'click', 60, { ...link, user_agent: 'Mimecast' }),
    happened(mail('m3', 'cem@web.de'), 'unsubscribe', 60, { ...link, source: 'pinpoint' }),
    happened(mail('m4', 'dee@web.de'), 'unsubscribe', 60, from('UnsubscribeHeader')),
    happened(mail('m5', null), 'unsubscribe', 60, from('PreferencePage')),
    happened(mail('m6', 'eva@web.de'), 'unsubscribe', 60),
    happened(mail('m7', 'fay@web.de'), 'resubscribe', 60),
    happened(mail('m8', 'gil@web.de'), 'click', 60, { link: 'https://shop.example/', is_unsubscribe: false }),
    happened(mail('m9', 'success@simulator.amazonses.com'), 'unsubscribe', 60),
  ];
  await lake.insert('events', [...events, ...copied(events)]);
  const row = { ...DAY, campaign_id: 'spring', from_domain: 'a.example' };
  expect(await lake.rows('select * from unsubscribes_daily order by unsubscribe_method')).toEqual([
    {
      ...row,
      unsubscribe_method: 'header',
      unsubscribes: 1,
      human_unsubscribes: 1,
      unsubscribe_events: 1,
      unsubscribed_messages: 1,
    },
    {
      ...row,
      unsubscribe_method: 'link',
      unsubscribes: 3,
      human_unsubscribes: 2,
      unsubscribe_events: 4,
      unsubscribed_messages: 3,
    },
    {
      ...row,
      unsubscribe_method: 'preferences',
      unsubscribes: 2,
      human_unsubscribes: 2,
      unsubscribe_events: 2,
      unsubscribed_messages: 2,
    },
  ]);
});

test('link_clicks_daily has a line for each day on which a link was clicked', async () => {
  const click = (id: string, to: string, seconds: number, user_agent = 'Firefox'): Row =>
    happened(mail(id, to), 'click', seconds, { link: 'https://shop.example/', user_agent });
  const events = [
    click('m1', 'ana@web.de', 60),
    click('m1', 'ana@web.de', 90),
    click('m1', 'ana@web.de', 86_400),
    click('m2', 'bo@web.de', 60, 'Mimecast'),
    click('m3', 'success@simulator.amazonses.com', 60),
  ];
  await lake.insert('events', [...events, ...copied(events)]);
  const of = { campaign_id: 'spring', from_domain: 'a.example', link: 'https://shop.example/', unsubscribes: 0 };
  expect(await lake.rows('select * from link_clicks_daily order by dt')).toEqual([
    {
      ...DAY,
      ...of,
      clicks: 3,
      human_clicks: 2,
      unique_clicks: 2,
      unique_human_clicks: 1,
      clicked_messages: 2,
    },
    {
      event_date: '2026-03-03',
      dt: '2026-03-03',
      ...of,
      clicks: 1,
      human_clicks: 1,
      unique_clicks: 1,
      unique_human_clicks: 1,
      clicked_messages: 1,
    },
  ]);
});

test('bounce_diagnostics hides addresses in its example, and believes the service where that stopped the mail', async () => {
  const bounce = (id: string, bounce_sub_type: string, details: Row): Row =>
    happened(mail(id, `${id}@web.de`), 'hard_bounce', 5, { bounce_type: 'Permanent', bounce_sub_type, ...details });
  const events = [
    bounce('m1', 'General', {
      smtp_status: '5.1.1',
      diagnostic_code: "550 5.1.1 <M1@web.de>: 'Jürgen@xn--x.de' unknown",
    }),
    bounce('m2', 'OnAccountSuppressionList', { smtp_status: '5.1.1' }),
    bounce('m3', 'NoEmail', {}),
    bounce('m4', 'NeverHeardOf', {
      diagnostic_code: '550 size=40960.5 https://x.example/?to=ann%2540example.org&c=1 or ann=2Edoe=40example=2Eorg',
    }),
  ];
  await lake.insert('events', [...events, ...copied(events)]);
  const rows = await lake.rows(
    'select bounce_sub_type, meaning, what_to_do, day_bounces, bounce_share, example_diagnostic from bounce_diagnostics',
  );
  const of = (sub: string): Answer | undefined => rows.find(({ bounce_sub_type }) => bounce_sub_type === sub);
  expect(of('General')).toMatchObject({
    meaning: 'There is no such mailbox.',
    day_bounces: 3,
    bounce_share: 1 / 3,
    example_diagnostic: "550 5.1.1 <<address>>: '<address>' unknown",
  });
  expect(of('NeverHeardOf')?.example_diagnostic).toBe('550 size=40960.5 https://x.example/?<address>&c=1 or <address>');
  expect(of('OnAccountSuppressionList')?.meaning).toMatch(/^The address is on your account's suppression list/);
  expect(of('OnAccountSuppressionList')?.bounce_share).toBeNull();
  expect(of('NoEmail')?.meaning).toBe('The receiving server does not know the address.');
  expect(of('NeverHeardOf')?.meaning).toBe('The receiving server gave no reason that is known here.');
  expect(rows.every(({ what_to_do }) => typeof what_to_do === 'string' && what_to_do.length > 10)).toBe(true);
});
