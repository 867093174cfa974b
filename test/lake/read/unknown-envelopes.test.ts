import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '#lake/read/record.ts';
import { sesBounce, sesSend } from '#test/records.ts';
import { event, read, records, told } from './reading.ts';

const A = plain(sesSend({ messageId: 'a' }));
const B = plain(sesBounce({ messageId: 'b' }));
const P = event('p');
function plain(record: object): JsonObject {
  return JSON.parse(JSON.stringify(record));
}
const json = (value: unknown): string => JSON.stringify(value);
const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString('base64');
const zipped = (value: unknown): string => base64(gzipSync(json(value)));
const sns = (message: unknown) => ({ Type: 'Notification', TopicArn: 'arn:t', Message: json(message) });
const logs = (...messages: unknown[]) => ({
  messageType: 'DATA_MESSAGE',
  owner: '123456789012',
  logGroup: '/ses/events',
  logEvents: messages.map((message, id) => ({ id: `${id}`, timestamp: 1, message: json(message) })),
});
const lambda = (...bodies: unknown[]) => ({
  Records: bodies.map((body) => ({ eventSource: 'aws:sqs', messageId: 'q', body: json(body) })),
});

describe('fault 70: events are found in whatever they are wrapped in', () => {
  test.for<[string, unknown]>([
    [
      'Kinesis records in Lambda',
      { Records: [A, B].map((one) => ({ kinesis: { data: base64(json(one)) }, eventSource: 'aws:kinesis' })) },
    ],
    [
      'Kinesis records as a consumer sees them',
      { Records: [A, B].map((one) => ({ Data: base64(json(one)), PartitionKey: 'p' })) },
    ],
    ['two records in one of Kinesis', { Records: [{ kinesis: { data: base64(`${json(A)}\n${json(B)}\n`) } }] }],
    [
      'aws sqs receive-message',
      { Messages: [A, B].map((one) => ({ MessageId: 'q', ReceiptHandle: 'h', Body: json(one) })) },
    ],
    ['the same with SNS inside', { Messages: [A, B].map((one) => ({ MessageId: 'q', Body: json(sns(one)) })) }],
    [
      'a Lambda destination',
      { version: '1.0', requestContext: {}, requestPayload: lambda(A, sns(B)), responsePayload: null },
    ],
    [
      'Firehose transformation records',
      { invocationId: 'i', records: [A, B].map((one) => ({ recordId: 'r', data: base64(json(one)) })) },
    ],
    ['a CloudWatch Logs subscription', logs(A, B)],
    ['the same in Lambda, compressed', { awslogs: { data: zipped(logs(A, B)) } }],
    ['the same in Kinesis in Lambda', { Records: [{ kinesis: { data: zipped(logs(A, sns(B))) } }] }],
    [
      'the same of lines with a time before',
      { logEvents: [{ message: `2026-09-01T10:00:00Z INFO ${json(A)}` }, { message: json(B) }] },
    ],
    [
      'PutEvents entries',
      { Entries: [A, B].map((one) => ({ Source: 'aws.ses', DetailType: 'Email', Detail: json(one) })) },
    ],
    ['EventBridge with detail as text', { 'detail-type': 'x', source: 'aws.ses', detail: json([A, B]) }],
    ['EventBridge of one’s own source', { 'detail-type': 'x', source: 'my.app', detail: { batch: [A, B] } }],
    [
      'EventBridge in SQS in Lambda',
      lambda(...[A, B].map((detail) => ({ 'detail-type': 'x', source: 'aws.ses', detail }))),
    ],
    ['an API Gateway body', { resource: '/', body: json([A, B]), isBase64Encoded: false }],
    ['an API Gateway body in base64', { version: '2.0', body: base64(json([A, B])), isBase64Encoded: true }],
    ['a body of lines', { body: `${json(A)}\n${json(B)}` }],
    ['log shippers: message as text', { '@timestamp': 't', message: json([A, B]) }],
    ['log shippers: log as object', { log: { a: A, b: B }, stream: 'stdout' }],
    ['log shippers: event.original', { event: { original: json(A) }, record: json(B) }],
    ['a list under any name', { anything: [A, B] }],
    ['lists within lists', [[A], [[B]]]],
    ['JSON in JSON in JSON', { a: json(json(json([A, B]))) }],
    ['base64 in base64', { a: base64(base64(json([A, B]))) }],
    ['base64 for URLs', { a: Buffer.from(json([A, B, 'ÿþ>?'.repeat(9)])).toString('base64url') }],
    ['zlib', { a: base64(deflateSync(json([A, B]))) }],
    ['DynamoDB attributes that hold text', { Item: { a: { S: json(A) }, b: { L: [{ S: json(B) }] } } }],
    ['one column of Snowflake', { RECORD_METADATA: { offset: 1 }, RECORD_CONTENT: [A, B] }],
    ['a type word of the shipper’s own', { event_type: 'log', eventType: 'log', payload: json([A, B]) }],
    ['a Firehose error of compressed logs', { attemptsMade: 1, errorCode: 'x', rawData: zipped(logs(A, B)) }],
    [
      'text that is no JSON in SNS',
      { Type: 'Notification', TopicArn: 't', Message: `at 10:00 ${json(A)} and ${json(B)}` },
    ],
  ])('%s', async ([, envelope]) => {
    for (const text of [json(envelope), JSON.stringify(envelope, null, 2)]) {
      // an array at the top is the splitter's
      const reading = await read(Array.isArray(envelope) ? `[${text}]` : `${text}\n`);
      expect(reading.told).toEqual(records(A, B));
      expect(reading.texts.map((inner) => JSON.parse(inner))).toEqual([A, B]);
      expect(reading.records).toBe(2);
    }
  });

  test('of both sources, beside things of no interest, in order', async () => {
    const envelope = { items: [{ n: 1 }, P, { x: 'hello' }, { deep: { deeper: [json(A)] } }, B], took: 3 };
    expect(await told(json(envelope))).toEqual(records(P, A, B));
  });

  test('numbers in them stay as they were written', async () => {
    const exact = json(A).replace('"headersTruncated"', '"n":12345678901234567890,"headersTruncated"');
    const { texts } = await read(`{"a":[0,{"b":${exact}}],"c":${json(exact)}}`);
    expect(texts).toEqual([exact, exact]);
  });

  test('gzip within gzip is read, as CloudWatch Logs and Firehose make it together', async () => {
    const members = [A, B].map((one) => gzipSync(json(logs(one))));
    expect(await told(gzipSync(Buffer.concat(members)))).toEqual(records(A, B));
    expect((await told(gzipSync(Buffer.concat(members).subarray(0, -9)))).at(-1)).toEqual({ reject: 'gzip_truncated' });
  });
});

const lowerCased = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(lowerCased);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name.toLowerCase(), lowerCased(inner)]));
};
const attributes = (value: unknown): unknown => {
  if (Array.isArray(value)) return { L: value.map(attributes) };
  if (typeof value !== 'object' || value === null) return { S: `${value}` };
  return { M: Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, attributes(inner)])) };
};
const python = (value: unknown): string => json(value).replaceAll('"', "'").replaceAll('false', 'False');

describe('fault 70: what bears the marks of a mail event and is not understood is rejected, so that it can be read later', () => {
  test.for<[string, unknown]>([
    [
      'names in snake case',
      { event_type: 'Delivery', mail: { message_id: 'm', destination: ['a@example.org'] }, delivery: {} },
    ],
    ['keys in lower case', lowerCased(A)],
    ['the same, wrapped', { rows: [{ payload: lowerCased(B) }] }],
    ['the same as text in base64', { data: base64(json(lowerCased(A))) }],
    ['the same compressed', { data: zipped(lowerCased(A)) }],
    ["DynamoDB's attribute values", { NewImage: attributes(A) }],
    ['flattened', { 'mail.messageId': 'm', 'mail.commonHeaders.subject': 's', eventtype: 'Send' }],
    ['Python’s way of writing', { message: `got ${python(A)}` }],
    ['URL-encoded', { body: `payload=${encodeURIComponent(json(A))}` }],
    ['no type word', { mail: A.mail, bounce: B.bounce }],
    ['a cut-off event', { message: json(B).slice(0, 300) }],
    ['a cut-off event in base64', { kinesis: { data: base64(json(B).slice(0, 300)) } }],
    ['an event of Pinpoint in capitals', { EVENT_TYPE: '_email.send', FACETS: { EMAIL_CHANNEL: {} } }],
    ['compressed data that are damaged', { awslogs: { data: base64(gzipSync(json(logs(A))).subarray(0, 60)) } }],
    ['an EventBridge detail', { 'detail-type': 'Email Sent', source: 'aws.ses', detail: lowerCased(A) }],
  ])('%s', async ([, envelope]) => {
    expect(await told(`${json(envelope)}\n${json(A)}`)).toEqual([{ reject: 'unknown_envelope' }, { record: A }]);
  });

  test('beside what is understood in the same envelope, by itself', async () => {
    const envelope = { events: [A, lowerCased(B), B], more: { strange: attributes(A) } };
    expect(await told(json(envelope))).toEqual([
      { record: A },
      { record: B },
      { reject: 'unknown_envelope' },
      { reject: 'unknown_envelope' },
    ]);
  });

  test('what is no mail event is passed on to be named', async () => {
    const others = [
      { eventVersion: '1.08', eventSource: 'ses.amazonaws.com', eventName: 'SendEmail', eventType: 'AwsApiCall' },
      { eventType: 'TEXT_DELIVERED', messageId: 'm', destinationPhoneNumber: '+15550100', isFinal: true },
      { originationNumber: '+15550100', messageBody: 'write to mail@example.com', inboundMessageId: 'm' },
      { Records: [{ eventSource: 'aws:s3', s3: { object: { key: 'mail/inbound' } } }] },
      { userId: 'u', email: 'a@example.org', messageId: 'm', eventType: 'signup' },
      { message: 'mail sent', messageId: 'x' },
      { blob: 'QUJD'.repeat(100) },
    ];
    expect(await told(others.map(json).join('\n'))).toEqual(records(...others));
  });
});

describe('fault 70: the search has limits', () => {
  test('on how often something is packed', async () => {
    let packed: unknown = A;
    for (let i = 0; i < 12; i++) packed = { a: json(packed) };
    expect(await told(json(packed))).toEqual([{ reject: 'too_deep' }]);
  });

  test('on how much is unpacked', async () => {
    const bomb = { data: base64(gzipSync(Buffer.alloc(4_000_000, ' '))) };
    expect(await told(json(bomb), { recordBytes: 1_000_000 })).toEqual([{ reject: 'record_too_large' }]);
    const many = { list: Array(20).fill(base64(gzipSync(Buffer.alloc(900_000, ' ')))) };
    expect(await told(json(many), { recordBytes: 1_000_000 })).toEqual([{ reject: 'record_too_large' }]);
  });

  test('on nesting in what is unpacked', async () => {
    const deep = `${'['.repeat(1000)}${json(A)}${']'.repeat(1000)}`;
    expect(await told(json({ a: deep }))).toEqual([{ reject: 'too_deep' }]);
  });
});
