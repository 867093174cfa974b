/** The command `plan`: step 1 of run. */

import { Command } from 'commander';
import { byteCount, counted } from '#host/figures.ts';
import { keepRaw } from '#local/raw/known-folder.ts';
import type { Console } from '../console.ts';
import {
  examples,
  jsonOption,
  lakeCommand,
  lakeOption,
  type RawFolders,
  rawFolders,
  rawsOption,
  withLake,
  writableFolder,
} from './options.ts';
import { warnOfObjects, warnOfUnread } from './run.ts';

export const planCommand = (to: Console): Command =>
  new Command('plan')
    .description('step 1 of run: seal new raw objects into units')
    .addOption(rawsOption())
    .addOption(lakeOption())
    .addOption(jsonOption())
    .addHelpText('after', examples(['plan --raw path/to/raw'], ['transform --raw path/to/raw', 'the step after it']))
    .action(async (flags: RawFolders) => {
      const { raw, added } = await rawFolders(flags);
      writableFolder(flags.lake, '--lake');
      keepRaw(flags.lake, raw, added);
      const { planAll } = await import('#local/run/run.ts');
      const { openUnits } = await import('#lake/protocol/open-units.ts');
      const result = await withLake({ raw, lake: flags.lake }, async (lake) => {
        const { objects, bytes, units, known, changed } = await planAll(lake, to.progress);
        return {
          objects,
          bytes,
          units: units.map(({ unit }) => unit),
          known_objects: known,
          changed_objects: changed,
          unread: [...lake.unread].map(([path, why]) => ({ path, why })),
          open_units: (await openUnits(lake.ports.lake)).length,
        };
      });
      warnOfObjects(to, { changed_objects: result.changed_objects, missing_objects: [] }, { lake: flags.lake });
      warnOfUnread(to, result.unread);
      if (flags.json) return to.json(result);
      const { objects, bytes, units, known_objects, open_units } = result;
      await to.print([
        objects > 0
          ? `Sealed ${counted(objects, 'object')} (${byteCount(bytes)}) into ${counted(units.length, 'unit')}:`
          : nothingNew(known_objects),
        ...units.map((unit) => `  ${unit}`),
      ]);
      if (open_units > 0)
        to.note(
          `${counted(open_units, 'unit waits', 'units wait')} for: ${lakeCommand('transform', { lake: flags.lake })}`,
        );
    });

const nothingNew = (known: number): string =>
  known > 0
    ? `Nothing new: ${counted(known, 'object was', 'objects were')} planned before.`
    : 'Nothing to plan: the raw folder holds no objects.';
