/** The command `transform`: step 2 of run. */
import { Command } from 'commander';
import { didYouMean, UsageError } from '#host/failure.ts';
import { count, counted } from '#host/figures.ts';
import { type OpenUnit, openUnits } from '#lake/protocol/open-units.ts';
import { decidedUnits } from '#lake/protocol/records.ts';
import type { LocalLake } from '#local/lake.ts';
import type { Console } from '../console.ts';
import {
  examples,
  existingLake,
  type Folders,
  jsonOption,
  LAKE,
  lakeCommand,
  lakeOption,
  limitsOf,
  rawFolder,
  rawOption,
  type WorkerFlags,
  withLake,
  workerMemoryOption,
  workersOption,
} from './options.ts';
import { countLines, warnOfObjects } from './run.ts';

export const transformCommand = (to: Console): Command =>
  new Command('transform')
    .description('step 2 of run: read units, write live tables')
    .argument('[unit]', 'only this unit; all that have no outcome unless named')
    .addOption(rawOption())
    .addOption(lakeOption())
    .addOption(workersOption())
    .addOption(workerMemoryOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        ['transform --raw path/to/raw'],
        ['transform 2026-01-31-0123456789ab-0-0 --raw path/to/raw', 'one unit'],
      ),
    )
    .action(async (unit: string | undefined, flags: Folders & WorkerFlags) => {
      const raw = await rawFolder(flags);
      existingLake(flags.lake);
      const { transformAll, sumOutcomes } = await import('#local/run/run.ts');
      const summary = await withLake({ raw, lake: flags.lake }, async (lake) =>
        sumOutcomes(await transformAll(lake, await unitsToDo(lake, unit), to.progress, limitsOf(flags))),
      );
      warnOfObjects(to, { ...summary, changed_objects: [] }, flags);
      if (flags.json) return to.json(summary);
      const { units, objects, records, rows } = summary;
      if (units === 0) {
        return to.print([
          unit ? `Nothing to do: ${unit} has its outcome.` : 'Nothing to do: every unit has its outcome.',
        ]);
      }
      await to.print([
        `${counted(units, 'unit')}: ${counted(records, 'record')} of ${counted(objects, 'object')}`,
        ...countLines(summary),
        `  rows        events ${count(rows.events)}, headers ${count(rows.headers)}, clicks ${count(rows.clicks)}`,
      ]);
      to.note(`the step after it: ${lakeCommand('settle', { lake: flags.lake })}`);
    });

/** @throws UsageError if a unit is named that no plan knows */
async function unitsToDo({ ports }: LocalLake, unit: string | undefined): Promise<OpenUnit[]> {
  const open = await openUnits(ports.lake);
  if (unit === undefined) return open;
  // Of a unit that was split, its open halves.
  const found = open.filter((candidate) => candidate.unit.replace(/[ab]+$/, '') === unit || candidate.unit === unit);
  if (found.length > 0) return found;
  const decided = await decidedUnits(ports.lake);
  if (decided.has(unit)) return [];
  const known = [...open.map((candidate) => candidate.unit), ...decided];
  throw new UsageError(`no plan has a unit ${unit}`, didYouMean(unit, known) ?? `units are made by: ${LAKE} plan`);
}
