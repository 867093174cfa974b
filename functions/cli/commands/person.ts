/** The command `person`: how one address stands, and what became of the latest mails to it. */
import { Command, Option } from 'commander';
import { WorkError } from '#host/failure.ts';
import { counted } from '#host/figures.ts';
import { safeText, wrapText } from '#host/safe-text.ts';
import type { Engine } from '#lake/ports.ts';
import { quoteText } from '#lake/sql/quote.ts';
import { type Row, rowsOf } from '#report/rows.ts';
import type { Console } from '../console.ts';
import { atStage, bill, type LakePlace, withReadLake } from './lake-place.ts';
import { examples, jsonOption, lakeOption, wholeNumber } from './options.ts';
import { loadTimelines, type MailTimeline, timelineLines } from './timeline.ts';

interface PersonFlags extends LakePlace {
  mails: number;
}

/** Null where nothing is known, or nothing is asked for. */
interface Standing {
  sent: number;
  delivered: number;
  opened_by_person: number;
  clicked_by_person: number;
  engagement_status: string | null;
  last_sent_at: string | null;
  last_delivered_at: string | null;
  suppression_reason: string | null;
  what_to_do: string | null;
}

export const personCommand = (to: Console): Command =>
  atStage(
    new Command('person')
      .description('print how one address stands, and what became of the latest mails to it')
      .argument('<address>', 'in upper or lower case')
      .addOption(new Option('--mails <n>', 'the latest so many').argParser(wholeNumber(1)).default(10))
      .addOption(lakeOption())
      .addOption(jsonOption())
      .addHelpText('after', examples(['person ann@example.com'], ['person ann@example.com --mails 100 --json']))
      .action(async (address: string, { json, mails: most, ...place }: PersonFlags) =>
        withReadLake(place, to, async (lake) => {
          const { engine } = lake;
          const { addressInRows } = await import('./address-in-rows.ts');
          const key = quoteText(await addressInRows(address, lake));
          const standing = await loadStanding(engine, key);
          const mails = await loadTimelines(
            engine,
            `recipient_key = ${key} and message_id in (select message_id from events where recipient_key = ${key} group by message_id order by max(sent_at) desc, message_id limit ${most})`,
          );
          if (mails.length === 0) {
            throw new WorkError(
              `there is no mail to ${address}`,
              'an address is compared as a whole; opens and clicks of mail to several people are nobody’s',
            );
          }
          return json
            ? to.json({ ...standing, mails, ...bill(lake) })
            : to.print(personLines(address, standing, mails, to));
        }),
      ),
  );

async function loadStanding(engine: Pick<Engine, 'query'>, key: string): Promise<Standing | null> {
  const [row] = rowsOf(
    await engine.query(`select
  engaged.sent,
  engaged.delivered,
  engaged.human_opened,
  engaged.human_clicked,
  engaged.engagement_status,
  cast(cast(engaged.last_sent_at as date) as varchar) as last_sent,
  cast(cast(engaged.last_delivered_at as date) as varchar) as last_delivered,
  suppression_reason,
  what_to_do
from recipient_engagement as engaged
left join suppression_candidates as candidates on candidates.recipient_key = engaged.recipient_key
where engaged.recipient_key = ${key}`),
  );
  return row ? standingOf(row) : null;
}

const standingOf = (row: Row): Standing => ({
  sent: row.number('sent'),
  delivered: row.number('delivered'),
  opened_by_person: row.number('human_opened'),
  clicked_by_person: row.number('human_clicked'),
  engagement_status: row.maybeText('engagement_status'),
  last_sent_at: row.maybeText('last_sent'),
  last_delivered_at: row.maybeText('last_delivered'),
  suppression_reason: row.maybeText('suppression_reason'),
  what_to_do: row.maybeText('what_to_do'),
});

/** In place of a status's name. */
const ENGAGEMENT: Readonly<Record<string, string>> = {
  active: 'a person opened or clicked lately',
  lapsed: 'a person opened or clicked once, but not lately',
  never: 'no person ever opened or clicked',
  never_delivered: 'nothing has arrived',
  unknown: 'a proxy hides whether a person opens',
};

function* personLines(
  address: string,
  standing: Standing | null,
  mails: readonly MailTimeline[],
  to: Console,
): Generator<string> {
  const { palette, width } = to;
  yield palette.bold(safeText(address));
  if (standing) {
    const { sent, delivered, opened_by_person, clicked_by_person, last_delivered_at } = standing;
    yield `  ${counted(sent, 'mail')} sent, ${delivered} delivered; a person opened ${opened_by_person} and clicked in ${clicked_by_person}`;
    const engagement = ENGAGEMENT[standing.engagement_status ?? ''];
    if (engagement !== undefined) yield `  ${engagement}`;
    if (last_delivered_at !== null) yield `  last delivered on ${last_delivered_at}`;
    if (standing.suppression_reason !== null) {
      const text = `write no more: ${standing.suppression_reason.replaceAll('_', ' ')}. ${standing.what_to_do ?? ''}`;
      for (const line of wrapText(safeText(text.trim()), width - 2)) yield `  ${palette.yellow(line)}`;
    }
  }
  yield '';
  yield* timelineLines(mails, to);
}
