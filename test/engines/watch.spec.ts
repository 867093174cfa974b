/** Alerts about mail, from the function that Lambda calls to those who subscribe, on moto and Trino. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteMessageBatchCommand, GetQueueAttributesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { signedCall } from '#aws/signed-call.ts';
import { alertTopic } from '#aws/stage-names.ts';
import { generate } from '#generate/index.ts';
import { HOUR_MS, startOfDay } from '#lake/days.ts';
import { handler as plan } from '../../functions/plan.ts';
import { handler as rollup } from '../../functions/rollup.ts';
import { handler as rollupDays } from '../../functions/rollup-days.ts';
import { handler as transform } from '../../functions/transform.ts';
import { handler as watch } from '../../functions/watch.ts';
import { makeQueue } from './account.ts';
import { type CloudLake, cloudLake, putAll, rawFiles } from './cloud-lake.ts';
import { drain, invocation } from './invoke.ts';

const folder = mkdtempSync(join(tmpdir(), 'watch-'));
const END = '2025-10-30';

let cloud: CloudLake;
let people: string;
let programs: string;
let date: string;
let located: Parameters<typeof watch>[1];

/** SNS and EventBridge in the words of their APIs: as the adapters, no client speaks to them here. */
const ask = async (service: string, body: string, target?: string): Promise<string> => {
  const { clients, gateway } = cloud.account;
  const { isDone, said, text } = await signedCall(clients.s3.config, {
    method: 'POST',
    host: service,
    path: '/',
    body,
    ...(target === undefined ? {} : { target }),
    contentType: target === undefined ? 'application/x-www-form-urlencoded' : 'application/x-amz-json-1.1',
    endpoint: gateway.address,
  });
  if (!isDone) throw new Error(`${said}: ${text}`);
  return text;
};

const form = (fields: Record<string, string>): string =>
  new URLSearchParams({ Version: '2010-03-31', ...fields }).toString();

const arnOf = async (queue: string): Promise<string> => {
  const { Attributes } = await cloud.account.clients.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: ['QueueArn'] }),
  );
  return Attributes?.QueueArn ?? '';
};

/** Takes all messages out of a queue. */
async function taken(queue: string): Promise<string[]> {
  const { sqs } = cloud.account.clients;
  const bodies: string[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queue, MaxNumberOfMessages: 10 }));
    if (Messages.length === 0) return bodies;
    bodies.push(...Messages.map(({ Body = '' }) => Body));
    const Entries = Messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queue, Entries }));
  }
}

const at = (ms: number): void => void vi.setSystemTime(ms);

beforeAll(async () => {
  const made = await generate({ out: folder, messages: 2500, days: 35, seed: 1, end: END });
  date = made.incident?.date ?? '';
  cloud = await cloudLake();
  await putAll(cloud, await rawFiles(folder));
  const { clients, bucket } = cloud.account;
  const created = await ask(
    'sns',
    form({ Action: 'CreateTopic', Name: alertTopic({ app: 'maillake', stage: 'test' }) }),
  );
  const [, topic = ''] = /<TopicArn>([^<]+)</.exec(created) ?? [];
  located = { ...invocation('watch'), invokedFunctionArn: topic.replace(/:sns:(.*):.*$/, ':lambda:$1:function:watch') };
  people = await makeQueue(cloud.account);
  programs = await makeQueue(cloud.account);
  await ask('sns', form({ Action: 'Subscribe', TopicArn: topic, Protocol: 'sqs', Endpoint: await arnOf(people) }));
  const rule = { Name: bucket, EventPattern: '{"source":["maillake"],"detail-type":["Mail Alert"]}' };
  await ask('events', JSON.stringify(rule), 'AWSEvents.PutRule');
  const target = { Rule: bucket, Targets: [{ Id: '1', Arn: await arnOf(programs) }] };
  await ask('events', JSON.stringify(target), 'AWSEvents.PutTargets');
  await plan({ reach: 'all' }, invocation('plan'));
  await drain(clients.sqs, cloud.queues.backfill, 'transform', transform);
  await rollup({ reach: 'all' }, invocation('rollup'));
  await drain(clients.sqs, cloud.queues.rollup, 'rollup-days', rollupDays);
}, 600_000);
afterAll(async () => {
  vi.useRealTimers();
  await cloud?.close();
  rmSync(folder, { recursive: true });
});

describe('the function watch', () => {
  const heard = async () => ({
    people: (await taken(people)).map((body) => JSON.parse(JSON.parse(body).Message)),
    programs: (await taken(programs)).map((body) => JSON.parse(body).detail),
  });

  test('tells of a provider that refuses in the hour after, people and programs, and once', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    at(startOfDay(date) + 9 * HOUR_MS);
    await watch({ reach: 'hourly' }, located);
    const first = await heard();
    expect(first.programs).toMatchObject([
      { from: 'maillake test', what: 'opened', trouble: 'refused', scope: { provider: 'microsoft' } },
    ]);
    expect(first.people).toMatchObject([{ id: first.programs[0].id, headline: first.programs[0].headline }]);
    expect(first.programs[0].said).toContain('block list');
    await watch({ reach: 'hourly' }, located);
    expect(await heard()).toEqual({ people: [], programs: [] });
  });

  test('tells nothing of that again when its day is judged', async () => {
    at(startOfDay(date) + 53 * HOUR_MS);
    await watch({ reach: 'daily' }, located);
    const { programs: days } = await heard();
    expect(days.filter(({ trouble }: { trouble: string }) => trouble === 'refused')).toEqual([]);
  });
});
