/** The command `settle`: step 3 of run. */

import { Command } from 'commander';
import { counted } from '#host/figures.ts';
import type { Console } from '../console.ts';
import { calendarDay, examples, existingLake, jsonOption, type LakeFolder, lakeOption, withLake } from './options.ts';

interface SettleFlags extends LakeFolder {
  day?: string;
  now?: boolean;
}

export const settleCommand = (to: Console): Command =>
  new Command('settle')
    .description('step 3 of run: drop duplicates, sort, compact')
    .option('--day <day>', 'only this day, such as 2026-01-31', calendarDay)
    .option('--now', 'also days that are not finished, or were settled a short time ago')
    .addOption(lakeOption())
    .addOption(jsonOption())
    .addHelpText('after', examples(['settle'], ['settle --day 2026-01-31 --now', 'without waiting for its end']))
    .action(async ({ lake: folder, day, now, json }: SettleFlags) => {
      existingLake(folder);
      const { settleAll } = await import('#local/run/run.ts');
      const settled = await withLake({ lake: folder }, (lake) =>
        settleAll(lake, to.progress, { ...(day === undefined ? {} : { day }), includeUnfinished: now ?? false }),
      );
      if (json) return to.json({ settled });
      if (settled.length === 0) return to.print(['Nothing to settle: no finished day has anything new.']);
      await to.print(
        settled.map(
          ({ table, dt, generation, rows, duplicates }) =>
            `${dt}  ${table.padEnd(8)} generation ${generation}: ${counted(rows, 'row')}, ${counted(duplicates, 'duplicate')} dropped`,
        ),
      );
    });
