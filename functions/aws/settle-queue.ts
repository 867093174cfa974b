/** Days of tables on their way to the workers that settle them. A message is a hint: the worker looks at what is there. */
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { TableDay } from '#lake/steps/settle.ts';
import { sendBatches } from './sqs-queue.ts';

export const sendDays = (client: SQSClient, url: string, days: readonly TableDay[]): Promise<void> =>
  sendBatches(
    client,
    url,
    days.map(({ table, dt }) => ({ table, dt })),
  );
