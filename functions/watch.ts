/** Lambda, hourly and daily: tells what is wrong with the mail, once, and when it is over. */
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { type ChannelOptions, publish, putEvent } from '#aws/alert-channels.ts';
import { type Invocation, observed } from '#aws/observed.ts';
import { alertTopic } from '#aws/stage-names.ts';
import { type Messenger, tellNews } from '#report/alerts/tell.ts';
import { lookAt } from '#report/alerts/watch.ts';
import { chatOf, eventOf, headlineOf, textOf } from '#report/alerts/words.ts';
import { wiring } from './wiring.ts';

/** `daily`: the send days, after the nightly rollup; `hourly`: the hours just past. */
const WatchEvent = z.strictObject({ reach: z.enum(['hourly', 'daily']) });

/** Lambda says in whose account and region it runs. */
type Located = Invocation & Pick<Context, 'invokedFunctionArn'>;

export const handler = (event: unknown, invocation: Located): Promise<void> =>
  observed('watch', invocation, async ({ info, problem, count }) => {
    const { reach } = WatchEvent.parse(event);
    const { ports, environment, clients, sql } = wiring();
    const { settings, endpoint, app, stage } = environment;
    const [, partition, , region, account] = invocation.invokedFunctionArn.split(':');
    const topic = `arn:${partition}:sns:${region}:${account}:${alertTopic({ app, stage })}`;
    const { lake, engine, clock } = ports(invocation);
    const { views } = await sql();
    const look = await lookAt(reach, { engine, views, settings }, { now: clock.now(), store: lake });
    const messengers = channels(topic, `${app} ${stage}`, { caller: clients.s3.config, endpoint });
    const { told, failures, open } = await tellNews({ lake, clock }, messengers, look);
    for (const { id, what, finding } of told)
      info('told', { id, what, trouble: finding.trouble, gravity: finding.level });
    info('watched', { reach, found: look.findings.length, open: open.length });
    count('Alerts', told.length);
    for (const failure of failures) problem('an alert could not be told, and is tried again', failure);
    if (failures.length > 0) throw new Error('alerts could not be told');
  });

const channels = (topic: string, from: string, options: ChannelOptions): Messenger[] => [
  {
    channel: 'topic',
    tell(alert, isRepeat) {
      const { what, finding } = alert;
      const { trouble, level } = finding;
      const message = {
        subject: headlineOf(alert),
        text: `${textOf(alert, isRepeat)} of ${from}\n`,
        chat: chatOf(alert, isRepeat),
        event: eventOf(alert, isRepeat),
        attributes: { what, trouble, level },
      };
      return publish(topic, message, options);
    },
  },
  { channel: 'bus', tell: (alert, isRepeat) => putEvent({ from, ...eventOf(alert, isRepeat) }, options) },
];
