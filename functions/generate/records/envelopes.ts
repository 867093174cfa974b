/** Wraps a generated record as SNS, SQS, Lambda, EventBridge or Firehose would. */
import { isoOf } from '../sender/calendar.ts';
import type { Random } from '../sender/random.ts';
import { ACCOUNT, type Envelope, REGION } from '../sender/sender.ts';

const TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT}:mail-events`;

/** EventBridge's name for each type of SES. */
const DETAIL_TYPE: Record<string, string> = {
  Send: 'Email Sent',
  Delivery: 'Email Delivered',
  Bounce: 'Email Bounced',
  Complaint: 'Email Complaint Received',
  Reject: 'Email Rejected',
  Open: 'Email Opened',
  Click: 'Email Clicked',
  'Rendering Failure': 'Email Rendering Failed',
  DeliveryDelay: 'Email Delivery Delayed',
  Subscription: 'Email Subscription Changed',
};

/** An event in its envelope. `lambda` puts several together: see lambdaBatch. */
export function enveloped(
  record: string,
  envelope: Envelope,
  nativeType: string,
  arrivedAt: number,
  random: Random,
): string {
  switch (envelope) {
    case 'none':
      return record;
    case 'sns':
      return notification(record, arrivedAt, random);
    case 'event_bridge':
      return busEvent(record, DETAIL_TYPE[nativeType] ?? 'Email Event', arrivedAt, random);
    case 'queue':
      return queueMessage(notification(record, arrivedAt, random), random);
    case 'lambda':
      return lambdaBatch([record], arrivedAt, random);
  }
}

/** An SNS notification; SES ends the message inside with a newline. */
export function notification(message: string, arrivedAt: number, random: Random): string {
  return (
    `{"Type":"Notification","MessageId":"${random.uuid()}","TopicArn":"${TOPIC}",` +
    `"Subject":"Amazon SES Email Event Notification","Message":${JSON.stringify(`${message}\n`)},` +
    `"Timestamp":"${isoOf(arrivedAt)}","SignatureVersion":"1","Signature":"${random.hex(64)}",` +
    `"UnsubscribeURL":"https://sns.${REGION}.amazonaws.com/?Action=Unsubscribe"}`
  );
}

export function busEvent(detail: string, detailType: string, arrivedAt: number, random: Random): string {
  const time = `${isoOf(arrivedAt).slice(0, 19)}Z`;
  return (
    `{"version":"0","id":"${random.uuid()}","detail-type":"${detailType}","source":"aws.ses","account":"${ACCOUNT}",` +
    `"time":"${time}","region":"${REGION}","resources":[],"detail":${detail}}`
  );
}

/** A message as `aws sqs receive-message` prints it. */
export function queueMessage(body: string, random: Random): string {
  return `{"MessageId":"${random.uuid()}","ReceiptHandle":"${random.hex(24)}","MD5OfBody":"${random.hex(32)}","Body":${JSON.stringify(body)}}`;
}

/** What a Lambda function that subscribes to the topic gets, and some write on as it is: several events in one. */
export function lambdaBatch(messages: readonly string[], arrivedAt: number, random: Random): string {
  const records = messages.map(
    (message) =>
      `{"EventSource":"aws:sns","EventVersion":"1.0","EventSubscriptionArn":"${TOPIC}:sub","Sns":${notification(message, arrivedAt, random)}}`,
  );
  return `{"Records":[${records.join(',')}]}`;
}

/** A record that Firehose gave up on, as it lies under the error prefix. */
export function failedRecord(raw: string | Uint8Array, arrivedAt: number): string {
  const data = typeof raw === 'string' ? Buffer.from(raw, 'utf8') : Buffer.from(raw);
  return (
    `{"attemptsMade":4,"arrivalTimestamp":${arrivedAt},"errorCode":"Lambda.InvocationFailed","errorMessage":` +
    `"The Lambda function was invoked but timed out.","attemptEndingTimestamp":${arrivedAt + 420_000},` +
    `"rawData":"${data.toString('base64')}","lambdaArn":"arn:aws:lambda:${REGION}:${ACCOUNT}:function:enrich"}`
  );
}
