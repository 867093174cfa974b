/** Views that tell what happened on a day: bounces in words, links, and the timeline of a mail. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { copied, happened, type Mail } from './event-rows.ts';
import { type LakeFixture, lakeFixture, type Row } from './lake-fixture.ts';

let lake: LakeFixture;
beforeAll(async () => {
  lake = await lakeFixture();
});
beforeEach(() => lake.clear());
afterAll(() => lake.close());

const mail = (message_id: string, recipient_key: string | null, says: Row = {}): Mail => ({
  message_id,
  recipient_key,
  sent_at: '2026-03-02 09:00:00',
  says,
});

test('bounce_diagnostics says in words why mail bounced, with one example', async () => {
  const bounce = (id: string, to: string, smtp_status: string | null, diagnostic_code: string | null): Row =>
    happened(mail(id, to, { from_domain: 'a.example' }), 'hard_bounce', 5, {
      bounce_type: 'Permanent',
      bounce_sub_type: 'General',
      smtp_status,
      diagnostic_code,
    });
  const events = [
    bounce('m1', 'ana@gmail.com', '5.1.1', '550 5.1.1 no such user'),
    bounce('m2', 'bo@gmail.com', '5.1.1', '550 5.1.1 does not exist'),
    // Another bounce of the same mail is no other recipient-message.
    happened(mail('m2', 'bo@gmail.com', { from_domain: 'a.example' }), 'hard_bounce', 9, {
      bounce_type: 'Permanent',
      bounce_sub_type: 'General',
      smtp_status: '5.1.1',
    }),
    bounce('m3', 'cem@web.de', null, '554 5.2.77 no idea'),
    bounce('m4', 'dee@web.de', '5.9.9', null),
    bounce('m5', 'eva@web.de', null, null),
    bounce('m6', 'bounce@simulator.amazonses.com', '5.1.1', null),
    happened(mail('m7', 'fay@web.de'), 'delivered', 2),
    // Another sender's bounces are no part of the share.
    happened(mail('m8', 'gil@web.de', { from_domain: 'b.example' }), 'hard_bounce', 5),
  ];
  await lake.insert('events', [...events, ...copied(events)]);
  const day = {
    event_date: '2026-03-02',
    dt: '2026-03-02',
    from_domain: 'a.example',
    configuration_set: null,
    campaign_id: null,
    outgoing_ip: null,
    bounce_kind: 'hard',
    bounce_type: 'Permanent',
    suppressed: 0,
  };
  expect(
    await lake.rows(
      "select * from bounce_diagnostics where from_domain = 'a.example' order by mailbox_provider, enhanced_status nulls last",
    ),
  ).toEqual([
    {
      ...day,
      mailbox_provider: 'gmail',
      bounce_sub_type: 'General',
      bounce_category: 'bad_address',
      enhanced_status: '5.1.1',
      meaning: 'There is no such mailbox.',
      what_to_do: 'Remove the address and look at how it got on the list.',
      bounces: 2,
      bounced_messages: 2,
      day_bounces: 2,
      bounce_share: 1,
      example_diagnostic: '550 5.1.1 does not exist',
      example_message_id: 'm2',
    },
    {
      ...day,
      mailbox_provider: 'web.de',
      bounce_sub_type: 'General',
      bounce_category: 'mailbox_unavailable',
      enhanced_status: '5.2.77',
      // Not listed: what its class and subject say.
      meaning: 'The mailbox does not take mail.',
      what_to_do: 'Remove the address.',
      bounces: 1,
      bounced_messages: 1,
      day_bounces: 3,
      bounce_share: 1 / 3,
      example_diagnostic: '554 5.2.77 no idea',
      example_message_id: 'm3',
    },
    {
      ...day,
      mailbox_provider: 'web.de',
      bounce_sub_type: 'General',
      bounce_category: 'other',
      enhanced_status: '5.9.9',
      // Not even its subject is: what its class says.
      meaning: 'A permanent failure.',
      what_to_do: 'Stop sending to the address.',
      bounces: 1,
      bounced_messages: 1,
      day_bounces: 3,
      bounce_share: 1 / 3,
      example_diagnostic: null,
      example_message_id: 'm4',
    },
    {
      ...day,
      mailbox_provider: 'web.de',
      bounce_sub_type: 'General',
      bounce_category: 'other',
      enhanced_status: null,
      // No code at all: what the sub-type says.
      meaning: 'The receiving server refused the mail for good and gave no reason that the mail service knows.',
      what_to_do: 'Read the diagnostic; stop sending to the address if it happens again.',
      bounces: 1,
      bounced_messages: 1,
      day_bounces: 3,
      bounce_share: 1 / 3,
      example_diagnostic: null,
      example_message_id: 'm5',
    },
  ]);
});

test('link_performance compares the links of a campaign', async () => {
  const shop = 'https://shop.example/new?utm_source=news';
  const bye = 'https://shop.example/bye';
  const says = { campaign_id: 'spring' };
  const click = (id: string, to: string | null, link: string, seconds: number, details: Row = {}): Row =>
    happened(mail(id, to, says), 'click', seconds, { link, user_agent: 'Firefox', ...details });
  const events = [
    click('m1', 'ana@web.de', shop, 60),
    click('m1', 'ana@web.de', shop, 90),
    click('m2', 'bo@web.de', shop, 70, { user_agent: 'Mimecast' }),
    click('m3', null, shop, 80),
    click('m1', 'ana@web.de', bye, 100, { is_unsubscribe: true }),
    happened(mail('m4', 'cem@web.de', says), 'unsubscribe', 200, { link: bye }),
    click('m5', 'click@simulator.amazonses.com', shop, 60),
    happened(mail('m1', 'ana@web.de', says), 'open', 50),
  ];
  await lake.insert('events', [...events, ...copied(events)]);
  const part = { event_id: 'c', occurred_at: '2026-03-02 09:01:00', source: 'ses', message_id: 'm1' };
  await lake.insert('clicks', [
    { ...part, link: shop, link_host: 'shop.example', link_path: '/new', utm_source: 'news', dt: '2026-03-02' },
  ]);
  const rows = await lake.rows('select * from link_performance order by clicks desc');
  expect(rows).toEqual([
    {
      campaign_id: 'spring',
      link: shop,
      link_host: 'shop.example',
      link_path: '/new',
      utm_source: 'news',
      utm_medium: null,
      utm_campaign: null,
      utm_term: null,
      utm_content: null,
      clicks: 4,
      human_clicks: 3,
      unique_clicks: 2,
      unique_human_clicks: 1,
      clicked_messages: 3,
      unsubscribes: 0,
      campaign_clicks: 5,
      click_share: 4 / 5,
      campaign_human_clicks: 4,
      human_click_share: 3 / 4,
      first_clicked_at: '2026-03-02 09:01:00.000',
      last_clicked_at: '2026-03-02 09:01:30.000',
    },
    expect.objectContaining({
      link: bye,
      clicks: 1,
      unique_clicks: 1,
      unsubscribes: 2,
      click_share: 1 / 5,
      // Pinpoint's unsubscribe is no click.
      last_clicked_at: '2026-03-02 09:01:40.000',
    }),
  ]);
});

test('message_timeline tells what happened to a mail, in order and in words', async () => {
  const ana = mail('m1', 'ana@web.de', { subject: 'Spring' });
  const events = [
    happened(ana, 'click', 600, { link: 'https://shop.example/', user_agent: 'Mimecast' }),
    happened(ana, 'open', 600, { client_name: 'Apple Mail', device_class: 'mobile', user_agent: 'Mozilla/5.0' }),
    happened(ana, 'delivered', 2.5, { smtp_response: '250 ok' }),
    happened(ana, 'delivery_delay', 1, { delay_type: 'TransientCommunicationFailure' }),
    happened(ana, 'send'),
    happened(ana, 'complaint', 3600, { complaint_feedback_type: 'abuse' }),
    happened(ana, 'hard_bounce', 86_400, { bounce_sub_type: 'NoEmail', diagnostic_code: '550 5.1.1 gone' }),
    happened(mail('m2', 'bo@web.de'), 'rejected', 1, { reject_reason: 'Bad content' }),
    happened(mail('m3', 'bo@web.de'), 'rendering_failure', 1, { template_name: 'spring', error_message: 'no name' }),
    happened(mail('m4', 'bo@web.de'), 'unsubscribe', 1, { contact_list: 'news' }),
    happened(mail('m4', 'bo@web.de'), 'resubscribe', 2, { contact_list: 'news' }),
    happened(mail('m5', 'bo@web.de'), 'complaint', 1, { complaint_feedback_type: 'not-spam' }),
  ];
  await lake.insert('events', [...events, ...copied(events)]);
  const told = async (where: string): Promise<unknown[][]> =>
    (
      await lake.rows(`select event_date, seconds_since_sent, description from message_timeline
        where ${where} order by message_id, occurred_at, event_order`)
    ).map((row) => Object.values(row));
  expect(await told("message_id = 'm1'")).toEqual([
    ['2026-03-02', 0, 'The service accepted the mail for sending: Spring'],
    ['2026-03-02', 1, 'Delivery is delayed (TransientCommunicationFailure)'],
    ['2026-03-02', 2, 'Delivered to web.de: 250 ok'],
    ['2026-03-02', 600, 'Opened in Apple Mail on mobile [apple_mail_privacy]'],
    ['2026-03-02', 600, 'Clicked https://shop.example/ [security_scanner]'],
    ['2026-03-02', 3600, 'Reported as spam (abuse)'],
    ['2026-03-03', 86_400, 'Hard bounce (NoEmail), status 5.1.1: 550 5.1.1 gone'],
  ]);
  expect(await told("recipient_key = 'bo@web.de'")).toEqual([
    ['2026-03-02', 1, 'The service refused to send it: Bad content'],
    ['2026-03-02', 1, 'The template failed to render (spring): no name'],
    ['2026-03-02', 1, 'Unsubscribed from news'],
    ['2026-03-02', 2, 'Changed the subscription to news, opting out of nothing'],
    ['2026-03-02', 1, 'Reported as no spam'],
  ]);
});
