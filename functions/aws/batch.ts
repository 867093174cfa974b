/** A batch of SQS messages, one after another: those that fail go back to the queue, the others don't. */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type * as z from 'zod';

/** Less than this is left: what has not been begun goes back to the queue. */
const LEAST_MS = 60_000;

export interface BatchOptions<T> {
  message: z.ZodType<T>;
  remainingMs: () => number;
  work: (message: T) => Promise<void>;
  /** told of each message that goes back */
  failed: (error: unknown, message: T | null) => void;
}

/** Never throws: a message that is none of ours goes back too, until the queue gives it to its dead letters. */
export async function workBatch<T>(
  { Records }: SQSEvent,
  { message, remainingMs, work, failed }: BatchOptions<T>,
): Promise<SQSBatchResponse> {
  const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
  for (const { messageId, body } of Records) {
    let parsed: T | null = null;
    try {
      const result = message.safeParse(jsonOf(body));
      if (!result.success) throw new Error(`message is not one of ours: ${messageId}`);
      parsed = result.data;
      if (remainingMs() < LEAST_MS) throw new OutOfTime(messageId);
      await work(parsed);
    } catch (error) {
      failed(error, parsed);
      batchItemFailures.push({ itemIdentifier: messageId });
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
