import { describe, expect, it } from 'vitest';
import { pinpointRecord } from '#generate/records/pinpoint.ts';
import { sesRecord } from '#generate/records/ses.ts';
import type { Happening, Mail } from '#generate/sender/mail.ts';
import { campaign } from '#generate/sender/mailings.ts';
import { FEEDBACK_STREAM } from '#generate/sender/sender.ts';

const at = Date.UTC(2026, 8, 1, 8);
const who = [0];
const agent = 'Mozilla/5.0';
const ip = '192.0.2.1';
const link = 'https://www.harborbooks.example/new-in';
const said = { status: '5.1.1', diagnostic: 'smtp; 550 5.1.1 "none"', enhancedStatus: '5.1.1' };
const bounce = { type: 'bounce', at, who, subType: 'General', feedbackId: 'f', mta: 'mx', ...said } as const;

const HAPPENINGS: Record<string, Happening> = {
  send: { type: 'send', at, who },
  delivered: { type: 'delivered', at: at + 1500, who, response: '250 ok', mta: 'mta' },
  hard: { ...bounce, kind: 'hard' },
  soft: { ...bounce, kind: 'soft' },
  undetermined: { ...bounce, kind: 'undetermined', status: null, diagnostic: null, enhancedStatus: null },
  complaint: { type: 'complaint', at, who, feedbackId: 'f', agent: 'FBL/1.0', arrived: at - 40_000 },
  rejected: { type: 'rejected', at, who, reason: 'Bad content' },
  open: { type: 'open', at, who, ip, agent, isHuman: false },
  click: { type: 'click', at, who, ip, agent, link, isUnsubscribe: false, isHuman: true },
  unsubscribe: { type: 'unsubscribe', at, who, ip, agent, link, isUnsubscribe: true, isHuman: true },
  failure: { type: 'rendering_failure', at, who, template: 't', message: 'no name' },
  delay: { type: 'delay', at, who, kind: 'General', status: '4.7.0', diagnostic: 'busy', expires: at + 50_400_000 },
  opt_out: { type: 'opt_out', at, who, list: 'L', topic: 'News', everything: false },
};

function mailOf(isPinpoint: boolean): Mail {
  const [mailing] = campaign(1, 'weekly', 1, isPinpoint, ['new-in'], [{ subject: 'Grüße "x"', opens: 1, clicks: 1 }]);
  if (mailing === undefined) throw new Error('no mailing');
  const reader = { address: 'Ann@GMAIL.com', key: 'ann@gmail.com', provider: 'gmail', isSimulator: false };
  return { mailing, id: 'm-1', sentAt: at, recipients: [reader], outgoingIp: '192.0.2.9', endpoint: 'e1' };
}

const ses = (name: string) => JSON.parse(sesRecord(mailOf(false), HAPPENINGS[name] ?? fail(name)));
const pinpoint = (name: string) => JSON.parse(pinpointRecord(mailOf(true), HAPPENINGS[name] ?? fail(name)));
const fail = (name: string): never => {
  throw new Error(`no such happening: ${name}`);
};

describe('SES records', () => {
  it.each([
    ['send', 'Send', 'send', []],
    [
      'delivered',
      'Delivery',
      'delivery',
      ['timestamp', 'processingTimeMillis', 'recipients', 'smtpResponse', 'reportingMTA'],
    ],
    ['hard', 'Bounce', 'bounce', ['bounceType', 'bounceSubType', 'bouncedRecipients', 'timestamp', 'feedbackId']],
    ['undetermined', 'Bounce', 'bounce', ['bounceType', 'bouncedRecipients', 'timestamp']],
    ['complaint', 'Complaint', 'complaint', ['complainedRecipients', 'timestamp', 'feedbackId', 'arrivalDate']],
    ['rejected', 'Reject', 'reject', ['reason']],
    ['open', 'Open', 'open', ['ipAddress', 'timestamp', 'userAgent']],
    ['click', 'Click', 'click', ['ipAddress', 'timestamp', 'userAgent', 'link', 'linkTags']],
    ['failure', 'Rendering Failure', 'failure', ['templateName', 'errorMessage']],
    ['delay', 'DeliveryDelay', 'deliveryDelay', ['delayType', 'delayedRecipients', 'expirationTime', 'timestamp']],
    [
      'opt_out',
      'Subscription',
      'subscription',
      ['contactList', 'timestamp', 'newTopicPreferences', 'oldTopicPreferences'],
    ],
  ])('of %s have eventType %s and its object with its fields', (name, eventType, object, fields) => {
    const record = ses(name);
    expect(record.eventType).toBe(eventType);
    expect(Object.keys(record)).toEqual(['eventType', 'mail', object]);
    for (const field of fields) expect(record[object]).toHaveProperty(field);
    expect(record.mail).toMatchObject({
      timestamp: '2026-09-01T08:00:00.000Z',
      messageId: 'm-1',
      source: 'Harbor Books News <news@news.harborbooks.example>',
      destination: ['Ann@GMAIL.com'],
    });
    expect(record.mail.tags).toMatchObject({ 'ses:configuration-set': ['marketing'], campaign: ['weekly'] });
    expect('headers' in record.mail).toBe(!['failure', 'delay'].includes(name));
  });

  it('encode a subject beyond ASCII in the header and tell it plainly in commonHeaders', () => {
    const { mail } = ses('send');
    expect(mail.commonHeaders.subject).toBe('Grüße "x"');
    const subject = mail.headers.find((header: { name: string }) => header.name === 'Subject');
    expect(subject.value).toMatch(/^=\?UTF-8\?B\?.+\?=$/);
  });

  it('mark the unsubscribe link by its tag', () => {
    expect(ses('unsubscribe').click.linkTags).toEqual({ unsubscribeLinkTag: ['click'] });
    expect(ses('click').click.linkTags).toBeNull();
  });

  it('of legacy feedback have notificationType and no tags', () => {
    const mail = mailOf(false);
    const legacy = { ...mail, mailing: { ...mail.mailing, stream: FEEDBACK_STREAM } };
    const record = JSON.parse(sesRecord(legacy, HAPPENINGS.hard ?? fail('hard')));
    expect(Object.keys(record)).toEqual(['notificationType', 'mail', 'bounce']);
    expect(record.mail).not.toHaveProperty('tags');
  });
});

describe('Pinpoint records', () => {
  it.each([
    ['send', '_email.send', 'send', []],
    [
      'delivered',
      '_email.delivered',
      'delivery',
      ['smtp_response', 'reporting_mta', 'recipients', 'processing_time_millis'],
    ],
    ['hard', '_email.hardbounce', 'bounce', ['bounce_type', 'bounce_sub_type', 'bounced_recipients', 'feedback_id']],
    ['soft', '_email.softbounce', 'bounce', ['bounce_type', 'bounced_recipients']],
    ['undetermined', '_email.softbounce', 'bounce', ['bounce_type']],
    ['complaint', '_email.complaint', 'complaint', ['complained_recipients', 'feedback_id', 'user_agent']],
    ['rejected', '_email.rejected', 'reject', ['reason']],
    ['open', '_email.open', 'open', ['ip_address', 'user_agent']],
    ['click', '_email.click', 'click', ['ip_address', 'user_agent', 'link', 'link_tags']],
    ['unsubscribe', '_email.unsubscribe', 'click', ['link', 'link_tags']],
    ['failure', '_email.rendering_failure', 'rendering_failure', ['template_name', 'error_message']],
  ])('of %s have event_type %s and its object with its fields', (name, eventType, object, fields) => {
    const record = pinpoint(name);
    expect(record).toMatchObject({ event_type: eventType, event_timestamp: at, attributes: { treatment_id: '0' } });
    expect(record.arrival_timestamp).toBe(HAPPENINGS[name]?.at);
    const event = record.facets.email_channel.mail_event;
    expect(Object.keys(event)).toEqual(['mail', object]);
    for (const field of fields) expect(event[object]).toHaveProperty(field);
    expect(event.mail).toMatchObject({ message_id: 'm-1', message_send_timestamp: at, destination: ['Ann@GMAIL.com'] });
  });

  it.each(['delay', 'opt_out'])('do not exist of %s', (name) => {
    expect(() => pinpoint(name)).toThrow(/pinpoint has no such event/);
  });
});
