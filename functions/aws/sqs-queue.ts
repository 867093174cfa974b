import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Lane, Queue, UnitMessage } from '#lake/ports.ts';
import { concurrently } from '#lake/steps/concurrent.ts';
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
    const batches = Array.from({ length: Math.ceil(messages.length / MOST_MESSAGES) }, (_, i) =>
      messages.slice(i * MOST_MESSAGES, (i + 1) * MOST_MESSAGES),
    );
    await concurrently(batches, AT_ONCE, (batch) => this.#sendBatch(batch, lane));
  }

  /** Sends again what SQS could not take for the moment. */
  async #sendBatch(batch: readonly UnitMessage[], lane: Lane): Promise<void> {
    let open = batch.map(({ unit, plan }, i) => ({ Id: String(i), MessageBody: JSON.stringify({ unit, plan }) }));
    let why = '';
    await withBackoff(PATIENT, async () => {
      const { Failed = [] } = await this.#client.send(
        new SendMessageBatchCommand({ QueueUrl: this.#urls[lane], Entries: open }),
      );
      const failed = new Set(Failed.map(({ Id }) => Id));
      open = open.filter(({ Id }) => failed.has(Id));
      why = Failed[0]?.Code ?? '';
      return open.length === 0 || Failed.every(({ SenderFault }) => SenderFault === true) ? true : undefined;
    });
    if (open.length > 0) {
      // Not lost: the units stay open in their plans, and are queued again.
      throw new Error(`${open.length} of ${batch.length} messages could not be queued in ${lane}: ${why}`);
    }
  }
}
