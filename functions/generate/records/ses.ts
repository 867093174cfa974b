/** Writes a generated happening as the JSON record that Amazon SES publishes. */
import { HOUR_MS } from '#lake/days.ts';
import { isoOf as iso, rfc5322 } from '../sender/calendar.ts';
import type { Bounce, BounceKind, Happening, Mail, Preference } from '../sender/mail.ts';
import type { Mailing } from '../sender/mailings.ts';
import { ACCOUNT, REGION } from '../sender/sender.ts';

const NOTIFIED: Partial<Record<Happening['type'], string>> = {
  delivered: 'Delivery',
  bounce: 'Bounce',
  complaint: 'Complaint',
};
const BOUNCE_TYPE: Record<BounceKind, string> = { hard: 'Permanent', soft: 'Transient', undetermined: 'Undetermined' };
const MTA = 'a11-13.smtp-out.eu-central-1.amazonses.com';

/**
 * The record that SES publishes of a happening, as JSON text. Legacy identity feedback has
 * `notificationType`, no tags, and knows three types only.
 */
export function sesRecord(mail: Mail, happening: Happening): string {
  if (mail.mailing.stream.feed === 'notification')
    return `{"notificationType":"${NOTIFIED[happening.type]}","mail":${sesMail(mail, happening)},${sesPart(mail, happening)}}`;
  return `{"eventType":"${sesType(happening)}","mail":${sesMail(mail, happening)},${sesPart(mail, happening)}}`;
}

/** SES's word for it. */
export function sesType(happening: Happening): string {
  switch (happening.type) {
    case 'send':
      return 'Send';
    case 'rendering_failure':
      return 'Rendering Failure';
    case 'rejected':
      return 'Reject';
    case 'delay':
      return 'DeliveryDelay';
    case 'delivered':
      return 'Delivery';
    case 'bounce':
      return 'Bounce';
    case 'open':
      return 'Open';
    case 'click':
    case 'unsubscribe':
      return 'Click';
    case 'opt_out':
    case 'opt_in':
      return 'Subscription';
    case 'complaint':
      return 'Complaint';
  }
}

/** The `mail` object; failures and delays come without headers. */
export function sesMail(mail: Mail, happening: Happening): string {
  const { mailing } = mail;
  const { sender } = mailing;
  const head =
    `{"timestamp":"${iso(mail.sentAt)}","source":${JSON.stringify(sender.from)},"sourceArn":` +
    `"arn:aws:ses:${REGION}:${ACCOUNT}:identity/${sender.domain}","sendingAccountId":"${ACCOUNT}","messageId":"${mail.id}",` +
    `"destination":[${destination(mail)}]`;
  if (mailing.stream.feed === 'notification')
    return `${head},"sourceIp":"192.0.2.77","callerIdentity":"shop-backend","headersTruncated":false,${headersOf(mail)}}`;
  const outgoing = happening.type === 'delivered' ? `,"ses:outgoing-ip":["${mail.outgoingIp}"]` : '';
  const tags = `"tags":{${tagsOf(mailing)}${outgoing}}`;
  if (happening.type === 'rendering_failure' || happening.type === 'delay') return `${head},${tags}}`;
  return `${head},"headersTruncated":false,${headersOf(mail)},${tags}}`;
}

export const destination = (mail: Mail): string =>
  mail.recipients.map((recipient) => JSON.stringify(recipient.address)).join(',');

/** How many headers a send event lists: what the headers table is to hold of it. */
export const headerCount = (mail: Mail): number => (mail.mailing.unsubscribeLink === null ? 7 : 10);

function headersOf(mail: Mail): string {
  const { mailing, sentAt } = mail;
  const date = rfc5322(sentAt);
  const to = JSON.stringify(mail.recipients.map((recipient) => recipient.address).join(', '));
  return (
    `"headers":[{"name":"Date","value":"${date}"},{"name":"From","value":${JSON.stringify(mailing.sender.from)}},` +
    `{"name":"To","value":${to}},{"name":"Message-ID","value":"<${mail.id}@${REGION}.amazonses.com>"},` +
    `{"name":"Subject","value":${wireSubject(mailing)}},{"name":"MIME-Version","value":"1.0"},` +
    `{"name":"Content-Type","value":"multipart/alternative; boundary=\\"=_part_${mail.endpoint}\\""}` +
    `${listHeaders(mail)}],"commonHeaders":{"from":[${JSON.stringify(mailing.sender.from)}],"date":"${date}","to":[${to}],` +
    `"messageId":"<${mail.id}@${REGION}.amazonses.com>","subject":${JSON.stringify(mailing.subject)}}`
  );
}

/** RFC 8058 wants both, Gmail and Yahoo ask for them in bulk mail. */
export const listHeaders = (mail: Mail): string =>
  mail.mailing.unsubscribeLink === null
    ? ''
    : `,{"name":"List-Unsubscribe","value":"<https://u.harborbooks.example/l/${mail.endpoint}>"},` +
      '{"name":"List-Unsubscribe-Post","value":"List-Unsubscribe=One-Click"},' +
      `{"name":"Feedback-ID","value":"${mail.mailing.campaignId ?? mail.mailing.journeyId}:harborbooks"}`;

/** As in a header: words beyond ASCII encoded (RFC 2047). */
export const wireSubject = (mailing: Mailing): string =>
  /[^ -~]/.test(mailing.subject)
    ? `"=?UTF-8?B?${Buffer.from(mailing.subject, 'utf8').toString('base64')}?="`
    : JSON.stringify(mailing.subject);

function tagsOf(mailing: Mailing): string {
  const custom = [
    ['campaign', mailing.campaignId],
    ['treatment', mailing.treatmentId],
    ['journey_id', mailing.journeyId],
    ['journey_activity_id', mailing.journeyActivityId],
  ] as const;
  let tags =
    `"ses:operation":["SendEmail"],"ses:configuration-set":["${mailing.configurationSet}"],"ses:source-ip":["192.0.2.77"],` +
    `"ses:from-domain":["${mailing.sender.domain}"],"ses:caller-identity":["shop-backend"],"ses:source-tls-version":["TLSv1.3"]`;
  for (const [name, value] of custom) if (value !== null) tags += `,"${name}":[${JSON.stringify(value)}]`;
  return tags;
}

/** The object of the type, with its name. */
export function sesPart(mail: Mail, happening: Happening): string {
  const time = `"timestamp":"${iso(happening.at)}"`;
  const named = (happening.who ?? []).map((position) => mail.recipients[position]?.address ?? '');
  const each = (more: string): string =>
    named.map((address) => `{"emailAddress":${JSON.stringify(address)}${more}}`).join(',');
  switch (happening.type) {
    case 'send':
      return '"send":{}';
    case 'rendering_failure':
      return `"failure":{"errorMessage":${JSON.stringify(happening.message)},"templateName":"${happening.template}"}`;
    case 'rejected':
      return `"reject":{"reason":"${happening.reason}"}`;
    case 'delay':
      return (
        `"deliveryDelay":{${time},"delayType":"${happening.kind}","expirationTime":"${iso(happening.expires)}",` +
        `"delayedRecipients":[${each(`,"status":"${happening.status}","diagnosticCode":${JSON.stringify(happening.diagnostic)}`)}]}`
      );
    case 'delivered':
      return (
        `"delivery":{${time},"processingTimeMillis":${happening.at - mail.sentAt},"recipients":${JSON.stringify(named)},` +
        `"smtpResponse":${JSON.stringify(happening.response)},"remoteMtaIp":"192.0.2.25","reportingMTA":"${happening.mta}"}`
      );
    case 'bounce':
      return (
        `"bounce":{"feedbackId":"${happening.feedbackId}","bounceType":"${BOUNCE_TYPE[happening.kind]}",` +
        `"bounceSubType":"${happening.subType}","bouncedRecipients":[${each(bounced(happening))}],${time},` +
        `"reportingMTA":"dns; ${MTA}"}`
      );
    case 'open':
      return `"open":{${time},"userAgent":${JSON.stringify(happening.agent)},"ipAddress":"${happening.ip}"}`;
    case 'click':
    case 'unsubscribe':
      return (
        `"click":{${time},"ipAddress":"${happening.ip}","userAgent":${JSON.stringify(happening.agent)},` +
        `"link":${JSON.stringify(happening.link)},"linkTags":${happening.isUnsubscribe ? '{"unsubscribeLinkTag":["click"]}' : 'null'}}`
      );
    case 'opt_out':
    case 'opt_in':
      return `"subscription":${subscription(happening, time)}`;
    case 'complaint':
      return (
        `"complaint":{"feedbackId":"${happening.feedbackId}","complaintSubType":null,"complainedRecipients":[${each('')}],` +
        `${time},"userAgent":"${happening.agent}","complaintFeedbackType":"abuse","arrivalDate":"${zoned(happening.arrived)}"}`
      );
  }
}

/** Providers give the arrival of a complaint in their own time. */
const zoned = (instant: number): string => `${iso(instant - 7 * HOUR_MS).slice(0, -1)}-07:00`;

const bounced = (bounce: Bounce): string =>
  (bounce.status === null ? '' : `,"action":"failed","status":"${bounce.status}"`) +
  (bounce.diagnostic === null ? '' : `,"diagnosticCode":${JSON.stringify(bounce.diagnostic)}`);

function subscription(change: Preference, time: string): string {
  const state = (isOut: boolean): string =>
    `{"unsubscribeAll":${change.everything && isOut},"topicSubscriptionStatus":[{"topicName":"${change.topic}",` +
    `"subscriptionStatus":"${isOut ? 'OptOut' : 'OptIn'}"}]}`;
  const isOut = change.type === 'opt_out';
  return (
    `{"contactList":"${change.list}",${time},"source":"UnsubscribeHeader",` +
    `"newTopicPreferences":${state(isOut)},"oldTopicPreferences":${state(!isOut)}}`
  );
}
