/** What is to be ended elsewhere when a command is interrupted, such as a query that is paid for. */
import { setTimeout } from 'node:timers/promises';

const endings = new Set<() => Promise<unknown>>();

/** Does the work; meanwhile an interruption aborts the signal and gives the work a moment to end. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const running = work(controller.signal);
  const end = async (): Promise<void> => {
    controller.abort();
    await running.catch(() => {});
  };
  endings.add(end);
  try {
    return await running;
  } finally {
    endings.delete(end);
  }
}

const MOST_MS = 3000;

export const hasToEnd = (): boolean => endings.size > 0;

export const endAll = (): Promise<unknown> =>
  Promise.race([Promise.all([...endings].map((end) => end())), setTimeout(MOST_MS)]);
