/** The command `message`: what became of one mail, event by event. */
import { Command } from 'commander';
import { WorkError } from '#host/failure.ts';
import { quoteText } from '#lake/sql/quote.ts';
import type { Console } from '../console.ts';
import { atStage, bill, type LakePlace, withReadLake } from './lake-place.ts';
import { examples, jsonOption, lakeCommand, lakeOption } from './options.ts';
import { loadTimelines, timelineLines } from './timeline.ts';

export const messageCommand = (to: Console): Command =>
  atStage(
    new Command('message')
      .description('print what became of one mail, in words')
      .argument('<id>', 'its message id, as SES or Pinpoint has given it')
      .addOption(lakeOption())
      .addOption(jsonOption())
      .addHelpText('after', examples(['message 0102019a7c3d5e10-3f2a…'], ['message 0102019a7c3d5e10-3f2a… --json']))
      .action(async (id: string, { json, ...place }: LakePlace) =>
        withReadLake(place, to, async (lake) => {
          const mails = await loadTimelines(lake.engine, `message_id = ${quoteText(id.trim())}`);
          if (mails.length === 0) {
            const hint = `the newest ids: ${lakeCommand('query "select message_id, sent_at, subject from events order by sent_at desc limit 10"', place)}`;
            throw new WorkError(`there is no mail with the id ${id}`, hint);
          }
          return json ? to.json({ mails, ...bill(lake) }) : to.print(timelineLines(mails, to));
        }),
      ),
  );
