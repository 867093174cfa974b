/**
 * Works through a batch of SQS messages one by one. Only those that fail go back to the queue: they are shown again after a
 * minute, and later with each failure, because most failures pass. The queue's visibility timeout is for workers that died
 * without an answer.
 */
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type * as z from 'zod';

/** If less time than this is left, messages that were not begun go back to the queue. */
const LEAST_MS = 60_000;

export interface BatchOptions<T> {
  message: z.ZodType<T>;
  remainingMs: () => number;
  work: (message: T) => Promise<void>;
  /** told of each message that goes back */
  failed: (error: unknown, message: T | null) => void;
  /** has the queue show a message again after so long */
  showAgain: (record: SQSRecord, seconds: number) => Promise<void>;
}

/**
 * Before a message is seen again after its first failure; then four times as long each time. The five receipts that a
 * queue allows are an hour and a half; a message that still fails then goes to the dead-letter queue, and its
 * work is queued again within an hour.
 */
const FIRST_DELAY_SECONDS = 60;
const MOST_DELAY_SECONDS = 3600;

/** Between the end of a function's time and the next look at its message. */
const GRACE_SECONDS = 60;

/** @param received how often the message has been given out, this time included */
export const delayAfter = (received: number): number =>
  Math.min(MOST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 4 ** Math.max(0, received - 1));

/** Never throws: a message that is not ours goes back, too, until the queue moves it to its dead-letter queue. */
export async function workBatch<T>(
  { Records }: SQSEvent,
  { message, remainingMs, work, failed, showAgain }: BatchOptions<T>,
): Promise<SQSBatchResponse> {
  const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
  for (const record of Records) {
    const { messageId, body, attributes } = record;
    let parsed: T | null = null;
    try {
      const result = message.safeParse(jsonOf(body));
      if (!result.success) throw new Error(`message is not one of ours: ${messageId}`);
      parsed = result.data;
      if (remainingMs() < LEAST_MS) throw new OutOfTime(messageId);
      // Should this process die, the message comes again soon after, and not when the queue's timeout is over.
      await showAgain(record, Math.ceil(remainingMs() / 1000) + GRACE_SECONDS).catch(() => {});
      await work(parsed);
    } catch (error) {
      failed(error, parsed);
      batchItemFailures.push({ itemIdentifier: messageId });
      const delay = delayAfter(Number(attributes.ApproximateReceiveCount));
      // If this call fails, the message comes again when its visibility timeout is over.
      await showAgain(record, delay).catch(() => {});
    }
  }
  return { batchItemFailures };
}

/** Too little time is left to begin. */
export class OutOfTime extends Error {
  override name = 'OutOfTime';
  constructor(messageId: string) {
    super(`too little time is left to begin with the message: ${messageId}`);
  }
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
