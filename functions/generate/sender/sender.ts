/** The invented sender: account, identities, and the streams by which its events are delivered. */
import type { Feed, Source } from '#lake/vocabulary.ts';

/** The one company whose quarter this is. Its domains are of the kind that RFC 2606 keeps for examples. */
export const ACCOUNT = '123456789012';
export const REGION = 'eu-central-1';
export const PINPOINT_PROJECT = '8c1f4b0e6d5a4f7b9a3e2d1c0b9a8f7e';

export interface Identity {
  domain: string;
  address: string;
  /** display name, decoded */
  name: string;
  /** the From header: name and address, encoded for the wire (RFC 2047) */
  from: string;
}

const identity = (name: string, local: string, domain: string, encoded = name): Identity => ({
  domain,
  address: `${local}@${domain}`,
  name,
  from: `${encoded} <${local}@${domain}>`,
});

export const SHOP = identity('Harbor Books', 'orders', 'harborbooks.example');
export const NEWS = identity('Harbor Books News', 'news', 'news.harborbooks.example');
export const CLUB = identity('Bücherclub', 'club', 'club.harborbooks.example', '=?UTF-8?Q?B=C3=BCcherclub?=');
/** How records are wrapped on their way into the delivery stream. */
export type Envelope = 'none' | 'sns' | 'event_bridge' | 'queue' | 'lambda';

/** A Firehose stream that delivers into the raw bucket. */
export interface Stream {
  name: string;
  /** key prefix before the hour */
  folder: string;
  source: Source;
  feed: Feed;
  envelopes: readonly Envelope[];
  /** what may stand after a record: SES writes a newline, others nothing */
  delimiters: readonly string[];
}

export const PINPOINT_STREAM: Stream = {
  name: 'pinpoint-events',
  folder: 'pinpoint',
  source: 'pinpoint',
  feed: 'pinpoint',
  envelopes: ['none'],
  delimiters: ['', '', '\n'],
};
const ses = (name: string, envelopes: readonly Envelope[], delimiters: readonly string[]): Stream => ({
  name,
  folder: 'ses',
  source: 'ses',
  feed: 'event_publishing',
  envelopes,
  delimiters,
});
export const EVENTS_STREAM = ses('mail-events', ['none'], ['\n']);
export const TOPIC_STREAM = ses('mail-topic', ['sns'], ['\n', '']);
export const BUS_STREAM = ses('mail-bus', ['event_bridge'], ['', '\n']);
/** Legacy identity feedback: no sends, no tags. */
export const FEEDBACK_STREAM: Stream = {
  ...ses('mail-feedback', ['queue', 'lambda', 'sns'], ['\n', '']),
  feed: 'notification',
};
export const STREAMS: readonly Stream[] = [PINPOINT_STREAM, EVENTS_STREAM, TOPIC_STREAM, BUS_STREAM, FEEDBACK_STREAM];
