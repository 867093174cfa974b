/**
 * Lambda, daily: removes files that nobody reads any more, and gathers small records of past days for those who query them.
 * The only function whose role may delete.
 */
import { type Invocation, observed } from '#aws/observed.ts';
import { collect } from '#lake/steps/collect.ts';
import { compact } from '#lake/steps/compact.ts';
import { wiring } from './wiring.ts';

export const handler = (_event: unknown, invocation: Invocation): Promise<void> =>
  observed('collect', invocation, async ({ info, count }) => {
    const { ports } = wiring();
    const removed = await collect(ports(invocation));
    const compacted = await compact(ports(invocation));
    const bytes = removed.reduce((sum, file) => sum + file.bytes, 0);
    info('collected', { files: removed.length, bytes, compacted_days: compacted.length });
    count('CollectedFiles', removed.length);
    count('CollectedBytes', bytes);
  });
