/** The command `rollup`: step 4 of run. */

import { Command } from 'commander';
import { counted } from '#host/figures.ts';
import type { Console } from '../console.ts';
import { examples, existingLake, jsonOption, type LakeFolder, lakeOption, withLake } from './options.ts';

export const rollupCommand = (to: Console): Command =>
  new Command('rollup')
    .description('step 4 of run: recompute recipient_messages')
    .addOption(lakeOption())
    .addOption(jsonOption())
    .addHelpText('after', examples(['rollup'], ['rollup --lake path/to/lake --json']))
    .action(async ({ lake: folder, json }: LakeFolder) => {
      existingLake(folder);
      const { rollupAll } = await import('#local/run/run.ts');
      const days = await withLake({ lake: folder }, (lake) => rollupAll(lake, to.progress));
      if (json) return to.json({ send_days: days });
      const filled = days.filter(({ rows }) => rows > 0);
      if (filled.length === 0) return to.print(['Nothing to recompute: recipient_messages is up to date.']);
      const rows = filled.reduce((sum, day) => sum + day.rows, 0);
      await to.print([
        `Recomputed ${counted(filled.length, 'send day')} of recipient_messages: ${counted(rows, 'row')}`,
        ...filled.map((day) => `  ${day.dt}  ${counted(day.rows, 'row')}`),
      ]);
    });
