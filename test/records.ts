/** Small readable records, as the sources publish them. */

const ISO = (ms: number): string => new Date(ms).toISOString();

export interface MailParts {
  messageId?: string;
  sentAt?: number;
  to?: string[];
  tags?: Record<string, string[]>;
}

export const SENT = Date.parse('2026-10-05T09:00:00Z');

const mail = ({ messageId = 'm1', sentAt = SENT, to = ['ann@example.org'], tags = {} }: MailParts): object => ({
  timestamp: ISO(sentAt),
  messageId,
  source: 'News <news@example.com>',
  sourceArn: 'arn:aws:ses:eu-west-1:123456789012:identity/example.com',
  sendingAccountId: '123456789012',
  destination: to,
  headersTruncated: false,
  headers: [
    { name: 'From', value: 'News <news@example.com>' },
    { name: 'To', value: to.join(', ') },
    { name: 'Subject', value: 'Hello' },
  ],
  commonHeaders: { from: ['News <news@example.com>'], to, messageId, subject: 'Hello' },
  tags: { 'ses:configuration-set': ['main'], campaign: ['autumn'], ...tags },
});

export const sesSend = (parts: MailParts = {}): object => ({ eventType: 'Send', mail: mail(parts), send: {} });

export const sesDelivery = (parts: MailParts & { at?: number } = {}): object => ({
  eventType: 'Delivery',
  mail: mail(parts),
  delivery: {
    timestamp: ISO(parts.at ?? (parts.sentAt ?? SENT) + 2000),
    processingTimeMillis: 2000,
    recipients: parts.to ?? ['ann@example.org'],
    smtpResponse: '250 ok',
    reportingMTA: 'a1.example.net',
  },
});

export const sesBounce = (
  parts: MailParts & { at?: number; bounced?: string[]; notification?: boolean } = {},
): object => ({
  [parts.notification ? 'notificationType' : 'eventType']: 'Bounce',
  mail: mail(parts),
  bounce: {
    bounceType: 'Permanent',
    bounceSubType: 'General',
    bouncedRecipients: (parts.bounced ?? parts.to ?? ['ann@example.org']).map((emailAddress) => ({
      emailAddress,
      action: 'failed',
      status: '5.1.1',
      diagnosticCode: 'smtp; 550 5.1.1 no such mailbox',
    })),
    timestamp: ISO(parts.at ?? (parts.sentAt ?? SENT) + 2000),
    feedbackId: 'f1',
    reportingMTA: 'dns; a1.example.net',
  },
});

export const sesComplaint = (parts: MailParts & { at?: number } = {}): object => ({
  eventType: 'Complaint',
  mail: mail(parts),
  complaint: {
    complainedRecipients: (parts.to ?? ['ann@example.org']).map((emailAddress) => ({ emailAddress })),
    timestamp: ISO(parts.at ?? (parts.sentAt ?? SENT) + 120_000),
    feedbackId: 'f2',
    complaintSubType: null,
    complaintFeedbackType: 'abuse',
  },
});

export const sesOpen = (parts: MailParts & { at?: number; ip?: string; agent?: string } = {}): object => ({
  eventType: 'Open',
  mail: mail(parts),
  open: {
    timestamp: ISO(parts.at ?? (parts.sentAt ?? SENT) + 60_000),
    ipAddress: parts.ip ?? '192.0.2.1',
    userAgent: parts.agent ?? 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36',
  },
});

export const sesClick = (parts: MailParts & { at?: number; link?: string } = {}): object => ({
  eventType: 'Click',
  mail: mail(parts),
  click: {
    timestamp: ISO(parts.at ?? (parts.sentAt ?? SENT) + 90_000),
    ipAddress: '192.0.2.1',
    userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36',
    link: parts.link ?? 'https://shop.example.com/sale?utm_source=news&utm_campaign=autumn',
    linkTags: null,
  },
});

export const pinpointEvent = (
  type: string,
  body: object,
  parts: MailParts & { at?: number; attributes?: Record<string, string> } = {},
): object => {
  const { messageId = 'p1', sentAt = SENT, to = ['bob@example.net'] } = parts;
  return {
    event_type: type,
    event_timestamp: sentAt,
    arrival_timestamp: parts.at ?? sentAt + 1500,
    event_version: '3.1',
    application: { app_id: 'app0001', sdk: {} },
    client: { client_id: '49df40b2' },
    device: { platform: {} },
    session: {},
    attributes: { feedback: 'received', campaign_id: 'c1', treatment_id: '0', ...parts.attributes },
    awsAccountId: '123456789012',
    facets: {
      email_channel: {
        mail_event: {
          mail: {
            message_id: messageId,
            message_send_timestamp: sentAt,
            from_address: 'news@example.com',
            destination: to,
            headers_truncated: false,
            headers: [{ name: 'Subject', value: 'Hello' }],
            common_headers: { from: 'news@example.com', to, subject: 'Hello' },
          },
          ...body,
        },
      },
    },
  };
};

/** Newline-delimited, as SES writes. */
export const ndjson = (...records: object[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');

/** A raw key as Firehose names it. */
export const rawKey = (at: number, name: string, folder = 'ses/'): string => {
  const iso = ISO(at);
  const hour = iso.slice(0, 13).replace(/[-T]/g, '/');
  const uuid = `00000000-0000-4000-8000-${Buffer.from(name).toString('hex').slice(0, 12).padStart(12, '0')}`;
  return `${folder}${hour}/mail-1-${iso.slice(0, 19).replace(/[T:]/g, '-')}-${uuid}`;
};
