/** The command `report`: writes the HTML report. */

import { Command, InvalidArgumentError } from 'commander';
import { UsageError } from '#host/failure.ts';
import { byteCount } from '#host/figures.ts';
import { safeText } from '#host/safe-text.ts';
import { daysOfOtherSettings } from '#lake/protocol/other-settings.ts';
import type { Console } from '../console.ts';
import {
  calendarDay,
  examples,
  existingLake,
  jsonOption,
  type LakeFolder,
  lakeOption,
  refuseFolder,
  warnOfOtherSettings,
  withLake,
  writableFile,
} from './options.ts';

interface ReportFlags extends LakeFolder {
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
    .action(async ({ lake: folder, json, dimension: dimensions = {}, ...options }: ReportFlags) => {
      const { out, from, to: until } = options;
      if (from !== undefined && until !== undefined && from > until) {
        throw new UsageError(`--from ${from} is after --to ${until}`, 'swap the two');
      }
      refuseFolder(out, '--out');
      existingLake(folder);
      writableFile(out, '--out');
      const { writeReport } = await import('#report/index.ts');
      const { bytes } = await withLake({ lake: folder }, async (lake) => {
        const report = await writeReport(lake, { ...options, dimensions });
        if (Object.keys(dimensions).length > 0 || options.tenant !== undefined || options.by !== undefined)
          warnOfOtherSettings(to, await daysOfOtherSettings(lake.ports.lake, lake.settings), { lake: folder });
        return report;
      });
      if (json) return to.json({ file: out, bytes });
      await to.print([`Wrote ${safeText(out)} (${byteCount(bytes)}): open it in a browser.`]);
    });

/** `team=blue`, after those before it. @throws InvalidArgumentError, which commander words */
function taggedValue(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It takes a tag and its value, such as team=blue.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}
