import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Command } from 'commander';
import type { Console } from '../console.ts';
import { UsageError } from '../failure.ts';
import { byteCount } from '../terminal/figures.ts';
import { withLake } from './lake-session.ts';
import { calendarDay, examples, existingLake, jsonOption, type LakeFolder, lakeOption } from './options.ts';

interface ReportFlags extends LakeFolder {
  out: string;
  from?: string;
  to?: string;
  title?: string;
}

export const reportCommand = (to: Console): Command =>
  new Command('report')
    .description('write the deliverability report, one HTML page')
    .requiredOption('--out <file>', 'the page, such as report.html')
    .option('--from <day>', 'first send day, such as 2026-01-31; the newest weeks unless told', calendarDay)
    .option('--to <day>', 'last send day', calendarDay)
    .option('--title <text>', 'its heading')
    .addOption(lakeOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        ['report --out report.html'],
        ['report --out july.html --from 2026-07-01 --to 2026-07-31 --title "July"'],
      ),
    )
    .action(async ({ lake: folder, json, ...options }: ReportFlags) => {
      const { out, from, to: until } = options;
      if (from !== undefined && until !== undefined && from > until) {
        throw new UsageError(`--from ${from} is after --to ${until}`, 'swap the two');
      }
      if (existsSync(out) && statSync(out).isDirectory())
        throw new UsageError(`--out: ${out} is a folder`, 'name a file in it');
      existingLake(folder);
      mkdirSync(dirname(resolve(out)), { recursive: true });
      const { writeReport } = await import('../report/index.ts');
      const { bytes } = await withLake({ lake: folder }, ({ engine }) => writeReport(engine, options));
      if (json) return to.json({ file: out, bytes });
      await to.print([`Wrote ${out} (${byteCount(bytes)}): open it in a browser.`]);
    });
