/** The queues, each with a dead-letter queue. Messages are hints: plan and settle find work whose message was lost. */

import { logicalName } from '#aws/stage-names.ts';
import { MOST_TRIES, VISIBILITY_MS } from '#lake/steps/transform/tries.ts';
import type { LakeStage } from './lake-stage.ts';
import { QUEUES, type QueueName, record } from './spec/places.ts';

export type Queues = Readonly<Record<QueueName, sst.aws.Queue>>;

const DAY = 24 * 3600;
/**
 * A dead letter's days are counted from when the message was first sent (Amazon SQS, "Dead-letter queues"): so that there is
 * time to look at it, a message is kept for shorter before. What is forgotten then, plan and settle send again.
 */
const KEPT_SECONDS = { message: 4 * DAY, deadLetter: 14 * DAY };

/** After three tries that count a unit is split, which takes one more receipt; then one for a try that was excused. */
const MOST_RECEIPTS = MOST_TRIES + 2;

export function makeQueues({ places }: LakeStage): Queues {
  const make = (name: QueueName, args: Partial<sst.aws.QueueArgs> = {}): sst.aws.Queue =>
    new sst.aws.Queue(`${logicalName(name)}Queue`, {
      ...args,
      transform: {
        queue: {
          name: places.names.queues[name],
          messageRetentionSeconds: isDead(name) ? KEPT_SECONDS.deadLetter : KEPT_SECONDS.message,
          sqsManagedSseEnabled: true,
        },
      },
    });
  const dead = record(QUEUES.filter(isDead), (name) => make(name));
  return record(QUEUES, (name) => {
    if (isDead(name)) return dead[name];
    const letters = dead[deadOf(name)];
    return make(name, {
      visibilityTimeout: `${VISIBILITY_MS / 1000} seconds`,
      dlq: { queue: letters.arn, retry: MOST_RECEIPTS },
    });
  });
}

const isDead = (name: QueueName): boolean => name.endsWith('-dead');

function deadOf(name: QueueName): QueueName {
  const found = QUEUES.find((other) => other === `${name}-dead`);
  if (!found) throw new Error(`queue has none for dead letters: ${name}`);
  return found;
}
