/**
 * Lambda, daily: hides days of tables whose retention is over, removes files that nobody reads any more, and gathers small records of past
 * days for those who query them. The only function whose role may delete.
 */
import * as z from 'zod';
import { type Invocation, observed } from '#aws/observed.ts';
import { collect } from '#lake/steps/collect.ts';
import { compact } from '#lake/steps/compact.ts';
import { expire } from '#lake/steps/expire.ts';
import { wiring } from './wiring.ts';

/** `expire`: a person has said that many days may expire at once */
const CollectEvent = z.object({ expire: z.literal(true).exactOptional() });

export const handler = (event: unknown, invocation: Invocation): Promise<void> =>
  observed('collect', invocation, async ({ info, problem, count }) => {
    const { expire: isAcknowledged = false } = CollectEvent.parse(event ?? {});
    const { ports, environment } = wiring();
    const expiry = await expire(ports(invocation), { retention: environment.retention, isAcknowledged });
    for (const { table, days, last } of expiry.held) {
      problem('expiry_held', new Error(`${days} days are due at once: see to the retention, then call with expire`), {
        key: `${table} dt=${last}`,
      });
    }
    const removed = await collect(ports(invocation));
    const compacted = await compact(ports(invocation));
    const bytes = removed.reduce((sum, file) => sum + file.bytes, 0);
    const expired_days = expiry.hidden.reduce((sum, { days }) => sum + days, 0);
    info('collected', { files: removed.length, bytes, expired_days, compacted_days: compacted.length });
    count('CollectedFiles', removed.length);
    count('CollectedBytes', bytes);
  });
