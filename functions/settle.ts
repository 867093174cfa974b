/** Lambda, hourly: finds the days that may be settled, and queues each with its table. */
import * as z from 'zod';
import { type Invocation, observed } from '#aws/observed.ts';
import { sendDays } from '#aws/sqs-queue.ts';
import { recentlyOpenUnits } from '#lake/protocol/open-units.ts';
import { daysToSettle } from '#lake/steps/settle.ts';
import { SETTLED_TABLES } from '#lake/tables/index.ts';
import { wiring } from './wiring.ts';

/** Days of tables that one hour computes again after a change of the rules: a limit on cost when years are outdated. */
const MOST_OUTDATED = 10;

/**
 * Every day that may be settled, or one that a person names. For a day without unsettled files the workers do nothing.
 */
const SettleEvent = z.object({
  day: z
    .string()
    .regex(/^\d{4}-\d\d-\d\d$/)
    .exactOptional(),
});

export const handler = (event: unknown, invocation: Invocation): Promise<void> =>
  observed('settle', invocation, async ({ info, count }) => {
    const { day } = SettleEvent.parse(event ?? {});
    const { ports, environment, clients } = wiring();
    const { lake, clock } = ports(invocation);
    const { settings, queues } = environment;
    const open = await recentlyOpenUnits(lake, clock.now());
    const days =
      day === undefined
        ? await Array.fromAsync(daysToSettle({ lake, clock }, { settings, open, mostOutdated: MOST_OUTDATED }))
        : SETTLED_TABLES.map(({ name: table }) => ({ table, dt: day }));
    await sendDays(clients.sqs, queues.settle, days);
    info('handed out', { days: days.length, open: open.length });
    count('SettleDays', days.length);
  });
