/** The event types of Amazon SES, and how each fills a row. */
import type { EventType } from '../vocabulary.ts';
import { ascribe } from './ascribe.ts';
import type { Draft } from './draft.ts';
import { botVerdictOf, takeAgent, takeLink } from './engagement.ts';
import type { KnownPair } from './extras.ts';
import { all, knownSes } from './extras.ts';
import { flagOf, type Json, type JsonFields, jsonOf, listOf, objectOf, textOf, wholeOf, wordOf } from './fields.ts';
import { instantOf } from './instant.ts';
import type { Parsers } from './parsers.ts';
import { readAddresses, readRecipients } from './recipients.ts';

/** A type of SES event. */
export interface SesKind {
  eventType: EventType;
  /** name of the type's own object, which has to be there */
  object: string;
  known: KnownPair;
  /** true: the own object has the time; false: the event is the sending itself */
  hasTime: boolean;
  take(own: JsonFields, draft: Draft, parsers: Parsers): void;
}

/*
 * The types of Amazon SES Developer Guide, "Contents of event data that Amazon SES publishes to Amazon Data Firehose",
 * with fields that no page lists but records have (complaint.reportingMTA, complaint.remoteMtaIp).
 */

const FAILED = all('emailAddress', 'action', 'status', 'diagnosticCode');
const NAMES = { address: 'emailAddress', diagnostic: 'diagnosticCode' };
const MTA = ['reportingMTA', 'remoteMtaIp'] as const;

const takeMta = (own: JsonFields, { event }: Draft, path: string): void => {
  event.reporting_mta = wordOf(own.reportingMTA, `${path}.reportingMTA`);
  event.remote_mta_ip = wordOf(own.remoteMtaIp, `${path}.remoteMtaIp`);
};

const toDestinations = (draft: Draft): void => {
  draft.recipients = draft.destinations;
};

/** An open, click or subscription has a recipient only if the mail had one recipient. */
const toOnlyDestination = (draft: Draft): void => {
  if (draft.destinations.length === 1) draft.recipients = draft.destinations;
};

const send: SesKind = {
  eventType: 'send',
  object: 'send',
  known: knownSes('send', {}),
  hasTime: false,
  take: (_own, draft) => toDestinations(draft),
};

const delivery: SesKind = {
  eventType: 'delivered',
  object: 'delivery',
  known: knownSes('delivery', all('timestamp', 'processingTimeMillis', 'recipients', 'smtpResponse', ...MTA)),
  hasTime: true,
  take: (own, draft) => {
    const { event } = draft;
    readAddresses(own.recipients, 'delivery.recipients[]', draft.recipients);
    ascribe(draft);
    event.processing_time_ms = wholeOf(own.processingTimeMillis, 'delivery.processingTimeMillis');
    event.smtp_response = wordOf(own.smtpResponse, 'delivery.smtpResponse');
    takeMta(own, draft, 'delivery');
  },
};

/** A type that no page lists tells as little as SES's own Undetermined. */
export const bounceTypeOf = (word: string | null): EventType => {
  const type = word?.trim().toLowerCase();
  if (type === 'permanent') return 'hard_bounce';
  return type === 'transient' ? 'soft_bounce' : 'undetermined_bounce';
};

const bounce: SesKind = {
  eventType: 'undetermined_bounce',
  object: 'bounce',
  known: knownSes('bounce', {
    ...all('bounceType', 'bounceSubType', 'timestamp', 'feedbackId', ...MTA),
    bouncedRecipients: FAILED,
  }),
  hasTime: true,
  take: (own, draft) => {
    const { event } = draft;
    event.bounce_type = wordOf(own.bounceType, 'bounce.bounceType');
    draft.eventType = bounceTypeOf(event.bounce_type);
    event.bounce_sub_type = wordOf(own.bounceSubType, 'bounce.bounceSubType');
    readRecipients(own.bouncedRecipients, 'bounce.bouncedRecipients[]', NAMES, draft.recipients);
    ascribe(draft);
    event.feedback_id = textOf(own.feedbackId, 'bounce.feedbackId');
    takeMta(own, draft, 'bounce');
  },
};

const complaint: SesKind = {
  eventType: 'complaint',
  object: 'complaint',
  known: knownSes('complaint', {
    ...all('timestamp', 'feedbackId', 'complaintSubType', 'userAgent', 'complaintFeedbackType', 'arrivalDate', ...MTA),
    complainedRecipients: all('emailAddress'),
  }),
  hasTime: true,
  take: (own, draft) => {
    const { event } = draft;
    readRecipients(own.complainedRecipients, 'complaint.complainedRecipients[]', NAMES, draft.recipients);
    ascribe(draft);
    event.feedback_id = textOf(own.feedbackId, 'complaint.feedbackId');
    event.complaint_sub_type = wordOf(own.complaintSubType, 'complaint.complaintSubType');
    event.complaint_feedback_type = wordOf(own.complaintFeedbackType, 'complaint.complaintFeedbackType');
    event.complaint_arrived_at = instantOf(own.arrivalDate, 'complaint.arrivalDate');
    // The program that reported, not one that anybody reads mail with: no client, no device.
    event.user_agent = textOf(own.userAgent, 'complaint.userAgent');
    takeMta(own, draft, 'complaint');
  },
};

const reject: SesKind = {
  eventType: 'rejected',
  object: 'reject',
  known: knownSes('reject', all('reason')),
  hasTime: false,
  take: (own, draft) => {
    toDestinations(draft);
    draft.event.reject_reason = wordOf(own.reason, 'reject.reason');
  },
};

const failure: SesKind = {
  eventType: 'rendering_failure',
  object: 'failure',
  known: knownSes('failure', all('templateName', 'errorMessage')),
  hasTime: false,
  take: (own, draft) => {
    toDestinations(draft);
    draft.event.template_name = wordOf(own.templateName, 'failure.templateName');
    draft.event.error_message = wordOf(own.errorMessage, 'failure.errorMessage');
  },
};

const open: SesKind = {
  eventType: 'open',
  object: 'open',
  known: knownSes('open', all('ipAddress', 'timestamp', 'userAgent', 'isBotEvent')),
  hasTime: true,
  take: (own, draft, parsers) => {
    toOnlyDestination(draft);
    takeAgent(draft, parsers, textOf(own.ipAddress, 'open.ipAddress'), textOf(own.userAgent, 'open.userAgent'));
    draft.event.bot_verdict = botVerdictOf(own.isBotEvent, 'open.isBotEvent');
  },
};

const click: SesKind = {
  eventType: 'click',
  object: 'click',
  known: knownSes('click', all('ipAddress', 'timestamp', 'userAgent', 'link', 'linkTags', 'isBotEvent')),
  hasTime: true,
  take: (own, draft, parsers) => {
    toOnlyDestination(draft);
    takeAgent(draft, parsers, textOf(own.ipAddress, 'click.ipAddress'), textOf(own.userAgent, 'click.userAgent'));
    draft.event.bot_verdict = botVerdictOf(own.isBotEvent, 'click.isBotEvent');
    takeLink(draft, textOf(own.link, 'click.link'), objectOf(own.linkTags, 'click.linkTags'));
  },
};

const deliveryDelay: SesKind = {
  eventType: 'delivery_delay',
  object: 'deliveryDelay',
  known: knownSes('deliveryDelay', {
    ...all('delayType', 'expirationTime', 'timestamp', ...MTA),
    delayedRecipients: all('emailAddress', 'status', 'diagnosticCode'),
  }),
  hasTime: true,
  take: (own, draft) => {
    const { event } = draft;
    readRecipients(own.delayedRecipients, 'deliveryDelay.delayedRecipients[]', NAMES, draft.recipients);
    ascribe(draft);
    event.delay_type = wordOf(own.delayType, 'deliveryDelay.delayType');
    event.delay_expires_at = instantOf(own.expirationTime, 'deliveryDelay.expirationTime');
    takeMta(own, draft, 'deliveryDelay');
  },
};

const subscription: SesKind = {
  eventType: 'resubscribe',
  object: 'subscription',
  known: knownSes('subscription', all('contactList', 'timestamp', 'newTopicPreferences', 'oldTopicPreferences')),
  hasTime: true,
  take: (own, draft) => {
    toOnlyDestination(draft);
    const { event } = draft;
    event.contact_list = wordOf(own.contactList, 'subscription.contactList');
    const now = preferencesOf(own.newTopicPreferences, 'subscription.newTopicPreferences');
    const before = preferencesOf(own.oldTopicPreferences, 'subscription.oldTopicPreferences');
    draft.eventType = isOptOut(now, before) ? 'unsubscribe' : 'resubscribe';
    const preferences: JsonFields = {};
    if (now.given !== null) preferences.new = now.given;
    if (before.given !== null) preferences.old = before.given;
    event.topic_preferences = Object.keys(preferences).length > 0 ? jsonOf(preferences) : null;
  },
};

interface Preferences {
  given: JsonFields | null;
  /** out of everything */
  all: boolean;
  /** topics that they are out of */
  out: ReadonlySet<string>;
}

const preferencesOf = (value: Json | undefined, path: string): Preferences => {
  const given = objectOf(value, path);
  const out = new Set<string>();
  listOf(given?.topicSubscriptionStatus).forEach((item, place) => {
    const topic = objectOf(item, `${path}.topicSubscriptionStatus[]`, place);
    const status = wordOf(topic?.subscriptionStatus, `${path}.topicSubscriptionStatus[].subscriptionStatus`, place);
    const name = wordOf(topic?.topicName, `${path}.topicSubscriptionStatus[].topicName`, place);
    if (status?.toLowerCase() === 'optout') out.add(name ?? '');
  });
  return { given, all: flagOf(given?.unsubscribeAll, `${path}.unsubscribeAll`) ?? false, out };
};

/** True if the person is newly out of any topic, or of all; without an old state they count as having been in. */
const isOptOut = (now: Preferences, before: Preferences): boolean =>
  (now.all && !before.all) || [...now.out].some((topic) => !before.out.has(topic));

/** By SES's own word, and by the word in lower case without spaces. */
export const SES_KINDS: ReadonlyMap<string, SesKind> = new Map(
  Object.entries({
    Send: send,
    Delivery: delivery,
    Bounce: bounce,
    Complaint: complaint,
    Reject: reject,
    Open: open,
    Click: click,
    'Rendering Failure': failure,
    DeliveryDelay: deliveryDelay,
    Subscription: subscription,
  }).flatMap(([word, kind]): [string, SesKind][] => [
    [word, kind],
    [word.toLowerCase().replace(' ', ''), kind],
  ]),
);
