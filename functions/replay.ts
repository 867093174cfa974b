/** Lambda, called by a person: seals quarantined records into units, which are read again with today's code. */
import * as z from 'zod';
import { type Invocation, observed } from '#aws/observed.ts';
import { attemptVersion } from '#host/attempt-version.ts';
import { queueUnits } from '#lake/protocol/lanes.ts';
import { planReplay, type ReplayPlanned } from '#lake/steps/replay.ts';
import { REASONS, type Reason } from '#lake/vocabulary.ts';
import { wiring } from './wiring.ts';

/** `reason`: only records that were rejected for it */
const ReplayEvent = z.object({
  reason: z.custom<Reason>((word) => typeof word === 'string' && Object.hasOwn(REASONS, word)).exactOptional(),
});

export const handler = (event: unknown, invocation: Invocation): Promise<Omit<ReplayPlanned, 'messages'>> =>
  observed('replay', invocation, async ({ info, count }) => {
    const { reason } = ReplayEvent.parse(event ?? {});
    const { ports, environment } = wiring();
    const { settings, retention } = environment;
    const version = attemptVersion(environment.version);
    const replayPorts = ports(invocation);
    const { messages, ...planned } = await planReplay(replayPorts, {
      settings,
      version,
      rawDays: retention.rawDays,
      ...(reason === undefined ? {} : { reason }),
    });
    const units = messages.map((message) => ({ ...message, rawPrefix: '', kind: 'replay' }));
    await queueUnits(replayPorts, settings, units);
    const { objects, records, unchanged } = planned;
    info('sealed for replay', { units: messages.length, objects, records, unchanged });
    count('ReplayedRecords', records);
    return planned;
  });
