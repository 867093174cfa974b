import { expect, test } from 'vitest';
import type { JsonValue } from '#lake/read/record.ts';
import { event, line, read, records, told } from './reading.ts';

const A = event('a');
const B = event('b');
const json = (value: unknown): string => JSON.stringify(value);
const sns = (Message: JsonValue): JsonValue => ({
  Type: 'Notification',
  MessageId: 'm',
  TopicArn: 'arn:t',
  Message,
  Timestamp: 't',
});
const sqs = (body: JsonValue): JsonValue => ({ MessageId: 'q', ReceiptHandle: 'r', Body: body });
const eventBridge = (detail: JsonValue, source = 'aws.ses'): JsonValue => ({
  version: '0',
  id: 'i',
  'detail-type': 'Email Delivered',
  source,
  detail,
});
const firehose = (raw: string): JsonValue => ({
  attemptsMade: 4,
  arrivalTimestamp: 1,
  errorCode: 'Lambda.FunctionError',
  errorMessage: 'it failed',
  attemptEndingTimestamp: 2,
  rawData: raw,
});
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const TOPIC_VALIDATION = 'Successfully validated SNS topic for Amazon SES event publishing.';

test.for([
  ['one record', line('a'), records(A)],
  ['several on lines', line('a') + line('b'), records(A, B)],
  ['several joined', json(A) + json(B), records(A, B)],
  ['an envelope', json(sns(json(A))), records(A)],
  ['the topic validation of SES', TOPIC_VALIDATION, [{ skip: 'ses_topic_validation' }]],
  ['a good and a broken one', `${line('a')}{"b":`, [{ record: A }, { reject: 'firehose_error' }]],
] as const)("fault 16: a Firehose error's rawData is decoded and its records read: %s", async ([, data, expected]) => {
  expect(await told(json(firehose(base64(data))))).toEqual(expected);
});

test.for<[string, string]>([
  ['no base64', '{not base64}'],
  ['empty', ''],
  ['text', base64('hello')],
  ['a broken record', base64('{"event_type":"_email.se')],
  ['white space', base64(' \n ')],
])('fault 16: a Firehose error whose rawData is %s is rejected', async ([, data]) => {
  expect(await told(json(firehose(data)) + line('b'))).toEqual([{ reject: 'firehose_error' }, { record: B }]);
});

test('fault 16: a Firehose error without rawData is rejected', async () => {
  expect(await told('{"attemptsMade":1,"errorCode":"S3.AccessDenied"}')).toEqual([{ reject: 'firehose_error' }]);
});

test.for<[string, JsonValue]>([
  ['SNS with a string', sns(json(A))],
  ['SNS with a string that ends in a newline', sns(line('a'))],
  ['SNS with an object', sns(A)],
  ['SNS without Type', { TopicArn: 'arn:t', Message: json(A) }],
  ['SQS', sqs(json(A))],
  ['SQS in lower case', { messageId: 'q', body: json(A) }],
  ['SQS with an object', sqs(A)],
  ['SQS without anything else', { Body: json(A) }],
  ['EventBridge', eventBridge(A)],
  ['Lambda, SNS with a string', { Records: [{ EventSource: 'aws:sns', Sns: { Message: json(A) } }] }],
  ['Lambda, SNS with an object', { Records: [{ Sns: { Message: A } }] }],
  ['Lambda, the event in Sns', { Records: [{ Sns: A }] }],
  ['Lambda, SQS', { Records: [{ eventSource: 'aws:sqs', messageId: 'q', body: json(A) }] }],
  ['Lambda, the event', { Records: [A] }],
  ['SNS in SQS', sqs(json(sns(json(A))))],
  ['EventBridge in SQS', sqs(json(eventBridge(A)))],
  ['SNS in SQS in Lambda', { Records: [{ messageId: 'q', body: json(sns(json(A))) }] }],
  ['SNS in SQS in SNS', sns(json(sqs(json(sns(json(A))))))],
  ['an object in an object in an object', sns(sqs(eventBridge(A)))],
])('fault 17: %s is unwrapped', async ([, envelope]) => {
  for (const text of [json(envelope), JSON.stringify(envelope, null, 2)]) {
    const reading = await read(`${text}\n${text}`);
    expect(reading.told).toEqual(records(A, A));
    expect(reading.texts.map((inner) => JSON.parse(inner))).toEqual([A, A]);
  }
});

test('fault 17: each event of an envelope is a record in the place of the whole', async () => {
  const envelope = json({
    Records: [{ Sns: { Message: json(A) } }, { Sns: { Message: B } }, { messageId: 'q', body: json([A, B]) }],
  });
  const { told, places, records: count } = await read(`{"x":1}\n${envelope}\n{"y":1}`);
  expect(told).toEqual(records({ x: 1 }, A, B, A, B, { y: 1 }));
  expect(count).toBe(6);
  expect(places.map((place) => place.ordinal)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(places.slice(1, 5).every((place) => place.offset === 8 && place.length === envelope.length)).toBe(true);
});

test.for<[string, JsonValue | string, string]>([
  ['the topic validation of SES, as plain text', TOPIC_VALIDATION, 'ses_topic_validation'],
  ['the topic validation in SNS', sns(TOPIC_VALIDATION), 'ses_topic_validation'],
  ['the topic validation in SNS with a newline', sns(`${TOPIC_VALIDATION}\n`), 'ses_topic_validation'],
  ['the topic validation in SNS in SQS', sqs(json(sns(TOPIC_VALIDATION))), 'ses_topic_validation'],
  [
    'a subscription',
    { Type: 'SubscriptionConfirmation', Message: 'You have chosen', Token: 't' },
    'sns_subscription_confirmation',
  ],
  ['its end', { Type: 'UnsubscribeConfirmation', Message: 'You have chosen' }, 'sns_unsubscribe_confirmation'],
  ['another EventBridge source', eventBridge({ state: 'ALARM' }, 'aws.cloudwatch'), 'eventbridge:aws.cloudwatch'],
  ['an EventBridge event without detail', { 'detail-type': 'x', source: 'aws.ses' }, 'eventbridge:x'],
  [
    "SES's advice in EventBridge",
    { 'detail-type': 'Advisor Recommendation Status Open', source: 'aws.ses', detail: { version: '1.0.0', data: 'x' } },
    'eventbridge:Advisor Recommendation Status Open',
  ],
  ['an envelope of nothing', { Records: [] }, 'empty_envelope'],
])('fault 17: %s is skipped and counted', async ([, input, kind]) => {
  const text = typeof input === 'string' ? input : json(input);
  expect(await told(`${line('a')}${text}\n${line('b')}`)).toEqual([{ record: A }, { skip: kind }, { record: B }]);
});

test.for<[string, JsonValue, string]>([
  ['text', sns('hello'), 'json'],
  ['broken JSON', sns('{"event_type":"_em'), 'json'],
  ['null', sns(null), 'json'],
  ['a fourth envelope', sns(json(sns(json(sns(json(sns(json(A)))))))), 'too_deep'],
])('fault 17: an envelope that holds %s is rejected', async ([, envelope, reason]) => {
  expect(await told(json(envelope))).toEqual([{ reject: reason }]);
});

test('what is no envelope is passed on as it is', async () => {
  const others: JsonValue[] = [
    { notificationType: 'AmazonSnsSubscriptionSucceeded', message: 'x' },
    { eventType: 'Open', Records: [], Message: 'x', body: 'y' },
    { body: 'hello' },
    { Message: 'hello' },
    { __proto__: null, constructor: 1 },
    {},
  ];
  expect(await told(others.map(json).join('\n'))).toEqual(records(...others));
});

test('the text of an inner event says its numbers as they were written', async () => {
  const inner = '{"eventType":"Open","mail":{},"n":12345678901234567890,"x":1e400,"d":{"n":1},"n":9007199254740993}';
  const wrapped = [
    `{"Type":"Notification","Message": ${inner} ,"Message2":1}`,
    `{"version":"0","detail-type":"x","detail":{"a":[1]},"source":"aws.ses","det\\u0061il":${inner}}`,
    `{"Records":[{"Sns":{"a":"}]\\"","Message":${inner}}},{"Sns":${inner}},{"messageId":"m","body":[${inner}, ${inner}]}]}`,
    JSON.stringify({ MessageId: 'm', Body: inner }),
  ];
  expect((await read(wrapped.join('\n'))).texts).toEqual(Array(7).fill(inner));
});
