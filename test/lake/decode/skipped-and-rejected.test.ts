import { describe, expect, test } from 'vitest';
import { decodeValues, onlyEvent, verdictOf } from './collect.ts';
import { type AnyRecord, fixture } from './fixture.ts';

const verdict = (value: unknown) => verdictOf(JSON.stringify(value));

describe('fault 23: what is no e-mail event is skipped by its own name', () => {
  test.each([
    [{ event_type: '_campaign.send' }, '_campaign.send'],
    [{ event_type: '_SMS.SUCCESS', account_id: '1' }, '_SMS.SUCCESS'],
    [{ event_type: '_test.event_stream' }, '_test.event_stream'],
    [{ event_type: '_email.teleported' }, '_email.teleported'],
    [{ eventType: 'Teleport', mail: {} }, 'ses:Teleport'],
    [{ eventType: 'Teleport' }, 'Teleport'],
    [
      { eventType: 'AwsApiCall', eventVersion: '1.08', eventSource: 'ses.amazonaws.com', eventName: 'Send' },
      'cloudtrail',
    ],
    [{ Records: [{ eventVersion: '1.08', eventSource: 'ses.amazonaws.com', eventName: 'SendEmail' }] }, 'cloudtrail'],
    [{ eventType: 'TEXT_DELIVERED', eventVersion: '1.0', messageId: 'm', isFinal: true }, 'sms:TEXT_DELIVERED'],
    [{ originationNumber: '+15550100', destinationNumber: '+15550101', messageBody: 'Hi' }, 'sms_inbound'],
    [{ notification: { messageId: 'm' }, delivery: { smsType: 'Promotional' }, status: 'SUCCESS' }, 'sns_sms_delivery'],
    [{ Records: [{ eventSource: 'aws:s3', s3: {} }] }, 'aws:s3'],
    [{ messageType: 'CONTROL_MESSAGE', logEvents: [{ message: 'checking health' }] }, 'cloudwatch_logs_control'],
    [{ notificationType: 'Received', receipt: {}, content: '' }, 'ses:Received'],
    [{ notificationType: 'AmazonSnsSubscriptionSucceeded' }, 'AmazonSnsSubscriptionSucceeded'],
    [{ hello: 'world' }, 'unrecognized'],
    [{ eventType: null }, 'unrecognized'],
    [{ event_type: ' ' }, 'unrecognized'],
    [[], 'unrecognized'],
    ['text', 'unrecognized'],
    [1, 'unrecognized'],
    [null, 'unrecognized'],
    [{ event_type: 'x'.repeat(1000) }, 'x'.repeat(100)],
    [{ event_type: '__proto__' }, '__proto__'],
  ])('%j', (value, type) => {
    expect(verdict(value)).toEqual({ is: 'skipped', type });
  });
});

test('a type is known in any case and spacing, and kept as it was written', () => {
  for (const word of ['Rendering Failure', 'rendering failure', 'RenderingFailure', 'RENDERING_FAILURE']) {
    const row = onlyEvent(fixture('ses-rendering-failure', (record) => Object.assign(record, { eventType: word })));
    expect(row).toMatchObject({ event_type: 'rendering_failure', native_type: word });
  }
  const row = onlyEvent(fixture('pinpoint-open', (record) => Object.assign(record, { event_type: '_EMAIL.Open' })));
  expect(row).toMatchObject({ event_type: 'open', native_type: '_EMAIL.Open' });
});

test('a relay that adds an event_type of its own does not hide a SES event', () => {
  const row = onlyEvent(fixture('ses-open', (record) => Object.assign(record, { event_type: 'relayed' })));
  expect(row).toMatchObject({ source: 'ses', event_type: 'open', extras: '{"event_type":"relayed"}' });
});

const PINPOINT_MAIL = (record: AnyRecord) => record.facets.email_channel.mail_event;

describe('fault 24: a known type without what makes it one', () => {
  test.each<[string, string, (record: AnyRecord) => void]>([
    ['mail', 'ses-open', (record) => delete record.mail],
    ['mail.messageId', 'ses-open', (record) => delete record.mail.messageId],
    ['mail.messageId', 'ses-open', (record) => Object.assign(record.mail, { messageId: '' })],
    ['mail.timestamp', 'ses-send', (record) => delete record.mail.timestamp],
    ['send', 'ses-send', (record) => delete record.send],
    ['open', 'ses-open', (record) => delete record.open],
    ['open', 'ses-open', (record) => Object.assign(record, { open: null })],
    ['open.timestamp', 'ses-open', (record) => delete record.open.timestamp],
    ['delivery.timestamp', 'ses-notification-delivery', (record) => Object.assign(record.delivery, { timestamp: '' })],
    ['mail.headers[2].name', 'ses-send', (record) => delete record.mail.headers[2].name],
    ['facets', 'pinpoint-open', (record) => delete record.facets],
    ['facets.email_channel', 'pinpoint-open', (record) => delete record.facets.email_channel],
    ['facets.email_channel.mail_event.mail', 'pinpoint-open', (record) => delete PINPOINT_MAIL(record).mail],
    [
      'facets.email_channel.mail_event.mail.message_id',
      'pinpoint-open',
      (record) => delete PINPOINT_MAIL(record).mail.message_id,
    ],
    ['facets.email_channel.mail_event.send', 'pinpoint-send', (record) => delete PINPOINT_MAIL(record).send],
    [
      'facets.email_channel.mail_event.rendering_failure',
      'pinpoint-rendering-failure',
      (record) => delete PINPOINT_MAIL(record).rendering_failure,
    ],
    [
      'arrival_timestamp',
      'pinpoint-open',
      (record) => {
        delete record.arrival_timestamp;
        delete record.event_timestamp;
      },
    ],
  ])('%s of %s', (path, name, change) => {
    expect(verdict(fixture(name, change))).toEqual({ is: 'quarantined', reason: 'missing_field', detail: path });
  });
});

describe('fault 25: wrong types', () => {
  test('with one reading only are read that way', () => {
    const row = onlyEvent(
      fixture('ses-bounce-permanent', (record) => {
        record.eventType = ['Bounce'];
        record.mail = [record.mail];
        record.mail[0].messageId = 42;
        record.mail[0].sendingAccountId = 123456789012;
        record.mail[0].destination = 'reader@example.org';
        record.mail[0].headersTruncated = 'false';
        record.mail[0].headers = null;
        record.mail[0].commonHeaders.subject = ['Spring'];
        record.mail[0].commonHeaders.from = 'news@example.com';
        record.mail[0].tags = [];
        record.bounce.bouncedRecipients = record.bounce.bouncedRecipients[0];
        record.bounce.bouncedRecipients.status = 5.1;
        record.bounce.bounceSubType = null;
      }),
    );
    expect(row).toMatchObject({
      message_id: '42',
      account_id: '123456789012',
      recipient: 'reader@example.org',
      recipient_count: 1,
      has_truncated_headers: false,
      subject: 'Spring',
      from_address: 'news@example.com',
      tags: null,
      smtp_status: '5.1',
      bounce_sub_type: null,
      extras: '{"mail":{"0":{"commonHeaders":{"date":"Mon, 2 Mar 2026 08:15:29 +0000","to":["reader@example.org"]}}}}',
    });
  });

  test.each<[string, string, (record: AnyRecord) => void]>([
    ['mail should be an object: "m"', 'ses-open', (record) => Object.assign(record, { mail: 'm' })],
    ['mail.messageId should be text: {"a":1}', 'ses-open', (r) => Object.assign(r.mail, { messageId: { a: 1 } })],
    ['mail.tags should be an object: "t"', 'ses-open', (record) => Object.assign(record.mail, { tags: 't' })],
    [
      'mail.commonHeaders.subject should be text: ["a","b"]',
      'ses-open',
      (record) => Object.assign(record.mail.commonHeaders, { subject: ['a', 'b'] }),
    ],
    [
      'mail.headersTruncated should be true or false: "perhaps"',
      'ses-open',
      (record) => {
        record.mail.headersTruncated = 'perhaps';
      },
    ],
    [
      'mail.destination[1] should be text: {"a":1}',
      'ses-open',
      (record) => {
        record.mail.destination = ['a@example.org', { a: 1 }];
      },
    ],
    [
      'mail.headers[1].value should be text: {}',
      'ses-send',
      (record) => {
        record.mail.headers[1].value = {};
      },
    ],
    [
      'mail.headers[0] should be an object: "x"',
      'ses-send',
      (record) => {
        record.mail.headers = ['x'];
      },
    ],
    [
      'bounce.bouncedRecipients[0].status should be text: {}',
      'ses-bounce-permanent',
      (record) => {
        record.bounce.bouncedRecipients[0].status = {};
      },
    ],
    [
      'bounce.bouncedRecipients[0] should be an object: 7',
      'ses-bounce-permanent',
      (record) => {
        record.bounce.bouncedRecipients = 7;
      },
    ],
    [
      'delivery.processingTimeMillis should be a number: "soon"',
      'ses-delivery',
      (record) => {
        record.delivery.processingTimeMillis = 'soon';
      },
    ],
    [
      'open.timestamp should be a time: true',
      'ses-open',
      (record) => {
        record.open.timestamp = true;
      },
    ],
  ])('without go to quarantine: %s', (detail, name, change) => {
    expect(verdict(fixture(name, change))).toEqual({ is: 'quarantined', reason: 'wrong_type', detail });
  });

  test('of megabytes leave a short detail', () => {
    const wrong = verdict(fixture('ses-open', (record) => Object.assign(record, { mail: 'm'.repeat(2_000_000) })));
    expect(wrong).toMatchObject({ reason: 'wrong_type' });
    expect(JSON.stringify(wrong).length).toBeLessThan(700);
  });
});

describe('a subscription', () => {
  const subscription = (now: object | null, before: object | null) =>
    onlyEvent(
      fixture('ses-subscription-in', (record) => {
        record.subscription.newTopicPreferences = now;
        record.subscription.oldTopicPreferences = before;
      }),
    ).event_type;
  const topics = (...states: string[]) => ({
    topicSubscriptionStatus: states.map((subscriptionStatus, i) => ({ topicName: `t${i}`, subscriptionStatus })),
  });

  test.each<[string, object | null, object | null]>([
    ['unsubscribe', { unsubscribeAll: true }, { unsubscribeAll: false }],
    ['unsubscribe', { unsubscribeAll: 'true' }, null],
    ['resubscribe', { unsubscribeAll: true }, { unsubscribeAll: true }],
    ['resubscribe', { unsubscribeAll: false }, { unsubscribeAll: true }],
    ['unsubscribe', topics('OptIn', 'OptOut'), topics('OptIn', 'OptIn')],
    ['unsubscribe', topics('OptOut'), null],
    ['unsubscribe', topics('OptIn', 'OptOut'), topics('OptOut')],
    ['resubscribe', topics('OptIn', 'OptOut'), topics('OptOut', 'OptOut')],
    ['resubscribe', topics('OptIn'), null],
    ['resubscribe', null, null],
  ])('is %s: new %j, old %j', (type, now, before) => {
    expect(subscription(now, before)).toBe(type);
  });
});

test('a bounce of a type that no page lists is an undetermined one', () => {
  for (const bounceType of ['Perplexed', null]) {
    const row = onlyEvent(fixture('ses-bounce-permanent', (record) => Object.assign(record.bounce, { bounceType })));
    expect(row).toMatchObject({ event_type: 'undetermined_bounce', bounce_type: bounceType });
  }
});

test('every SES type may come as a notification', () => {
  const record = fixture('ses-notification-complaint');
  expect(decodeValues(record).events).toMatchObject([{ feed: 'notification', event_type: 'complaint', tags: null }]);
});
