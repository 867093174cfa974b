/** Lambda, hourly: finds the days that may be settled and hands each, with its table, to a worker. */
import { type Invocation, observed } from '#aws/observed.ts';
import { sendDays } from '#aws/sqs-queue.ts';
import { openUnits } from '#lake/protocol/open-units.ts';
import { daysToSettle } from '#lake/steps/settle.ts';
import { wiring } from './wiring.ts';

export const handler = (_event: unknown, invocation: Invocation): Promise<void> =>
  observed('settle', invocation, async ({ info, count }) => {
    const { ports, environment, clients } = wiring();
    const { lake, clock } = ports(invocation);
    const { settings, queues } = environment;
    const open = await openUnits(lake);
    const days = await Array.fromAsync(daysToSettle({ lake, clock }, { settings, open }));
    await sendDays(clients.sqs, queues.settle, days);
    info('handed out', { days: days.length, open: open.length });
    count('SettleDays', days.length);
  });
