/** The command `files`: lists the files that a table consists of now. */
import { Command } from 'commander';
import { byteCount, counted } from '#host/figures.ts';
import { safeText } from '#host/safe-text.ts';
import type { Console } from '../console.ts';
import { parquetTable } from './export.ts';
import { atStage, type LakePlace, withReadLake } from './lake-place.ts';
import { examples, jsonOption, lakeOption } from './options.ts';

export const filesCommand = (to: Console): Command =>
  atStage(
    new Command('files')
      .description('list the files that a table is made of now')
      .argument('<table>', 'such as events')
      .addOption(lakeOption())
      .addOption(jsonOption())
      .addHelpText(
        'after',
        examples(['files events', 'one path a line'], ['files events --json', 'with the day and bytes of each']),
      )
      .action(async (name: string, { json, ...place }: LakePlace) => {
        const table = parquetTable(name);
        const files = await withReadLake(place, to, ({ engine }) => engine.files(table));
        if (json)
          return to.json({ table: table.name, files: files.map(({ dt, path, bytes }) => ({ dt, path, bytes })) });
        await to.print(files.map(({ path }) => safeText(path)));
        to.note(`${counted(files.length, 'file')}, ${byteCount(files.reduce((sum, { bytes }) => sum + bytes, 0))}`);
      }),
  );
