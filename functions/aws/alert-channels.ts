/** The channels by which a deployed lake tells: an SNS topic for people and chats, and the account's event bus for programs. */
import { type Caller, signedCall } from './signed-call.ts';

/** What subscribers of a topic get, by their protocol. */
export interface TopicMessage {
  /** of the mail */
  subject: string;
  /** for people: mail, SMS and whatever has no form of its own */
  text: string;
  /** for Amazon Q Developer in chat applications, which subscribes by HTTPS */
  chat: object;
  /** for queues and functions */
  event: object;
  /** what subscriptions may filter by */
  attributes: Readonly<Record<string, string>>;
}

export interface ChannelOptions {
  caller: Caller;
  /** another address than AWS's own, for tests */
  endpoint?: string | undefined;
}

/** Amazon SNS API, `Publish`: a subject is ASCII, below 100 characters. */
const MOST_SUBJECT = 99;

/** @throws Error if SNS did not take it */
export async function publish(
  topic: string,
  message: TopicMessage,
  { caller, endpoint }: ChannelOptions,
): Promise<void> {
  const { subject, text, chat, event, attributes } = message;
  const program = JSON.stringify(event);
  const body = new URLSearchParams({
    Action: 'Publish',
    Version: '2010-03-31',
    TopicArn: topic,
    Subject: subject.replace(/[^ -~]/g, '?').slice(0, MOST_SUBJECT),
    MessageStructure: 'json',
    Message: JSON.stringify({ default: text, email: text, https: JSON.stringify(chat), sqs: program, lambda: program }),
  });
  for (const [i, [name, value]] of Object.entries(attributes).entries()) {
    const entry = `MessageAttributes.entry.${i + 1}`;
    body.set(`${entry}.Name`, name);
    body.set(`${entry}.Value.DataType`, 'String');
    body.set(`${entry}.Value.StringValue`, value);
  }
  const { isDone, said } = await signedCall(caller, {
    method: 'POST',
    host: 'sns',
    path: '/',
    body: body.toString(),
    contentType: 'application/x-www-form-urlencoded',
    endpoint,
  });
  if (!isDone) throw new Error(`SNS did not take an alert: ${said}`);
}

/** Whose events they are, and what they are called on the bus. */
export const EVENT_SOURCE = 'maillake';
export const EVENT_TYPE = 'Mail Alert';

/** @throws Error if EventBridge did not take it */
export async function putEvent(detail: object, { caller, endpoint }: ChannelOptions): Promise<void> {
  const entry = { Source: EVENT_SOURCE, DetailType: EVENT_TYPE, Detail: JSON.stringify(detail) };
  const { isDone, said, text } = await signedCall(caller, {
    method: 'POST',
    host: 'events',
    path: '/',
    body: { Entries: [entry] },
    target: 'AWSEvents.PutEvents',
    contentType: 'application/x-amz-json-1.1',
    endpoint,
  });
  // An entry may be refused in an answer that is a success.
  if (!isDone || JSON.parse(text).FailedEntryCount !== 0) throw new Error(`EventBridge did not take an alert: ${said}`);
}
