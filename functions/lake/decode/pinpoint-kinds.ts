/** The event types of Amazon Pinpoint, and how each fills a row. */
import type { EventType } from '../vocabulary.ts';
import { ascribe } from './ascribe.ts';
import type { Draft } from './draft.ts';
import { takeAgent, takeLink } from './engagement.ts';
import type { KnownPair } from './extras.ts';
import { all, knownPinpoint } from './extras.ts';
import { type JsonFields, objectOf, textOf, wholeOf, wordOf } from './fields.ts';
import { instantOf } from './instant.ts';
import type { Parsers } from './parsers.ts';
import { readAddresses, readRecipients } from './recipients.ts';

/** A type of Pinpoint e-mail event. */
export interface PinpointKind {
  eventType: EventType;
  /** names that the type's own object in mail_event may have; one has to be there */
  objects: readonly string[];
  known: KnownPair;
  take(own: JsonFields, draft: Draft, parsers: Parsers, attributes: JsonFields | null): void;
}

/** Where the mail lies in a record. */
export const MAIL_EVENT = 'facets.email_channel.mail_event';

/* The types of Amazon Pinpoint Developer Guide, "Email event data stream from Amazon Pinpoint". */

const AT = 'facets.email_channel.mail_event';
const NAMES = { address: 'email_address', diagnostic: 'diagnostic_code' };

const toDestinations = (draft: Draft): void => {
  draft.recipients = draft.destinations;
};

const toOnlyDestination = (draft: Draft): void => {
  if (draft.destinations.length === 1) draft.recipients = draft.destinations;
};

const send: PinpointKind = {
  eventType: 'send',
  objects: ['send'],
  known: knownPinpoint('send', {}),
  take: (_own, draft) => toDestinations(draft),
};

const delivered: PinpointKind = {
  eventType: 'delivered',
  objects: ['delivery'],
  known: knownPinpoint(
    'delivery',
    all('smtp_response', 'reporting_mta', 'recipients', 'processing_time_millis', 'remote_mta_ip'),
  ),
  take: (own, draft) => {
    const { event } = draft;
    readAddresses(own.recipients, `${AT}.delivery.recipients[]`, draft.recipients);
    ascribe(draft);
    event.processing_time_ms = wholeOf(own.processing_time_millis, `${AT}.delivery.processing_time_millis`);
    event.smtp_response = wordOf(own.smtp_response, `${AT}.delivery.smtp_response`);
    event.reporting_mta = wordOf(own.reporting_mta, `${AT}.delivery.reporting_mta`);
    event.remote_mta_ip = wordOf(own.remote_mta_ip, `${AT}.delivery.remote_mta_ip`);
  },
};

const bounce = (eventType: EventType): PinpointKind => ({
  eventType,
  objects: ['bounce'],
  known: knownPinpoint('bounce', {
    ...all('bounce_type', 'bounce_sub_type', 'feedback_id', 'reporting_mta', 'remote_mta_ip'),
    bounced_recipients: all('email_address', 'action', 'status', 'diagnostic_code'),
  }),
  take: (own, draft) => {
    const { event } = draft;
    event.bounce_type = wordOf(own.bounce_type, `${AT}.bounce.bounce_type`);
    const isUndetermined = event.bounce_type?.trim().toLowerCase() === 'undetermined';
    if (eventType === 'soft_bounce' && isUndetermined) draft.eventType = 'undetermined_bounce';
    event.bounce_sub_type = wordOf(own.bounce_sub_type, `${AT}.bounce.bounce_sub_type`);
    readRecipients(own.bounced_recipients, `${AT}.bounce.bounced_recipients[]`, NAMES, draft.recipients);
    ascribe(draft);
    event.feedback_id = textOf(own.feedback_id, `${AT}.bounce.feedback_id`);
    event.reporting_mta = wordOf(own.reporting_mta, `${AT}.bounce.reporting_mta`);
    event.remote_mta_ip = wordOf(own.remote_mta_ip, `${AT}.bounce.remote_mta_ip`);
  },
});

const complaint: PinpointKind = {
  eventType: 'complaint',
  objects: ['complaint'],
  known: knownPinpoint('complaint', {
    ...all('feedback_id', 'user_agent', 'complaint_feedback_type', 'complaint_sub_type', 'arrival_date'),
    complained_recipients: all('email_address'),
  }),
  take: (own, draft) => {
    const { event } = draft;
    readRecipients(own.complained_recipients, `${AT}.complaint.complained_recipients[]`, NAMES, draft.recipients);
    ascribe(draft);
    event.feedback_id = textOf(own.feedback_id, `${AT}.complaint.feedback_id`);
    event.complaint_sub_type = wordOf(own.complaint_sub_type, `${AT}.complaint.complaint_sub_type`);
    event.complaint_feedback_type = wordOf(own.complaint_feedback_type, `${AT}.complaint.complaint_feedback_type`);
    event.complaint_arrived_at = instantOf(own.arrival_date, `${AT}.complaint.arrival_date`);
    // The program that reported, not one that anybody reads mail with: no client, no device.
    event.user_agent = textOf(own.user_agent, `${AT}.complaint.user_agent`);
  },
};

const rejected: PinpointKind = {
  eventType: 'rejected',
  objects: ['reject'],
  known: knownPinpoint('reject', all('reason')),
  take: (own, draft) => {
    toDestinations(draft);
    draft.event.reject_reason = wordOf(own.reason, `${AT}.reject.reason`);
  },
};

const takeOpener = (own: JsonFields, draft: Draft, parsers: Parsers, path: string): void => {
  toOnlyDestination(draft);
  takeAgent(draft, parsers, textOf(own.ip_address, `${path}.ip_address`), textOf(own.user_agent, `${path}.user_agent`));
};

const open: PinpointKind = {
  eventType: 'open',
  objects: ['open'],
  known: knownPinpoint('open', all('ip_address', 'user_agent')),
  take: (own, draft, parsers) => takeOpener(own, draft, parsers, `${AT}.open`),
};

const click = (eventType: 'click' | 'unsubscribe'): PinpointKind => ({
  eventType,
  objects: ['click'],
  known: knownPinpoint('click', all('ip_address', 'user_agent', 'link', 'link_tags')),
  take: (own, draft, parsers, attributes) => {
    takeOpener(own, draft, parsers, `${AT}.click`);
    const link = textOf(own.link, `${AT}.click.link`) ?? clickedUrl(attributes);
    takeLink(draft, link, objectOf(own.link_tags, `${AT}.click.link_tags`));
    if (eventType === 'unsubscribe') draft.event.is_unsubscribe = true;
  },
});

/** The feedback attribute of a click is its URL. */
const clickedUrl = (attributes: JsonFields | null): string | null => {
  const feedback = attributes?.feedback;
  return typeof feedback === 'string' && URL.canParse(feedback) ? feedback : null;
};

/** The failure's own object is undocumented: both names are accepted. */
const failure: PinpointKind = {
  eventType: 'rendering_failure',
  objects: ['rendering_failure', 'failure'],
  known: knownPinpoint(['rendering_failure', 'failure'], all('template_name', 'error_message')),
  take: (own, draft) => {
    toDestinations(draft);
    draft.event.template_name = wordOf(own.template_name, `${AT}.rendering_failure.template_name`);
    draft.event.error_message = wordOf(own.error_message, `${AT}.rendering_failure.error_message`);
  },
};

/** By event_type in lower case. */
export const PINPOINT_KINDS: ReadonlyMap<string, PinpointKind> = new Map([
  ['_email.send', send],
  ['_email.delivered', delivered],
  ['_email.hardbounce', bounce('hard_bounce')],
  ['_email.softbounce', bounce('soft_bounce')],
  ['_email.complaint', complaint],
  ['_email.rejected', rejected],
  ['_email.open', open],
  ['_email.click', click('click')],
  ['_email.unsubscribe', click('unsubscribe')],
  ['_email.rendering_failure', failure],
]);
