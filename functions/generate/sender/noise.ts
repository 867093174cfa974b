/** Generates records that are no e-mail events, as they occur between the events of real raw data. */
import type { Random } from './random.ts';
import { ACCOUNT, PINPOINT_PROJECT } from './sender.ts';

/** A record that is no e-mail event, and the type under which it is to be counted as skipped. */
export interface Noise {
  record: string;
  type: string;
}

/** A record of another kind in Pinpoint's stream, which carries everything that Pinpoint records. */
export function pinpointNoise(arrivedAt: number, random: Random): Noise {
  const type = random.weighted(PINPOINT_NOISE);
  return { type, record: otherPinpointEvent(type, arrivedAt, random) };
}

const PINPOINT_NOISE = [
  ['_campaign.send', 5],
  ['_session.start', 3],
  ['_session.stop', 3],
  ['_custom.checkout', 2],
  ['_userauth.sign_in', 1],
  ['_SMS.SUCCESS', 1],
] as const;

export function otherPinpointEvent(type: string, arrivedAt: number, random: Random): string {
  if (type === '_SMS.SUCCESS') return textMessage(arrivedAt, random);
  return (
    `{"event_type":"${type}","event_timestamp":${arrivedAt - 900},"arrival_timestamp":${arrivedAt},"event_version":"3.1",` +
    `"application":{"app_id":"${PINPOINT_PROJECT}","cognito_identity_pool_id":"","sdk":{}},"client":{"client_id":"${random.hex(16)}"},` +
    `"device":{"locale":{"code":"en_GB","country":"GB","language":"en"},"make":"generic","platform":{"name":"web"}},` +
    `"session":{"session_id":"${random.hex(16)}","start_timestamp":${arrivedAt - 60_000}},"attributes":{"campaign_type":null},` +
    `"client_context":{"custom":{"endpoint":"{\\"ChannelType\\":\\"CUSTOM\\",\\"Demographic\\":{}}"}},"metrics":{},"awsAccountId":"${ACCOUNT}"}`
  );
}

/** Text messages have no event_timestamp. */
function textMessage(arrivedAt: number, random: Random): string {
  return (
    `{"event_type":"_SMS.SUCCESS","arrival_timestamp":${arrivedAt},"timestamp_created":"${arrivedAt - 2000}",` +
    `"account_id":"${ACCOUNT}","application_key":"${PINPOINT_PROJECT}","unique_id":"${random.uuid()}",` +
    `"attributes":{"record_status":"SUCCESSFUL","iso_country_code":"DE"},"metrics":{"price_in_millicents_usd":7200}}`
  );
}

/** What SNS and SES say about themselves between the events. */
export function topicNoise(arrivedAt: number, random: Random): Noise {
  const at = new Date(arrivedAt).toISOString();
  if (random.chance(0.5))
    return {
      type: 'AmazonSnsSubscriptionSucceeded',
      record: `{"notificationType":"AmazonSnsSubscriptionSucceeded","message":"You have successfully subscribed your topic."}`,
    };
  return {
    type: 'sns_subscription_confirmation',
    record:
      `{"Type":"SubscriptionConfirmation","MessageId":"${random.uuid()}","Token":"${random.hex(40)}",` +
      `"TopicArn":"arn:aws:sns:eu-central-1:${ACCOUNT}:mail-events","Message":"You have chosen to subscribe to the topic.",` +
      `"Timestamp":"${at}","SignatureVersion":"1"}`,
  };
}
