import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { publish, putEvent } from '#aws/alert-channels.ts';

/** What was asked: headers and body of each request, and what is answered. */
const asked: { target: string | undefined; signed: string; body: string }[] = [];
let answer: { status: number; body: string };

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.once('end', () => {
    const { authorization = '', 'x-amz-target': target } = request.headers;
    const [, signed = ''] = /SignedHeaders=([\w;-]+)/.exec(authorization) ?? [];
    asked.push({ target: target?.toString(), signed, body: Buffer.concat(chunks).toString() });
    response.writeHead(answer.status).end(answer.body);
  });
});
let endpoint = '';
beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  endpoint = `http://127.0.0.1:${Object(server.address()).port}`;
});
beforeEach(() => {
  asked.length = 0;
  answer = { status: 200, body: '{"FailedEntryCount":0}' };
});
afterAll(() => {
  server.close();
});

const options = () => ({
  caller: {
    region: async () => 'eu-west-1',
    credentials: async () => ({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }),
  },
  endpoint,
});

const message = {
  subject: `Gmail’s\n${'long '.repeat(30)}`,
  text: 'Gmail turned away & so on',
  chat: { version: '1.0' },
  event: { id: 'a-0' },
  attributes: { level: 'critical' },
};

test('a topic gets a text for people, and what chats, queues and functions understand', async () => {
  await publish('arn:aws:sns:eu-west-1:123456789012:alerts', message, options());
  const [{ signed, body } = { signed: '', body: '' }] = asked;
  const { Message = '', Subject = '', ...fields } = Object.fromEntries(new URLSearchParams(body));
  expect(signed).toBe('host;x-amz-date');
  expect(Subject).toMatch(/^Gmail\?s\?(long )+/);
  expect(Subject).toHaveLength(99);
  expect(JSON.parse(Message)).toEqual({
    default: message.text,
    email: message.text,
    https: '{"version":"1.0"}',
    sqs: '{"id":"a-0"}',
    lambda: '{"id":"a-0"}',
  });
  expect(fields).toEqual({
    Action: 'Publish',
    Version: '2010-03-31',
    TopicArn: 'arn:aws:sns:eu-west-1:123456789012:alerts',
    MessageStructure: 'json',
    'MessageAttributes.entry.1.Name': 'level',
    'MessageAttributes.entry.1.Value.DataType': 'String',
    'MessageAttributes.entry.1.Value.StringValue': 'critical',
  });
});

test('the event bus gets an event, whose kind is signed', async () => {
  await putEvent({ id: 'a-0' }, options());
  expect(asked).toEqual([
    {
      target: 'AWSEvents.PutEvents',
      signed: 'host;x-amz-date;x-amz-target',
      body: '{"Entries":[{"Source":"maillake","DetailType":"Mail Alert","Detail":"{\\"id\\":\\"a-0\\"}"}]}',
    },
  ]);
});

test('what was not taken is a failure, also where the answer is a success', async () => {
  answer = { status: 403, body: '' };
  await expect(publish('arn', message, options())).rejects.toThrow('SNS did not take an alert: status 403');
  answer = { status: 200, body: '{"FailedEntryCount":1}' };
  await expect(putEvent({}, options())).rejects.toThrow('EventBridge did not take an alert');
});
