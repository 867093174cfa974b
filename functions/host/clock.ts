/** The clock port on this machine. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '#lake/ports.ts';

/** The machine's clock and random source. */
export const systemClock: Clock = {
  now: () => Date.now(),
  nonce: () => randomBytes(8).toString('hex'),
};
