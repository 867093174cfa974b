import type { ClickRow } from '../tables/clicks.ts';
import type { EventRow } from '../tables/events.ts';
import type { HeaderRow } from '../tables/headers.ts';
import type { EventType } from '../vocabulary.ts';
import type { Json } from './fields.ts';

/** Someone an event names, with what a bounce or delay says of them. */
export interface Recipient {
  /** as given */
  given: string | null;
  key: string | null;
  domain: string | null;
  action: string | null;
  status: string | null;
  diagnostic: string | null;
}

/** What a record becomes, filled again for each one: the rows' drafts, and what is still to be spread over rows. */
export interface Draft {
  eventType: EventType;
  event: EventRow;
  header: HeaderRow;
  click: ClickRow;
  /** the message's destinations */
  destinations: Recipient[];
  /** those whom the event has a row for */
  recipients: Recipient[];
  headers: readonly Json[];
  /** path of the headers, with `[]`, for a rejection */
  headersPath: string;
  isClick: boolean;
  linkTags: string | null;
}

export const nobody: Recipient = {
  given: null,
  key: null,
  domain: null,
  action: null,
  status: null,
  diagnostic: null,
};

/** Every column of every row is there from the beginning, so that the drafts never change their shape. */
export const makeDraft = (): Draft => ({
  eventType: 'send',
  event: {
    event_id: '',
    source: '',
    feed: '',
    event_type: '',
    native_type: '',
    occurred_at: 0,
    occurred_at_basis: '',
    sent_at: null,
    delivered_to_lake_at: 0,
    is_time_suspect: false,
    message_id: '',
    recipient: null,
    recipient_key: null,
    recipient_domain: null,
    recipient_count: null,
    from_address: null,
    from_name: null,
    from_domain: null,
    envelope_from: null,
    reply_to: null,
    rfc_message_id: null,
    subject: null,
    has_truncated_headers: null,
    account_id: null,
    region: null,
    sending_identity: null,
    application_id: null,
    configuration_set: null,
    campaign_id: null,
    campaign_activity_id: null,
    treatment_id: null,
    journey_id: null,
    journey_run_id: null,
    journey_activity_id: null,
    source_ip: null,
    outgoing_ip: null,
    tls_version: null,
    tags: null,
    smtp_response: null,
    reporting_mta: null,
    remote_mta_ip: null,
    processing_time_ms: null,
    bounce_type: null,
    bounce_sub_type: null,
    bounce_action: null,
    smtp_status: null,
    diagnostic_code: null,
    feedback_id: null,
    complaint_feedback_type: null,
    complaint_sub_type: null,
    complaint_arrived_at: null,
    delay_type: null,
    delay_expires_at: null,
    reject_reason: null,
    template_name: null,
    error_message: null,
    contact_list: null,
    topic_preferences: null,
    ip_address: null,
    user_agent: null,
    client_name: null,
    device_class: null,
    is_bot_agent: null,
    link: null,
    is_unsubscribe: null,
    attempt: '',
    source_key: '',
    source_ordinal: 0,
    extras: null,
  },
  header: {
    message_id: '',
    position: 0,
    name: '',
    name_lower: '',
    value: null,
    sent_at: 0,
    source: '',
    from_domain: null,
    feed: '',
    attempt: '',
    source_key: '',
    source_ordinal: 0,
  },
  click: {
    event_id: '',
    occurred_at: 0,
    sent_at: null,
    message_id: '',
    recipient: null,
    recipient_key: null,
    recipient_domain: null,
    source: '',
    configuration_set: null,
    campaign_id: null,
    campaign_activity_id: null,
    treatment_id: null,
    journey_id: null,
    journey_run_id: null,
    journey_activity_id: null,
    link: null,
    link_scheme: null,
    link_host: null,
    link_path: null,
    link_query: null,
    utm_source: null,
    utm_medium: null,
    utm_campaign: null,
    utm_term: null,
    utm_content: null,
    link_tags: null,
    is_unsubscribe: false,
    ip_address: null,
    user_agent: null,
    client_name: null,
    device_class: null,
    is_bot_agent: false,
    feed: '',
    attempt: '',
    source_key: '',
    source_ordinal: 0,
  },
  destinations: [],
  recipients: [],
  headers: [],
  headersPath: '',
  isClick: false,
  linkTags: null,
});

/** Empties what only some event types or sources fill; everything else is assigned for each record. */
export const clear = (draft: Draft): void => {
  const { event } = draft;
  event.account_id = null;
  event.region = null;
  event.sending_identity = null;
  event.application_id = null;
  event.configuration_set = null;
  event.campaign_id = null;
  event.campaign_activity_id = null;
  event.treatment_id = null;
  event.journey_id = null;
  event.journey_run_id = null;
  event.journey_activity_id = null;
  event.source_ip = null;
  event.outgoing_ip = null;
  event.tls_version = null;
  event.tags = null;
  event.smtp_response = null;
  event.reporting_mta = null;
  event.remote_mta_ip = null;
  event.processing_time_ms = null;
  event.bounce_type = null;
  event.bounce_sub_type = null;
  event.feedback_id = null;
  event.complaint_feedback_type = null;
  event.complaint_sub_type = null;
  event.complaint_arrived_at = null;
  event.delay_type = null;
  event.delay_expires_at = null;
  event.reject_reason = null;
  event.template_name = null;
  event.error_message = null;
  event.contact_list = null;
  event.topic_preferences = null;
  event.ip_address = null;
  event.user_agent = null;
  event.client_name = null;
  event.device_class = null;
  event.is_bot_agent = null;
  event.link = null;
  event.is_unsubscribe = null;
  draft.destinations = [];
  draft.recipients = [];
  draft.isClick = false;
  draft.linkTags = null;
};
