/** The command `report`: writes the HTML report. */

import { Command, InvalidArgumentError } from 'commander';
import { UsageError } from '#host/failure.ts';
import { byteCount } from '#host/figures.ts';
import { safeText } from '#host/safe-text.ts';
import type { Engine } from '#lake/ports.ts';
import { daysOfOtherSettings } from '#lake/protocol/other-settings.ts';
import type { Console } from '../console.ts';
import { atStage, bill, isStage, type LakePlace, withReadLake } from './lake-place.ts';
import {
  calendarDay,
  examples,
  existingLake,
  jsonOption,
  lakeOption,
  refuseFolder,
  warnOfOtherSettings,
  writableFile,
} from './options.ts';

interface ReportFlags extends LakePlace {
  out: string;
  from?: string;
  to?: string;
  campaign?: string;
  domain?: string;
  tenant?: string;
  dimension?: Readonly<Record<string, string>>;
  by?: string;
  title?: string;
}

export const reportCommand = (to: Console): Command =>
  atStage(
    new Command('report')
      .description('write the deliverability report, one HTML page')
      .requiredOption('--out <file>', 'the page, such as report.html')
      .option('--from <day>', 'first send day, such as 2026-01-31; by default the newest weeks', calendarDay)
      .option('--to <day>', 'last send day', calendarDay)
      .option('--campaign <id>', 'only mail of this campaign')
      .option('--domain <domain>', 'only mail from this domain')
      .option('--tenant <name>', 'only mail for this tenant')
      .option(
        '--dimension <tag=value>',
        'only mail with this value of a tag that is a dimension; may be repeated',
        taggedValue,
      )
      .option('--by <property>', 'a section by tenant, campaign, domain, or a tag that is a dimension')
      .option('--title <text>', 'its heading')
      .addOption(lakeOption())
      .addOption(jsonOption())
      .addHelpText(
        'after',
        examples(
          ['report --out report.html'],
          ['report --out news.html --domain news.example.com'],
          ['report --out blue.html --dimension team=blue --by tenant'],
          ['report --out july.html --from 2026-07-01 --to 2026-07-31 --title "July"'],
        ),
      )
      .action(async ({ dimension: dimensions = {}, ...flags }: ReportFlags) => {
        const { out, from, to: until, tenant, by, json } = flags;
        if (from !== undefined && until !== undefined && from > until) {
          throw new UsageError(`--from ${from} is after --to ${until}`, 'swap the two');
        }
        refuseFolder(out, '--out');
        if (!isStage(flags)) existingLake(flags.lake);
        writableFile(out, '--out');
        await withReadLake(flags, to, async (lake) => {
          // Loaded while the engine reads what is asked first.
          const write = async (engine: Pick<Engine, 'query'>) =>
            (await import('#report/index.ts')).writeReport({ ...lake, engine }, { ...flags, dimensions });
          const { bytes } = await (lake.engine.atOneMoment?.(write) ?? write(lake.engine));
          if (Object.keys(dimensions).length > 0 || tenant !== undefined || by !== undefined)
            warnOfOtherSettings(to, await daysOfOtherSettings(lake.ports.lake, lake.settings), flags);
          if (json) return to.json({ file: out, bytes, ...bill(lake) });
          await to.print([`Wrote ${safeText(out)} (${byteCount(bytes)}): open it in a browser.`]);
        });
      }),
  );

/** `team=blue`, after those before it. @throws InvalidArgumentError, which commander words */
function taggedValue(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It takes a tag and its value, such as team=blue.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}
