import { afterAll, beforeAll, expect, test } from 'vitest';
import { EVENT_TYPES } from '#lake/vocabulary.ts';
import { happened, type Mail } from './event-rows.ts';
import { type LakeFixture, lakeFixture, type Row } from './lake-fixture.ts';

let lake: LakeFixture;
beforeAll(async () => {
  lake = await lakeFixture();
});
afterAll(() => lake.close());

const mail = (recipient_key: string | null): Mail => ({
  message_id: 'm',
  recipient_key,
  sent_at: '2026-03-02 09:00:00',
});

/** `columns` of what email_events makes of the rows, in their order. */
async function labelled(rows: readonly Row[], columns: string): Promise<unknown[][]> {
  await lake.clear();
  await lake.insert(
    'events',
    rows.map((row, at) => ({ ...row, event_id: `e${String(at).padStart(3, '0')}` })),
  );
  return (await lake.rows(`select ${columns} from email_events order by event_id`)).map((row) => Object.values(row));
}

test.each([
  ['gmail.com', 'gmail', false],
  ['googlemail.com', 'gmail', false],
  ['yahoo.de', 'yahoo', true],
  ['yahoo.co.uk', 'yahoo', true],
  ['yahoo.com.br', 'yahoo', true],
  // A domain beats the pattern that it is of.
  ['yahoo.co.jp', 'yahoo', false],
  ['aol.com', 'yahoo', true],
  ['outlook.com', 'microsoft', true],
  ['hotmail.fr', 'microsoft', true],
  ['live.co.za', 'microsoft', true],
  ['msn.com', 'microsoft', true],
  ['me.com', 'apple', false],
  ['web.de', 'web.de', false],
  ['yahoo.example.com', 'other', false],
  ['notyahoo.com', 'other', false],
  // Sold to everybody: strangers have these.
  ['live.io', 'other', false],
  ['live.me', 'other', false],
  ['yahoo.tv', 'other', false],
  ['hotmail.co', 'other', false],
  ['yahoo.com.co', 'yahoo', true],
  ['outlook.dev', 'other', false],
  ['hotmail.xyz', 'other', false],
  ['live.org', 'other', false],
  ['privaterelay.appleid.com', 'apple', false],
  ['cox.net', 'yahoo', false],
  ['sky.com', 'yahoo', false],
  ['rogers.com', 'yahoo', false],
  ['myyahoo.com', 'yahoo', true],
  ['btinternet.com', 'bt', false],
  ['live.mycompany.com', 'other', false],
  ['yahoo', 'other', false],
  ['xn--mller-kva.example', 'other', false],
])('mail to %s is at %s', async (domain, provider, feedback) => {
  expect(await labelled([happened(mail(`a@${domain}`), 'send')], 'mailbox_provider, has_complaint_feedback')).toEqual([
    [provider, feedback],
  ]);
});

test('without a recipient there is no provider; with an address that has no domain it is other', async () => {
  const rows = [
    happened(mail(null), 'open'),
    happened(mail('nobody'), 'send', 0, { recipient_domain: null }),
    happened(mail('ooto@simulator.amazonses.com'), 'send'),
  ];
  expect(await labelled(rows, 'mailbox_provider, has_complaint_feedback, is_simulator')).toEqual([
    [null, null, false],
    ['other', false, false],
    ['other', false, true],
  ]);
});

test('an open or a click is labelled by its user agent, anything else is not', async () => {
  const agents: [agent: string | null, isBot: boolean][] = [
    ['Mozilla/5.0', true],
    ['Mozilla/5.0 (Windows NT 10.0) Firefox/129.0', false],
    ['Mozilla/5.0 (Windows NT 5.1) Firefox/11.0 (via ggpht.com GoogleImageProxy)', true],
    ['YahooMailProxy; https://help.yahoo.com/', false],
    ['Barracuda Sentinel (EE)', false],
    ['Barracuda via Mimecast', false],
    ['LinkInspectorBot/2.1', true],
    [null, false],
  ];
  const of = (type: string): Row[] =>
    agents.map(([user_agent, is_bot_agent]) => happened(mail('a@web.de'), type, 9, { user_agent, is_bot_agent }));
  const labels = [
    ['apple_mail_privacy', true],
    [null, false],
    ['gmail_image_proxy', false],
    ['yahoo_image_proxy', false],
    ['security_scanner', true],
    ['security_scanner', true],
    ['bot_agent', true],
    [null, false],
  ];
  expect(await labelled(of('open'), 'machine_reason, is_machine')).toEqual(labels);
  expect(await labelled(of('click'), 'machine_reason, is_machine')).toEqual(labels);
  expect(await labelled(of('complaint'), 'machine_reason, is_machine')).toEqual(agents.map(() => [null, false]));
});

test('the enhanced status is the given one, else the one in the diagnostic', async () => {
  const bounce = (smtp_status: string | null, diagnostic_code: string | null, bounce_sub_type = 'General'): Row =>
    happened(mail('a@web.de'), 'hard_bounce', 5, { smtp_status, diagnostic_code, bounce_sub_type });
  const rows = [
    bounce('5.1.1', 'smtp; 550 5.7.1 other'),
    bounce(null, 'smtp; 550 5.7.1 refused'),
    bounce('', '550-5.2.2 The mailbox\n550 5.2.2 is full'),
    bounce('n/a', '550 said 192.5.1.1 with 4.4.7.'),
    bounce(null, '550 from 10.5.1.1 and 5.1.1.9'),
    bounce(null, null, 'MailboxFull'),
    bounce('5.1.1', null, 'OnAccountSuppressionList'),
    bounce('5.7.515', '550 5.7.515 Access denied'),
  ];
  expect(await labelled(rows, 'enhanced_status, bounce_category, bounce_kind')).toEqual([
    ['5.1.1', 'bad_address', 'hard'],
    ['5.7.1', 'policy', 'hard'],
    ['5.2.2', 'mailbox_full', 'hard'],
    ['4.4.7', 'network', 'hard'],
    [null, 'other', 'hard'],
    [null, 'mailbox_full', 'hard'],
    ['5.1.1', 'suppressed', 'hard'],
    ['5.7.515', 'policy', 'hard'],
  ]);
});

test('each status is in a category, and what has none is in that of its sub-type', async () => {
  const CATEGORIES: Record<string, string[]> = {
    bad_address: ['5.1.1', '5.1.2', '5.1.10', '4.1.1', '5.4.1', 'NoEmail'],
    bad_sender: ['5.1.7', '5.1.8', '4.1.8'],
    mailbox_full: ['4.2.2', '5.2.2', 'MailboxFull'],
    message_too_big: ['5.2.3', '5.3.4', 'MessageTooLarge'],
    mailbox_unavailable: ['5.2.0', '5.2.1'],
    mail_system: ['4.3.0', '5.3.0'],
    network: ['4.4.1', '4.4.7', '5.4.4', '5.4.14'],
    protocol: ['5.5.0'],
    content: ['5.6.0', 'ContentRejected', 'AttachmentRejected'],
    policy: ['4.7.28', '5.7.1'],
    other: ['5.0.0', 'General', 'NeverHeardOf'],
    suppressed: [
      'Suppressed',
      'OnAccountSuppressionList',
      'OnTenantSuppressionList',
      'UnsubscribedRecipient',
      'EmailValidationSuppressed',
    ],
  };
  const expected = Object.entries(CATEGORIES).flatMap(([category, all]) => all.map((one) => [one, category]));
  const rows = expected.map(([one = ''], at) =>
    happened(mail('a@web.de'), 'hard_bounce', at, /^[0-9]/.test(one) ? { smtp_status: one } : { bounce_sub_type: one }),
  );
  expect(await labelled(rows, 'coalesce(enhanced_status, bounce_sub_type), bounce_category')).toEqual(expected);
});

test('what was never sent out is neither bounce nor complaint, and a bad address is one whatever the code says', async () => {
  const bounce = (bounce_sub_type: string, smtp_status: string): Row =>
    happened(mail('a@web.de'), 'hard_bounce', 5, { bounce_sub_type, smtp_status });
  const complaint = (complaint_sub_type: string | null): Row =>
    happened(mail('a@web.de'), 'complaint', 5, { complaint_sub_type });
  const rows = [
    bounce('OnTenantSuppressionList', '5.1.1'),
    bounce('Suppressed', '5.1.1'),
    bounce('NoEmail', '5.5.0'),
    bounce('NoEmail', '5.7.1'),
    complaint(null),
    complaint('OnAccountSuppressionList'),
    complaint('OnTenantSuppressionList'),
    // Whatever type the bounce has.
    happened(mail('a@web.de'), 'soft_bounce', 5, { bounce_sub_type: 'UnsubscribedRecipient' }),
    happened(mail('a@web.de'), 'undetermined_bounce', 5, { bounce_sub_type: 'EmailValidationSuppressed' }),
  ];
  expect(await labelled(rows, 'is_suppressed, bounce_category')).toEqual([
    [true, 'suppressed'],
    [false, 'suppressed'],
    [false, 'bad_address'],
    [false, 'bad_address'],
    [false, null],
    [true, null],
    [true, null],
    [true, 'suppressed'],
    [true, 'suppressed'],
  ]);
});

test.each([
  ['delivered', { remote_mta_ip: '2a00:1450:400c:c00::1b' }, 'google'],
  ['delivered', { smtp_response: '250 2.0.0 OK  1760000000 a1-20020a05 - gsmtp' }, 'google'],
  [
    'delivered',
    { smtp_response: '250 2.6.0 <m> [InternalId=1, Hostname=A.eurprd02.prod.outlook.com] Queued' },
    'microsoft',
  ],
  [
    'hard_bounce',
    { diagnostic_code: 'smtp; 550 5.4.1 [A.mail.protection.outlook.com 2026] Access denied' },
    'microsoft',
  ],
  ['hard_bounce', { reporting_mta: 'dns; mx0a-1.pphosted.com' }, 'proofpoint'],
  ['delivered', { smtp_response: '250 OK', remote_mta_ip: '104.47.11.202' }, 'microsoft'],
  ['delivered', { smtp_response: '250 OK', remote_mta_ip: '192.0.2.9' }, null],
  // Amazon's own server reports deliveries.
  ['delivered', { reporting_mta: 'a8-53.smtp-out.amazonses.com' }, null],
  ['open', { smtp_response: 'gsmtp' }, null],
])('%s with %j shows who hosts the domain: %s', async (type, details, host) => {
  expect(
    await labelled([happened(mail('a@firm.example'), type, 5, details)], 'mailbox_host, mailbox_provider'),
  ).toEqual([[host, 'other']]);
});

test('every event type has a name in words', async () => {
  const names = await labelled(
    EVENT_TYPES.map((type) => happened(mail('a@web.de'), type)),
    'event_name',
  );
  expect(names.flat().filter((name) => typeof name !== 'string' || !/^[A-Z][a-z ]+$/.test(name))).toEqual([]);
  expect(new Set(names.flat()).size).toBe(EVENT_TYPES.length);
});
