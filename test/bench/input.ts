/** The benchmark's raw data: SES and Pinpoint records as Firehose delivers them, gzipped. */

import { hash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { MINUTE_MS } from '#lake/days.ts';

const START = Date.UTC(2026, 2, 2, 6);
const EVENTS_PER_OBJECT = 2500;
const PROVIDERS = ['gmail.com', 'yahoo.com', 'outlook.com', 'icloud.com', 'web.de', 'orange.fr', 'corp.example'];
const AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
  'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)',
  'Mozilla/5.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15',
];

interface Mail {
  id: string;
  to: string;
  sentAt: number;
  campaign: number;
  treatment: number;
  token: string;
}

type Random = (n: number) => number;

/** What sets an input apart. */
interface Kind {
  /** share of SES's events; 0 and 1 leave a mail of the other source, whose folder DuckDB's query wants */
  ses: number;
  eventsPerObject: number;
  /** left out: one record in 200 is delivered twice */
  hasCopies?: boolean;
  /** changes the JSON of record `n` */
  bend?: (json: string, n: number) => string;
}

const USUAL: Kind = { ses: 0.75, eventsPerObject: EVENTS_PER_OBJECT };

const withTag = (json: string, tag: string): string =>
  json.replace('"tags":{', `"tags":{"${tag}":["x"],`).replace('"attributes":{', `"attributes":{"${tag}":"x",`);

export const KINDS = {
  usual: USUAL,
  pinpoint: { ...USUAL, ses: 0 },
  ses: { ...USUAL, ses: 1 },
  sns: {
    ...USUAL,
    bend: (Message, n) =>
      JSON.stringify({ Type: 'Notification', MessageId: uuidOf(`sns${n}`), TopicArn: 'arn:aws:sns:x:1:t', Message }),
  },
  'non-ascii': { ...USUAL, bend: (json) => json.replaceAll('Offer ', 'Réduction für Sie 日本語 ') },
  'headers-30': { ...USUAL, bend: (json, n) => json.replaceAll('"headers":[', `"headers":[${moreHeaders(n)}`) },
  'new-shapes': { ...USUAL, bend: (json, n) => (n % 100 === 0 ? withTag(json, `t${n}`) : json) },
  'no-two-alike': { ...USUAL, bend: (json, n) => withTag(json, `t${n}`) },
  // So many units that copies would lie in two of them, where settle finds them, and not transform.
  'small-objects': { ...USUAL, eventsPerObject: 1, hasCopies: false },
} satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS;

const moreHeaders = (n: number): string =>
  Array.from({ length: 18 }, (_, i) => `{"name":"X-More-${i}","value":"${(n * 7919 + i) % 100_003}"},`).join('');

/**
 * Writes about `events` records below `folder`, unless they are there: `ses/` (three quarters) and `pinpoint/`, on one
 * UTC day, mostly one record in 200 delivered twice. The same number and kind give the same bytes.
 */
export function makeInput(folder: string, events: number, name: KindName = 'usual'): void {
  if (existsSync(folder)) return;
  const made = `${folder}.made`;
  const kind: Kind = KINDS[name];
  writeStream(made, 'ses', sesRecords, Math.max(1, Math.round(events * kind.ses)), kind);
  writeStream(made, 'pinpoint', pinpointRecords, Math.max(1, Math.round(events * (1 - kind.ses))), kind);
  renameSync(made, folder);
}

type Life = {
  is: 'send' | 'delivery' | 'bounce' | 'open' | 'click';
  at: number;
  agent: string;
  link: string;
  ip: string;
};

function writeStream(
  folder: string,
  stream: string,
  toRecord: (mail: Mail, life: Life) => object,
  events: number,
  { eventsPerObject, hasCopies = true, bend = (json) => json }: Kind,
): void {
  const random = randomOf(stream.length);
  let lines: string[] = [];
  let objects = 0;
  let records = 0;
  const flush = (): void => {
    // an hour's worth at most, however many objects: they stay on one day
    const name = new Date(START + ((objects * 5) % 60) * MINUTE_MS).toISOString().slice(0, 19).replace(/[-T:]/g, '-');
    const key = `${stream}/${name.slice(0, 13).replaceAll('-', '/')}/${stream}-1-${name}-${uuidOf(stream + objects)}.gz`;
    const path = join(folder, key);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, gzipSync(lines.join(''), { level: 6 }));
    lines = [];
    objects++;
  };
  for (const { mail, life } of happenings(stream, events, random, hasCopies)) {
    lines.push(`${bend(JSON.stringify(toRecord(mail, life)), records++)}\n`);
    if (lines.length === eventsPerObject) flush();
  }
  if (lines.length > 0) flush();
}

/** Everything that happens to enough mails, in order of time, so that a mail's events lie in many objects. */
function happenings(stream: string, events: number, random: Random, hasCopies: boolean): { mail: Mail; life: Life }[] {
  const all: { mail: Mail; life: Life }[] = [];
  for (let n = 0; all.length < events; n++) {
    const mail = mailOf(`${stream}${n}`, n, random);
    for (const life of livesOf(mail, random)) {
      all.push({ mail, life });
      if (hasCopies && random(200) === 0) all.push({ mail, life });
    }
  }
  return all.sort((a, b) => a.life.at - b.life.at);
}

function mailOf(seed: string, n: number, random: Random): Mail {
  const sentAt = START + n * 250 + random(250);
  const id = `0100${sentAt.toString(16).padStart(12, '0')}-${uuidOf(seed)}-000000`;
  const name = hash('sha256', `person ${random(40_000)}`).slice(0, 8 + random(5));
  const to = `${name}@${PROVIDERS[random(PROVIDERS.length)]}`;
  return { id, to, sentAt, campaign: random(24), treatment: random(2), token: hash('sha256', id) };
}

function livesOf({ sentAt }: Mail, random: Random): Life[] {
  const details = (): Omit<Life, 'is' | 'at'> => ({
    agent: AGENTS[random(AGENTS.length)] ?? '',
    link: `https://shop.example.com/offers/${random(300)}?utm_source=news&utm_medium=email&utm_campaign=c${random(24)}`,
    ip: `192.0.2.${random(256)}`,
  });
  const lives: Life[] = [{ is: 'send', at: sentAt, ...details() }];
  const arrivedAt = sentAt + 500 + random(5 * MINUTE_MS);
  if (random(100) < 3) return [...lives, { is: 'bounce', at: arrivedAt, ...details() }];
  lives.push({ is: 'delivery', at: arrivedAt, ...details() });
  for (let opens = random(3); opens > 0; opens--)
    lives.push({ is: 'open', at: arrivedAt + random(300 * MINUTE_MS), ...details() });
  if (random(5) === 0) lives.push({ is: 'click', at: arrivedAt + random(300 * MINUTE_MS), ...details() });
  return lives;
}

const iso = (ms: number): string => new Date(ms).toISOString();
const subjectOf = ({ campaign, treatment }: Mail): string =>
  `Offer ${campaign}${treatment ? ', only today' : ''} — für Sie`;

const headersOf = (mail: Mail): { name: string; value: string }[] =>
  Object.entries({
    Received: 'from web1.example.com (203.0.113.9) by email-smtp.amazonaws.com with SMTP (TLSv1.3)',
    'Message-ID': `<${mail.id}@email.amazonses.com>`,
    Date: new Date(mail.sentAt).toUTCString(),
    From: 'Example Shop <news@example.com>',
    'Reply-To': 'service@example.com',
    To: mail.to,
    Subject: subjectOf(mail),
    'DKIM-Signature': `v=1; a=rsa-sha256; d=example.com; s=mail; bh=${hash('sha256', mail.id, 'base64')}; b=${hash('sha512', mail.id, 'base64')}`,
    'Content-Type': `multipart/alternative; boundary="----=_Part_${mail.id.slice(-20)}"`,
    'List-Unsubscribe': `<https://shop.example.com/u/${mail.token}>, <mailto:out+${mail.token}@shop.example.com>`,
    'Feedback-ID': `${mail.campaign}:${mail.token.slice(0, 12)}:shop`,
    'X-Campaign': `c${mail.campaign}`,
  }).map(([name, value]) => ({ name, value }));

function sesRecords(mail: Mail, { is, at, agent, link, ip }: Life): object {
  const engagement = { ipAddress: ip, timestamp: iso(at), userAgent: agent };
  const bodies = {
    send: ['Send', {}],
    delivery: [
      'Delivery',
      {
        timestamp: iso(at),
        processingTimeMillis: at - mail.sentAt,
        recipients: [mail.to],
        smtpResponse: `250 2.0.0 OK  ${Math.floor(at / 1000)} ${mail.id.slice(17, 40)} - gsmtp`,
        reportingMTA: `a8-${mail.campaign}.smtp-out.amazonses.com`,
      },
    ],
    bounce: [
      'Bounce',
      {
        bounceType: 'Permanent',
        bounceSubType: 'General',
        bouncedRecipients: [
          {
            emailAddress: mail.to,
            action: 'failed',
            status: '5.1.1',
            diagnosticCode: `smtp; 550 5.1.1 <${mail.to}>: user unknown`,
          },
        ],
        timestamp: iso(at),
        feedbackId: `${mail.id.slice(0, 40)}-fb`,
        reportingMTA: 'dns; a8-50.smtp-out.amazonses.com',
      },
    ],
    open: ['Open', engagement],
    click: ['Click', { ...engagement, link, linkTags: null }],
  } as const;
  const [eventType, body] = bodies[is];
  return {
    eventType,
    mail: {
      timestamp: iso(mail.sentAt),
      source: 'Example Shop <news@example.com>',
      sourceArn: 'arn:aws:ses:eu-west-1:123456789012:identity/example.com',
      sendingAccountId: '123456789012',
      messageId: mail.id,
      destination: [mail.to],
      headersTruncated: false,
      headers: headersOf(mail),
      commonHeaders: {
        from: ['Example Shop <news@example.com>'],
        to: [mail.to],
        messageId: mail.id,
        subject: subjectOf(mail),
      },
      tags: {
        'ses:configuration-set': ['main'],
        'ses:source-ip': ['203.0.113.9'],
        'ses:from-domain': ['example.com'],
        'ses:outgoing-ip': [`54.240.1.${mail.campaign}`],
        campaign: [`c${mail.campaign}`],
        treatment: [String(mail.treatment)],
      },
    },
    [is]: body,
  };
}

function pinpointRecords(mail: Mail, { is, at, agent, link, ip }: Life): object {
  const engagement = { ip_address: ip, user_agent: agent };
  const bodies = {
    send: ['_email.send', {}],
    delivery: [
      '_email.delivered',
      {
        smtp_response: `250 2.0.0 OK  ${Math.floor(at / 1000)} ${mail.id.slice(17, 40)} - gsmtp`,
        reporting_mta: `a8-${mail.campaign}.smtp-out.amazonses.com`,
        recipients: [mail.to],
        processing_time_millis: at - mail.sentAt,
      },
    ],
    bounce: [
      '_email.hardbounce',
      {
        bounce_type: 'Permanent',
        bounce_sub_type: 'General',
        bounced_recipients: [
          {
            email_address: mail.to,
            action: 'failed',
            status: '5.1.1',
            diagnostic_code: `smtp; 550 5.1.1 <${mail.to}>: user unknown`,
          },
        ],
        feedback_id: `${mail.id.slice(0, 40)}-fb`,
        reporting_mta: 'dns; a8-50.smtp-out.amazonses.com',
      },
    ],
    open: ['_email.open', engagement],
    click: ['_email.click', { ...engagement, link, link_tags: {} }],
  } as const;
  const [event_type, body] = bodies[is];
  return {
    event_type,
    event_timestamp: mail.sentAt,
    arrival_timestamp: at,
    event_version: '3.1',
    application: { app_id: '0f1e2d3c4b5a69788796a5b4c3d2e1f0', sdk: {} },
    client: { client_id: mail.id.slice(17, 30) },
    device: { platform: {} },
    session: {},
    attributes: {
      feedback: is === 'click' ? link : is,
      campaign_id: `c${mail.campaign}`,
      campaign_activity_id: `a${mail.campaign}`,
      treatment_id: String(mail.treatment),
    },
    metrics: {},
    awsAccountId: '123456789012',
    facets: {
      email_channel: {
        mail_event: {
          mail: {
            message_id: mail.id,
            message_send_timestamp: mail.sentAt,
            from_address: 'news@example.com',
            destination: [mail.to],
            headers_truncated: false,
            headers: headersOf(mail),
            common_headers: { from: 'Example Shop <news@example.com>', to: [mail.to], subject: subjectOf(mail) },
          },
          [is]: body,
        },
      },
    },
  };
}

function uuidOf(seed: string): string {
  const hex = hash('sha256', seed);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/** Whole numbers below n, by a linear congruential generator (Numerical Recipes' constants). */
function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}
