/** Envelopes as they come, doubled, half encoded, and with contents they shouldn't have. */
import { gzipSync } from 'node:zlib';
import type { Random } from '#generate/sender/random.ts';

type Wrap = (content: string, random: Random) => string;

const text = JSON.stringify;

export const WRAPS: Readonly<Record<string, Wrap>> = {
  sns: (content) => `{"Type":"Notification","TopicArn":"arn:aws:sns:eu-west-1:1:t","Message":${text(content)}}`,
  snsNewline: (content) => `{"Type":"Notification","Message":${text(`${content}\n`)}}`,
  snsObject: (content) => `{"Type":"Notification","Message":${content}}`,
  snsList: (content, random) =>
    `{"Type":"Notification","Message":[${Array(random.between(0, 4)).fill(content).join(',')}]}`,
  sqs: (content) => `{"MessageId":"m","ReceiptHandle":"r","Body":${text(content)}}`,
  lambda: (content) => `{"Records":[{"Sns":{"Message":${text(content)}}}]}`,
  lambdaEvent: (content) => `{"Records":[{"Sns":${content}},{"body":${content}},${content}]}`,
  eventbridge: (content) => `{"version":"0","detail-type":"Email Sent","source":"aws.ses","detail":${content}}`,
  otherBus: (content) => `{"version":"0","detail-type":"x","source":"aws.ec2","detail":${content}}`,
  firehose: (content) =>
    `{"attemptsMade":1,"errorCode":"x","errorMessage":"y","rawData":${text(Buffer.from(content).toString('base64'))}}`,
  firehoseBroken: (content, random) => {
    const raw = random.pick<unknown>([
      content,
      Buffer.from(content).toString('base64').slice(0, -3),
      `${Buffer.from(content).toString('base64')} ${' '.repeat(3000)}!`,
      Buffer.from(content.slice(0, random.below(content.length + 1))).toString('base64'),
      '',
      null,
      12,
      [content],
    ]);
    const error = random.pick(['"x"', '{"toString":1,"valueOf":1}', '[]', 'null', '{"__proto__":null}']);
    return `{"attemptsMade":1,"errorCode":${error},"errorMessage":${error},"rawData":${text(raw)}}`;
  },
  firehoseMany: (content) =>
    `{"attemptsMade":1,"rawData":${text(Buffer.from(`${content}\n{broken\n${content}`).toString('base64'))}}`,
  kinesis: (content) => `{"Records":[{"kinesis":{"data":${text(Buffer.from(content).toString('base64'))}}}]}`,
  receiveMessage: (content) => `{"Messages":[{"Body":${text(content)}},{"Body":"other"}]}`,
  destination: (content) => `{"requestPayload":${content},"responsePayload":null}`,
  transformation: (content) => `{"records":[{"recordId":"r","data":${text(Buffer.from(content).toString('base64'))}}]}`,
  logs: (content) => `{"messageType":"DATA_MESSAGE","logEvents":[{"message":${text(`2026-09-01 ${content}`)}}]}`,
  zippedLogs: (content, random) => {
    const data = gzipSync(`{"logEvents":[{"message":${text(content)}}]}`);
    return `{"awslogs":{"data":${text(data.subarray(0, data.length - random.pick([0, 0, 9])).toString('base64'))}}}`;
  },
  shipper: (content, random) =>
    `{"@timestamp":"t","${random.pick(['message', 'log', 'a'])}":${random.pick([content, text(content), text(text(content))])}}`,
  lowerCase: (content) => content.replace(/"\w+":/g, (key) => key.toLowerCase()),
  listUnderName: (content, random) => `{"items":[${Array(random.between(1, 3)).fill(content).join(',')},{"x":1}]}`,
  halfEncoded: (content) => `{"Type":"Notification","Message":${text(content).slice(0, -2)}"}`,
  confirmation: () =>
    `{"Type":"Notification","Message":"Successfully validated SNS topic for Amazon SES event publishing.\\n"}`,
  empty: (_content, random) => random.pick(['{"Records":[]}', '{"Type":"Notification","Message":null}', '{"Body":{}}']),
};
