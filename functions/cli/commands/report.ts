/** The command `report`: writes the HTML report. */

import { Command } from 'commander';
import { UsageError } from '#host/failure.ts';
import { byteCount } from '#host/figures.ts';
import { safeText } from '#host/safe-text.ts';
import type { Console } from '../console.ts';
import {
  calendarDay,
  examples,
  existingLake,
  jsonOption,
  type LakeFolder,
  lakeOption,
  refuseFolder,
  withLake,
  writableFile,
} from './options.ts';

interface ReportFlags extends LakeFolder {
  out: string;
  from?: string;
  to?: string;
  campaign?: string;
  domain?: string;
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
    .option('--title <text>', 'its heading')
    .addOption(lakeOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        ['report --out report.html'],
        ['report --out news.html --domain news.example.com'],
        ['report --out july.html --from 2026-07-01 --to 2026-07-31 --title "July"'],
      ),
    )
    .action(async ({ lake: folder, json, ...options }: ReportFlags) => {
      const { out, from, to: until } = options;
      if (from !== undefined && until !== undefined && from > until) {
        throw new UsageError(`--from ${from} is after --to ${until}`, 'swap the two');
      }
      refuseFolder(out, '--out');
      existingLake(folder);
      writableFile(out, '--out');
      const { writeReport } = await import('#report/index.ts');
      const { bytes } = await withLake({ lake: folder }, (lake) => writeReport(lake, options));
      if (json) return to.json({ file: out, bytes });
      await to.print([`Wrote ${safeText(out)} (${byteCount(bytes)}): open it in a browser.`]);
    });
