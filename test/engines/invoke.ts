/** Plays Lambda: calls a handler with its context, and feeds a queue's messages to it as the event source does. */
import { DeleteMessageCommand, type Message, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Invocation } from '#aws/observed.ts';

let requests = 0;

/** @param remainingMs what is left of the function's time */
export const invocation = (functionName: string, remainingMs = 900_000): Invocation => {
  const until = Date.now() + remainingMs;
  return {
    functionName,
    awsRequestId: `request-${++requests}`,
    getRemainingTimeInMillis: () => until - Date.now(),
  };
};

type BatchHandler = (event: SQSEvent, invocation: Invocation) => Promise<SQSBatchResponse>;

export interface Drained {
  messages: number;
  /** bodies that the handler gave back */
  failed: string[];
}

/** Gives a queue's messages to a handler, one a batch, some batches at once, until none is left. */
export async function drain(
  client: SQSClient,
  queue: string,
  name: string,
  handler: BatchHandler,
  atOnce = 2,
): Promise<Drained> {
  const drained: Drained = { messages: 0, failed: [] };
  const worker = async (): Promise<void> => {
    for (;;) {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({ QueueUrl: queue, MaxNumberOfMessages: 1, VisibilityTimeout: 600 }),
      );
      if (Messages.length === 0) return;
      for (const message of Messages) {
        drained.messages++;
        const { batchItemFailures } = await handler(eventOf([message]), invocation(name));
        if (batchItemFailures.length > 0) drained.failed.push(message.Body ?? '');
        else {
          await client.send(new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle: message.ReceiptHandle }));
        }
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return drained;
}

/** The event of messages as SQS gives them out. */
export const eventOf = (messages: readonly Pick<Message, 'MessageId' | 'Body' | 'ReceiptHandle'>[]): SQSEvent => ({
  Records: messages.map(({ MessageId = '', Body = '', ReceiptHandle = '' }) => ({
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '0',
      SenderId: 'test',
      ApproximateFirstReceiveTimestamp: '0',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:123456789012:queue',
    awsRegion: 'us-east-1',
  })),
});
