import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { copied, happened, type Mail } from './event-rows.ts';
import { type Answer, type LakeFixture, lakeFixture, type RollupRun, type Row } from './lake-fixture.ts';

let lake: LakeFixture;
beforeAll(async () => {
  lake = await lakeFixture();
});
beforeEach(() => lake.clear());
afterAll(() => lake.close());

const ana: Mail = { message_id: 'm1', recipient_key: 'ana@web.de', sent_at: '2026-03-02 09:00:00' };
const DAY = 86_400;

async function rolledUp(events: readonly Row[], run: Partial<RollupRun> = {}): Promise<Answer[]> {
  await lake.insert('events', events);
  await lake.rollup({ first: '2026-03-02', last: '2026-03-02', ...run });
  return lake.rows('select * from recipient_messages order by message_id, recipient_key');
}

const pick = (row: Answer | undefined, ...names: string[]): unknown[] => names.map((name) => row?.[name]);

const LIFE: Row[] = [
  happened(ana, 'send', 0, { subject: 'Spring', configuration_set: 'news', campaign_id: 'c1', treatment_id: '0' }),
  happened(ana, 'delivery_delay', 60),
  happened(ana, 'delivered', 100, { processing_time_ms: 99_500, outgoing_ip: '192.0.2.9' }),
  happened(ana, 'open', 90, { user_agent: 'Firefox' }),
  happened(ana, 'open', 700, { user_agent: 'Mozilla/5.0' }),
  happened(ana, 'open', 3600, { user_agent: 'Firefox' }),
  happened(ana, 'click', 105, { user_agent: 'Firefox', link: 'https://shop.example/a' }),
  happened(ana, 'click', 3700, { user_agent: 'Firefox', link: 'https://shop.example/a' }),
  happened(ana, 'click', 3800, { user_agent: 'Firefox', link: 'https://shop.example/bye', is_unsubscribe: true }),
];

test('a row tells the whole life of one mail to one person', async () => {
  const rows = await rolledUp(LIFE);
  expect(rows).toEqual([
    {
      message_id: 'm1',
      recipient_key: 'ana@web.de',
      recipient_domain: 'web.de',
      source: 'ses',
      recipient_count: 1,
      from_address: null,
      from_domain: null,
      subject: 'Spring',
      account_id: null,
      region: null,
      sending_identity: null,
      application_id: null,
      configuration_set: 'news',
      campaign_id: 'c1',
      campaign_activity_id: null,
      treatment_id: '0',
      journey_id: null,
      journey_run_id: null,
      journey_activity_id: null,
      outgoing_ip: '192.0.2.9',
      sent_at: '2026-03-02 09:00:00.000',
      has_send_event: true,
      delivered_at: '2026-03-02 09:01:40.000',
      bounced_at: null,
      bounce_kind: null,
      bounce_sub_type: null,
      smtp_status: null,
      diagnostic_code: null,
      complained_at: null,
      rejected_at: null,
      rendering_failed_at: null,
      first_opened_at: '2026-03-02 09:01:30.000',
      last_opened_at: '2026-03-02 10:00:00.000',
      // The first is before the delivery, the second is Apple's proxy.
      first_human_opened_at: '2026-03-02 10:00:00.000',
      first_clicked_at: '2026-03-02 09:01:45.000',
      last_clicked_at: '2026-03-02 10:03:20.000',
      // The first is five seconds after the delivery.
      first_human_clicked_at: '2026-03-02 10:01:40.000',
      opens: 3,
      human_opens: 1,
      clicks: 3,
      human_clicks: 2,
      unsubscribed_at: '2026-03-02 10:03:20.000',
      delays: 1,
      processing_time_ms: 99_500,
      last_status: 'unsubscribed',
      is_trackable: true,
      as_of: '2026-06-01 00:00:00.000',
      suppressed_at: null,
      suppressed_by: null,
      hidden_opens: 1,
      human_unsubscribed_at: '2026-03-02 10:03:20.000',
      mailbox_host: null,
      is_send_published: true,
      is_delivery_published: true,
      is_open_published: true,
      is_click_published: true,
      is_unsubscribe_published: true,
      is_complaint_published: false,
      tenant: null,
      dimension_1: null,
      dimension_2: null,
      dimension_3: null,
      dimension_4: null,
      dimension_5: null,
      dt: '2026-03-02',
    },
  ]);
});

test('copies of events that are not settled yet change nothing', async () => {
  const alone = await rolledUp(LIFE);
  await lake.clear();
  expect(await rolledUp([...copied(LIFE), ...LIFE, ...copied(LIFE)])).toEqual(alone);
});

test('columns and types of the select are the declared ones', async () => {
  const declared = lake.rollupView.columns.map(({ name, type }) => ({ name, type }));
  expect(await lake.columns(lake.rollupSelect({ first: '2026-03-02', last: '2026-03-02' }))).toEqual(declared);
});

describe('which events count', () => {
  test('mail sent from the first to the last day has a row, by its own earliest time of sending', async () => {
    const at = (message_id: string, sent_at: string): Row =>
      happened({ message_id, recipient_key: 'ana@web.de', sent_at }, 'send');
    const rows = await rolledUp(
      [
        at('before', '2026-03-01 23:59:59.999'),
        at('first', '2026-03-02 00:00:00'),
        at('last', '2026-03-03 23:59:59.999'),
        at('after', '2026-03-04 00:00:00'),
        // The send says it was before midnight, its delivery says after.
        at('night', '2026-03-03 23:59:59.999'),
        happened({ message_id: 'night', recipient_key: 'ana@web.de', sent_at: '2026-03-04 00:00:00' }, 'delivered', 3),
      ],
      { last: '2026-03-03' },
    );
    expect(rows.map((row) => pick(row, 'message_id', 'dt', 'delivered_at'))).toEqual([
      ['first', '2026-03-02', null],
      ['last', '2026-03-03', null],
      ['night', '2026-03-03', '2026-03-04 00:00:03.000'],
    ]);
  });

  test('events count from a day before the sending until the attribution window ends', async () => {
    const untilMidnight = 15 * 3600;
    const [row] = await rolledUp(
      [
        happened(ana, 'send'),
        happened(ana, 'open', -DAY - 1),
        happened(ana, 'open', -DAY),
        happened(ana, 'open', untilMidnight + 6 * DAY - 1),
        happened(ana, 'open', untilMidnight + 6 * DAY),
      ],
      { days: 7 },
    );
    expect(pick(row, 'opens', 'first_opened_at', 'last_opened_at')).toEqual([
      2,
      '2026-03-01 09:00:00.000',
      '2026-03-08 23:59:59.000',
    ]);
  });

  test('opens and clicks that no single recipient made have no row, and no time of sending means no day', async () => {
    expect(
      await rolledUp([
        happened({ ...ana, recipient_key: null }, 'open', 60),
        happened(ana, 'complaint', 60, { sent_at: null }),
      ]),
    ).toEqual([]);
  });

  test('each recipient of a message has a row, which nobody can track', async () => {
    const two = (recipient_key: string): Row => happened({ ...ana, recipient_key }, 'send', 0, { recipient_count: 2 });
    const rows = await rolledUp([two('ana@web.de'), two('bo@web.de')]);
    expect(rows.map((row) => pick(row, 'recipient_key', 'is_trackable'))).toEqual([
      ['ana@web.de', false],
      ['bo@web.de', false],
    ]);
  });
});

test('a complaint of any type counts, but not a report that a mail is no spam', async () => {
  const complained = async (...types: (string | null)[]): Promise<unknown> => {
    await lake.clear();
    const events = types.map((complaint_feedback_type, at) =>
      happened(ana, 'complaint', 60 + at, { complaint_feedback_type }),
    );
    return (await rolledUp([happened(ana, 'send'), ...events])).at(0)?.complained_at;
  };
  expect(await complained('not-spam')).toBeNull();
  expect(await complained('not-spam', 'abuse')).toBe('2026-03-02 09:01:01.000');
  expect(await complained('fraud')).toBe('2026-03-02 09:01:00.000');
  expect(await complained(null)).toBe('2026-03-02 09:01:00.000');
});

describe('bounces', () => {
  const bounce = (kind: string, seconds: number, details: Row = {}): Row =>
    happened(ana, `${kind}_bounce`, seconds, details);

  test('the gravest is told, and of these the first', async () => {
    const [row] = await rolledUp([
      bounce('soft', 10, { bounce_sub_type: 'MailboxFull', smtp_status: '4.2.2' }),
      bounce('hard', 30, { bounce_sub_type: 'NoEmail', diagnostic_code: '550 5.1.1 gone' }),
      bounce('hard', 20, { bounce_sub_type: 'General', diagnostic_code: '550 5.7.1 no' }),
      bounce('undetermined', 5, { bounce_sub_type: 'Undetermined' }),
    ]);
    expect(pick(row, 'bounce_kind', 'bounce_sub_type', 'smtp_status', 'bounced_at', 'last_status')).toEqual([
      'hard',
      'General',
      '5.7.1',
      '2026-03-02 09:00:20.000',
      'hard_bounced',
    ]);
  });

  test('what the first of the gravest leaves out is not taken from another', async () => {
    const [row] = await rolledUp([
      bounce('undetermined', 5),
      bounce('undetermined', 6, { bounce_sub_type: 'x', diagnostic_code: 'y 5.1.1' }),
      bounce('soft', 1, { bounce_sub_type: 'z' }),
    ]);
    expect(pick(row, 'bounce_kind', 'bounce_sub_type', 'smtp_status', 'diagnostic_code')).toEqual([
      'undetermined',
      null,
      null,
      null,
    ]);
  });
});

describe('what is published', () => {
  const of = (message_id: string, scope: Row, sent_at = '2026-03-02 09:00:00'): Mail => ({
    ...{ message_id, recipient_key: `${message_id}@web.de`, sent_at },
    says: scope,
  });
  const PUBLISHED = ['send', 'delivery', 'open', 'click', 'unsubscribe', 'complaint'].map(
    (type) => `is_${type}_published`,
  );
  const published = async (...events: Row[]): Promise<unknown[][]> =>
    (await rolledUp(events)).map((row) => [
      row.message_id,
      ...PUBLISHED.filter((name) => row[name] === true).map((name) => name.slice(3, -10)),
    ]);

  test('mail of one configuration set and day shows it to each other, and to no other set', async () => {
    expect(
      await published(
        happened(of('m1', { configuration_set: 'a' }), 'send'),
        happened(of('m1', { configuration_set: 'a' }), 'delivered', 1),
        happened(of('m2', { configuration_set: 'a' }), 'send'),
        happened(of('m2', { configuration_set: 'a' }), 'open', 9 * DAY),
        happened(of('m3', { configuration_set: 'b' }), 'send'),
        happened(of('m3', { configuration_set: 'b' }), 'complaint', 60),
      ),
    ).toEqual([
      ['m1', 'send', 'delivery', 'open'],
      ['m2', 'send', 'delivery', 'open'],
      ['m3', 'send', 'complaint'],
    ]);
  });

  test('what was seen in the 28 days up to the send day is still expected, and no longer', async () => {
    const earlier = of('m0', { configuration_set: 'a' }, '2026-02-01 09:00:00');
    const opened = (days: number): Row =>
      happened(earlier, 'open', days * DAY, { event_id: `open-${days}`, recipient_key: null });
    const today = happened(of('m1', { configuration_set: 'a' }), 'send');
    expect(await published(opened(2), today)).toEqual([['m1', 'send', 'open']]);
    await lake.clear();
    expect(await published(opened(1), today)).toEqual([['m1', 'send']]);
  });

  test("an identity's notifications tell of its mail with a configuration set, too", async () => {
    const identity = { sending_identity: 'shop.example' };
    expect(
      await published(
        happened(of('m1', { ...identity, configuration_set: 'a' }), 'send'),
        happened(of('m2', identity), 'delivered', 1, { feed: 'notification' }),
      ),
    ).toEqual([
      ['m1', 'send', 'delivery'],
      ['m2', 'delivery'],
    ]);
  });
});

describe('what was never sent out', () => {
  test('is no bounce of any weight, and no complaint', async () => {
    const stopped = (type: string, details: Row): Promise<Answer[]> =>
      rolledUp([happened(ana, 'send'), happened(ana, type, 3, details)]);
    const [bounce] = await stopped('hard_bounce', { bounce_sub_type: 'EmailValidationSuppressed' });
    const columns = ['suppressed_at', 'suppressed_by', 'complained_at', 'last_status'];
    const at = '2026-03-02 09:00:03.000';
    expect(pick(bounce, ...columns)).toEqual([at, 'EmailValidationSuppressed', null, 'suppressed']);
    await lake.clear();
    const [complaint] = await stopped('complaint', { complaint_sub_type: 'OnAccountSuppressionList' });
    expect(pick(complaint, ...columns)).toEqual([at, 'OnAccountSuppressionList', null, 'suppressed']);
    await lake.clear();
    // The service's own list counts as a bounce.
    const [listed] = await stopped('hard_bounce', { bounce_sub_type: 'Suppressed' });
    expect(pick(listed, ...columns)).toEqual([null, null, null, 'hard_bounced']);
  });
});

describe('machines told by timing', () => {
  const click = (seconds: number, link: string, details: Row = {}): Row =>
    happened(ana, 'click', seconds, { link, user_agent: 'Firefox', ...details });
  const counts = (row: Answer | undefined): unknown[] => pick(row, 'opens', 'human_opens', 'clicks', 'human_clicks');

  test('three or more different links within two seconds are a scanner, the same links over three seconds a person', async () => {
    const [fast] = await rolledUp([
      happened(ana, 'delivered', 1),
      click(100, 'a'),
      click(101, 'b'),
      click(101.5, 'a'),
      click(102, 'c'),
      click(102.001, 'a'),
      click(200, 'a'),
    ]);
    // 102.001 is within two seconds of b and c too, and 200 is alone.
    expect(counts(fast)).toEqual([0, 0, 6, 1]);
    await lake.clear();
    const [slow] = await rolledUp([
      happened(ana, 'delivered', 1),
      click(100, 'a'),
      click(101, 'b'),
      click(102.001, 'c'),
    ]);
    expect(counts(slow)).toEqual([0, 0, 3, 3]);
    await lake.clear();
    const [twice] = await rolledUp([
      happened(ana, 'delivered', 1),
      click(100, 'a'),
      click(100.1, 'b'),
      click(100.2, 'a'),
    ]);
    expect(counts(twice)).toEqual([0, 0, 3, 3]);
  });

  test('a click until five seconds after the delivery and an open before it are machines', async () => {
    const [row] = await rolledUp([
      happened(ana, 'delivered', 10),
      happened(ana, 'open', 9.999),
      happened(ana, 'open', 10),
      click(15, 'a'),
      click(15.001, 'a'),
    ]);
    expect(counts(row)).toEqual([2, 1, 2, 1]);
  });

  test('without a delivery, or where times only repeat the sending, timing says nothing', async () => {
    const [unknown] = await rolledUp([click(1, 'a'), happened(ana, 'open', 1)]);
    expect(counts(unknown)).toEqual([1, 1, 1, 1]);
    await lake.clear();
    const untimed = { occurred_at_basis: 'send' };
    const [row] = await rolledUp([
      happened(ana, 'delivered', 0, untimed),
      click(0, 'a', untimed),
      click(0, 'b', untimed),
      click(0, 'c', untimed),
      happened(ana, 'open', -1, untimed),
    ]);
    expect(counts(row)).toEqual([1, 1, 3, 3]);
  });
});

test.each([
  ['sent', []],
  ['delayed', ['delivery_delay']],
  ['soft_bounced', ['delivery_delay', 'soft_bounce']],
  ['undetermined_bounced', ['soft_bounce', 'undetermined_bounce']],
  ['delivered', ['delivered', 'soft_bounce']],
  ['opened', ['delivered', 'open']],
  ['clicked', ['open', 'click']],
  ['unsubscribed', ['click', 'unsubscribe', 'resubscribe']],
  ['rendering_failed', ['rendering_failure']],
  ['rejected', ['rejected']],
  ['hard_bounced', ['delivered', 'open', 'hard_bounce']],
  ['complained', ['delivered', 'complaint', 'hard_bounce', 'unsubscribe']],
])('last_status is %s after %j', async (status, types) => {
  const [row] = await rolledUp([happened(ana, 'send'), ...types.map((type, at) => happened(ana, type, 10 + at))]);
  expect(row?.last_status).toBe(status);
});
