/** What a person may say about the worker processes of run and transform. */
import { InvalidArgumentError, Option } from 'commander';
import { bytesOf, LEAST_MEMORY, type WorkerLimits } from '../run-limits.ts';
import { byteCount } from '../terminal/figures.ts';
import { wholeNumber } from './options.ts';

export interface WorkerFlags {
  workers?: number;
  /** bytes */
  workerMemory?: number;
}

export const workersOption = (): Option =>
  new Option('--workers <n>', 'worker processes; as many as there are cores unless told').argParser(wholeNumber(1));

export const workerMemoryOption = (): Option =>
  new Option('--worker-memory <size>', 'memory that a worker may hold, such as 800MB').argParser(memory);

export const limitsOf = ({ workers, workerMemory }: WorkerFlags): Partial<WorkerLimits> => ({
  ...(workers === undefined ? {} : { workers }),
  ...(workerMemory === undefined ? {} : { memoryBytes: workerMemory }),
});

/** @throws InvalidArgumentError, which commander words */
function memory(text: string): number {
  const bytes = bytesOf(text);
  if (bytes === null || bytes < LEAST_MEMORY) {
    throw new InvalidArgumentError(`It takes a size such as 800MB or 1.5GB, from ${byteCount(LEAST_MEMORY)}.`);
  }
  return bytes;
}
