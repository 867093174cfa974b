/** The queue port on SQS: sends units to the queue of their lane, and days to the queue of settle. */
import { ChangeMessageVisibilityCommand, SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { concurrently } from '#lake/concurrently.ts';
import type { Lane, Queue, UnitMessage } from '#lake/ports.ts';
import type { TableDay } from '#lake/protocol/day-files.ts';
import { PATIENT, withBackoff } from './backoff.ts';

export interface SqsQueueOptions {
  client: SQSClient;
  /** address of each lane's queue */
  urls: Readonly<Record<Lane, string>>;
}

/** Messages of one SendMessageBatch; ours are far below its 1 MB. */
const MOST_MESSAGES = 10;
const AT_ONCE = 8;

/** A queue a lane in SQS. Messages are JSON. */
export class SqsQueue implements Queue {
  readonly #client: SQSClient;
  readonly #urls: Readonly<Record<Lane, string>>;

  constructor({ client, urls }: SqsQueueOptions) {
    this.#client = client;
    this.#urls = urls;
  }

  async send(messages: readonly UnitMessage[], lane: Lane): Promise<void> {
    await sendBatches(
      this.#client,
      this.#urls[lane],
      messages.map(({ unit, plan, rebuild }) => ({ unit, plan, rebuild })),
    );
  }
}

/**
 * Sends each body as one JSON message, ten at a time, and sends those again that SQS could not take for the moment.
 * @throws Error if some could not be sent; others may have been
 */
export async function sendBatches(client: SQSClient, url: string, bodies: readonly object[]): Promise<void> {
  const batches = Array.from({ length: Math.ceil(bodies.length / MOST_MESSAGES) }, (_, i) =>
    bodies.slice(i * MOST_MESSAGES, (i + 1) * MOST_MESSAGES),
  );
  await concurrently(batches, AT_ONCE, async (batch) => {
    let open = batch.map((body, i) => ({ Id: String(i), MessageBody: JSON.stringify(body) }));
    let why = '';
    await withBackoff(PATIENT, async () => {
      const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: open }));
      const failed = new Set(Failed.map(({ Id }) => Id));
      open = open.filter(({ Id }) => failed.has(Id));
      why = Failed[0]?.Code ?? '';
      return open.length === 0 || Failed.every(({ SenderFault }) => SenderFault === true) ? true : undefined;
    });
    if (open.length > 0) {
      // Nothing is lost: plan and settle find work that is not done, and queue it again.
      const name = url.slice(url.lastIndexOf('/') + 1);
      throw new Error(`${open.length} of ${batch.length} messages could not be queued in ${name}: ${why}`);
    }
  });
}

/**
 * Has a queue show a message again after so many seconds, counted from now.
 * @param urls of the queues that messages come from
 */
export async function showAgain(
  client: SQSClient,
  urls: readonly string[],
  { eventSourceARN, receiptHandle }: Pick<SQSRecord, 'eventSourceARN' | 'receiptHandle'>,
  seconds: number,
): Promise<void> {
  const name = eventSourceARN.slice(eventSourceARN.lastIndexOf(':') + 1);
  const url = urls.find((one) => one.endsWith(`/${name}`));
  if (url === undefined) throw new Error(`message is from none of our queues: ${name}`);
  await client.send(
    new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle: receiptHandle, VisibilityTimeout: seconds }),
  );
}

/** Days of tables on their way to the workers that settle them. A message is a hint: the worker looks at what is there. */

export const sendDays = (client: SQSClient, url: string, days: readonly TableDay[]): Promise<void> =>
  sendBatches(
    client,
    url,
    days.map(({ table, dt }) => ({ table, dt })),
  );
