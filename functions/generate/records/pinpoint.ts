/** Writes a generated happening as the JSON record that Amazon Pinpoint streams. */
import type { BounceKind, Happening, Mail } from '../sender/mail.ts';
import { ACCOUNT, PINPOINT_PROJECT } from '../sender/sender.ts';
import { destination, listHeaders, wireSubject } from './ses.ts';

const BOUNCE_TYPE: Record<BounceKind, string> = { hard: 'Permanent', soft: 'Transient', undetermined: 'Undetermined' };
const FEEDBACK: Partial<Record<Happening['type'], string>> = {
  send: 'received',
  delivered: 'delivered',
  open: 'opened',
  complaint: 'complaint',
  rejected: 'rejected',
};

/** The record that Pinpoint streams of a happening, as JSON text. */
export function pinpointRecord(mail: Mail, happening: Happening): string {
  return (
    `{"event_type":"${pinpointType(happening)}","event_timestamp":${mail.sentAt},"arrival_timestamp":${happening.at},` +
    `"event_version":"3.1","application":{"app_id":"${PINPOINT_PROJECT}","sdk":{}},"client":{"client_id":"${mail.endpoint}"},` +
    `"device":{"platform":{}},"session":{},"attributes":{${attributesOf(mail, happening)}},"client_context":{"custom":` +
    `{"legacy_identifier":"${PINPOINT_PROJECT}"}},"metrics":{},"awsAccountId":"${ACCOUNT}","facets":{"email_channel":` +
    `{"mail_event":{"mail":${pinpointMail(mail)},${pinpointPart(mail, happening)}}}}}`
  );
}

/** Pinpoint's word for it. @throws RangeError for what Pinpoint never tells, such as delays */
export function pinpointType(happening: Happening): string {
  switch (happening.type) {
    case 'bounce':
      return happening.kind === 'hard' ? '_email.hardbounce' : '_email.softbounce';
    case 'send':
    case 'delivered':
    case 'open':
    case 'click':
    case 'unsubscribe':
    case 'complaint':
    case 'rejected':
    case 'rendering_failure':
      return `_email.${happening.type}`;
    default:
      throw new RangeError(`pinpoint has no such event: ${happening.type}`);
  }
}

function attributesOf(mail: Mail, happening: Happening): string {
  const { mailing } = mail;
  const isClick = happening.type === 'click' || happening.type === 'unsubscribe';
  let text = `"feedback":${JSON.stringify(isClick ? happening.link : (FEEDBACK[happening.type] ?? happening.type))}`;
  const more = [
    ['campaign_id', mailing.campaignId],
    ['campaign_activity_id', mailing.activityId],
    ['treatment_id', mailing.treatmentId],
    ['journey_id', mailing.journeyId],
    ['journey_run_id', mailing.journeyRunId],
    ['journey_activity_id', mailing.journeyActivityId],
  ] as const;
  for (const [name, value] of more) if (value !== null) text += `,"${name}":${JSON.stringify(value)}`;
  return text;
}

function pinpointMail(mail: Mail): string {
  const { mailing } = mail;
  const from = JSON.stringify(mailing.sender.from);
  return (
    `{"message_id":"${mail.id}","message_send_timestamp":${mail.sentAt},"from_address":"${mailing.sender.address}",` +
    `"destination":[${destination(mail)}],"headers_truncated":false,"headers":[{"name":"Received","value":"null"},` +
    `{"name":"From","value":${from}},{"name":"To","value":${destination(mail)}},{"name":"Subject","value":${wireSubject(mailing)}},` +
    `{"name":"MIME-Version","value":"1.0"},{"name":"Content-Type","value":"multipart/alternative"},` +
    `{"name":"Message-ID","value":"null"}${listHeaders(mail)}],"common_headers":{"from":${from},"to":[${destination(mail)}],` +
    `"subject":${JSON.stringify(mailing.subject)}}}`
  );
}

function pinpointPart(mail: Mail, happening: Happening): string {
  const named = (happening.who ?? []).map((position) => mail.recipients[position]?.address ?? '');
  switch (happening.type) {
    case 'send':
      return '"send":{}';
    case 'delivered':
      return (
        `"delivery":{"smtp_response":${JSON.stringify(happening.response)},"reporting_mta":"${happening.mta}",` +
        `"recipients":${JSON.stringify(named)},"processing_time_millis":${happening.at - mail.sentAt}}`
      );
    case 'bounce': {
      const status = happening.status === null ? '' : `,"action":"failed","status":"${happening.status}"`;
      const said = happening.diagnostic === null ? '' : `,"diagnostic_code":${JSON.stringify(happening.diagnostic)}`;
      const list = named.map((address) => `{"email_address":${JSON.stringify(address)}${status}${said}}`);
      return (
        `"bounce":{"bounce_type":"${BOUNCE_TYPE[happening.kind]}","bounce_sub_type":"${happening.subType}",` +
        `"bounced_recipients":[${list.join(',')}],"feedback_id":"${happening.feedbackId}","reporting_mta":"dsn; ${happening.mta}"}`
      );
    }
    case 'complaint': {
      const list = named.map((address) => `{"email_address":${JSON.stringify(address)}}`);
      return (
        `"complaint":{"complained_recipients":[${list.join(',')}],"feedback_id":"${happening.feedbackId}",` +
        `"user_agent":"${happening.agent}","complaint_feedback_type":"abuse"}`
      );
    }
    case 'rejected':
      return `"reject":{"reason":"${happening.reason}"}`;
    case 'open':
      return `"open":{"ip_address":"${happening.ip}","user_agent":${JSON.stringify(happening.agent)}}`;
    case 'click':
    case 'unsubscribe': {
      const tags = happening.type === 'unsubscribe' ? '{"unsubscribeLinkTag":["click"]}' : '{}';
      return (
        `"click":{"ip_address":"${happening.ip}","user_agent":${JSON.stringify(happening.agent)},` +
        `"link":${JSON.stringify(happening.link)},"link_tags":${tags}}`
      );
    }
    case 'rendering_failure':
      return `"rendering_failure":{"template_name":"${happening.template}","error_message":${JSON.stringify(happening.message)}}`;
    default:
      throw new RangeError(`pinpoint has no such event: ${happening.type}`);
  }
}
