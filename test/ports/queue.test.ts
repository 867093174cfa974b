import { describe } from 'vitest';
import { MemoryQueue } from '#local/memory-queue.ts';
import { queueContract } from './queue.contract.ts';

describe('a queue in memory', () => {
  queueContract(async () => {
    const queue = new MemoryQueue();
    return { queue, receive: async (lane) => queue.takeAll(lane) };
  });
});
