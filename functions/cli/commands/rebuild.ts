/** The command `rebuild`: reads raw data again with today's code and settings, compares, and switches readers on command. */
import { Command } from 'commander';
import { EXIT, UsageError } from '#host/failure.ts';
import { count, counted, duration } from '#host/figures.ts';
import { cutText, safeText } from '#host/safe-text.ts';
import type { ColumnDifference, CountDifference, DayDifference } from '#lake/steps/rebuild/compare.ts';
import type { Standing } from '#lake/steps/rebuild/hand-out.ts';
import type { RebuildDifference } from '#lake/steps/rebuild/preview.ts';
import type { UnmadeDay } from '#lake/steps/rebuild.ts';
import type { RebuildSummary } from '#local/run/rebuild.ts';
import type { Console } from '../console.ts';
import type { Palette } from '../terminal/palette.ts';
import { atStage, bill, callOf, isStage, type StageNames, withReadLake } from './lake-place.ts';
import {
  calendarDay,
  dayRange,
  examples,
  existingLake,
  jsonOption,
  type LakeFolder,
  lakeCommand,
  lakeOption,
  limitsOf,
  type RawFolders,
  rawFolders,
  rawsOption,
  type WorkerFlags,
  withLake,
  workerMemoryOption,
  workersOption,
} from './options.ts';

interface RebuildFlags extends RawFolders, WorkerFlags, StageNames {
  from?: string;
  to?: string;
  switch?: boolean;
  back?: boolean;
  drop?: boolean;
}

export const rebuildCommand = (to: Console): Command =>
  atStage(
    new Command('rebuild')
      .description("read raw data again with today's code and settings")
      .option('--from <day>', 'the first day whose rows are made anew', calendarDay)
      .option('--to <day>', 'the last one', calendarDay)
      .option('--switch', 'show readers what the rebuild has made')
      .option('--back', 'show readers what they had before the last switch; within a day')
      .option('--drop', 'give up the rebuild that is under way')
      .addOption(rawsOption())
      .addOption(lakeOption())
      .addOption(workersOption())
      .addOption(workerMemoryOption())
      .addOption(jsonOption())
      .addHelpText(
        'after',
        examples(
          ['rebuild', 'read all again, and say what would change; readers see nothing of it'],
          ['rebuild --from 2026-01-01 --to 2026-01-31'],
          ['rebuild --switch', 'from now on queries show it'],
          ['rebuild --back', 'as it was'],
          ['rebuild --stage production', 'how far a stage has come, and what would change'],
        ),
      )
      .action(async (flags: RebuildFlags) => {
        if ([flags.switch, flags.back, flags.drop].filter(Boolean).length > 1) {
          throw new UsageError('--switch, --back and --drop: only one at a time');
        }
        if (isStage(flags)) return rebuildOfStage(to, flags);
        existingLake(flags.lake);
        if (flags.switch || flags.back || flags.drop) return end(to, flags);
        const { from = null, to: last = null } = flags;
        if (from !== null && last !== null && from > last) throw new UsageError(`--from ${from} is after --to ${last}`);
        const { raw } = await rawFolders(flags);
        const { rebuildAll } = await import('#local/run/rebuild.ts');
        await withLake({ raw, lake: flags.lake }, async (lake) => {
          const options = { progress: to.progress, from, to: last, limits: limitsOf(flags) };
          const summary = await rebuildAll(lake, options);
          if (summary.unsettled !== null) to.warn(`the lake could not be settled before: ${summary.unsettled}`);
          if (flags.json) return to.json(summary);
          await to.print(summaryLines(summary, to, { lake: flags.lake }));
        });
      }),
  );

/**
 * A stage reads its raw data again by itself, with rights that people don't have: it is told how far it has come, and compared.
 * @throws UsageError for what only the stage does
 */
async function rebuildOfStage(to: Console, flags: RebuildFlags): Promise<void> {
  const { from, to: last } = flags;
  const begin = { do: 'begin', ...(from === undefined ? {} : { from }), ...(last === undefined ? {} : { to: last }) };
  const refuse = async (flag: string, event: object): Promise<never> => {
    const call = await callOf(flags, 'rebuild', event);
    throw new UsageError(`--${flag}: a stage reads its raw data again by itself`, `have it do so: ${call}`);
  };
  const own = (['from', 'to', 'raw', 'workers', 'workerMemory'] as const).find((one) => flags[one] !== undefined);
  if (own) await refuse(own, begin);
  const ends = (['switch', 'back', 'drop'] as const).find((one) => flags[one]);
  const [{ ATHENA_ROLLUP }, { newestRebuild }, { compareRebuild }, { standing }] = await Promise.all([
    import('#aws/athena-engine.ts'),
    import('#lake/protocol/rebuilds.ts'),
    import('#lake/steps/rebuild/preview.ts'),
    import('#lake/steps/rebuild/hand-out.ts'),
  ]);
  await withReadLake(flags, to, async (lake) => {
    const store = lake.ports.lake;
    const rebuild = await newestRebuild(store);
    const stands = await standing(store, null);
    if (!rebuild || !stands)
      throw new UsageError('there is no rebuild', `have one made: ${await callOf(flags, 'rebuild', begin)}`);
    const ending = (does: string): object => ({ do: does, rebuild: rebuild.n });
    if (ends) await refuse(ends, ending(ends));
    const difference = await compareRebuild({ lake: store, engine: lake.engine }, rebuild, lake.views, ATHENA_ROLLUP);
    if (flags.json) return to.json({ ...stands, ...difference, ...bill(lake) });
    await to.print(stageLines(stands, difference, to, await callOf(flags, 'rebuild', ending('switch'))));
  });
}

function* stageLines(
  stands: Standing,
  difference: RebuildDifference,
  { palette }: Console,
  switches: string,
): Generator<string> {
  const { rebuild, is, units, units_left: left } = stands;
  const read = `${count(units - left)} of ${counted(units, 'unit')} read again`;
  yield `${palette.bold(`Rebuild ${rebuild}`)} of ${daysOf(stands)}, ${is}: ${read}`;
  // What readers have been switched to is no difference any more.
  if (difference.days.length === 0) return;
  yield* differenceLines(difference, palette);
  yield '';
  if (is === 'made') yield `Readers see none of it yet. Switch them: ${switches}`;
  else yield 'Readers see none of it, and it is not all yet.';
}

async function end(to: Console, flags: RebuildFlags): Promise<void> {
  const [{ newestRebuild }, { dropRebuild }, { goBack }, { switchAll }] = await Promise.all([
    import('#lake/protocol/rebuilds.ts'),
    import('#lake/steps/rebuild.ts'),
    import('#lake/steps/rebuild/switch.ts'),
    import('#local/run/rebuild.ts'),
  ]);
  const folder = { lake: flags.lake };
  const { raw } = flags.switch ? await rawFolders(flags) : {};
  await withLake({ ...(raw === undefined ? {} : { raw }), lake: flags.lake }, async (lake) => {
    const rebuild = await newestRebuild(lake.ports.lake);
    if (!rebuild) throw new UsageError('there is no rebuild', `make one: ${lakeCommand('rebuild', folder)}`);
    if (flags.drop) {
      const is = await dropRebuild(lake.ports, rebuild.n);
      if (is === 'switched')
        throw new UsageError(`readers have been switched to rebuild ${rebuild.n}`, 'go back: --back');
      if (flags.json) return to.json({ rebuild: rebuild.n, is });
      return to.print([`Rebuild ${rebuild.n} is dropped; its files go within three days.`]);
    }
    const done = flags.back ? await goBack(lake.ports, rebuild) : await switchAll(lake, rebuild, to.progress);
    if (flags.back) await (await import('#local/run/run.ts')).rollupAll(lake, to.progress);
    if (done.left.length > 0) process.exitCode = EXIT.failed;
    if (flags.json) return to.json({ rebuild: rebuild.n, ...done });
    const what = flags.back ? `what they had before rebuild ${rebuild.n}` : `rebuild ${rebuild.n}`;
    await to.print([`Readers see ${what}: ${counted(done.days, 'day')} of tables were switched.`]);
    if (done.left.length > 0) {
      const again = flags.back ? 'their former rows are gone, or they changed just now' : 'they changed meanwhile';
      to.warn(
        `${counted(done.left.length, 'day')} of tables stay as they were, as ${again}${flags.back ? '' : `; run ${lakeCommand('rebuild', folder)} and --switch again`}`,
      );
    }
    if (!flags.back) to.note(`the way back is open for a day: ${lakeCommand('rebuild --back', folder)}`);
  });
}

const MOST_SHOWN = 20;

function* summaryLines(summary: RebuildSummary, { palette }: Console, folder: LakeFolder): Generator<string> {
  const { rebuild, read, days, unmade, seconds } = summary;
  yield `${palette.bold(`Rebuild ${rebuild.n}`)} of ${daysOf(rebuild)}: ${counted(read.records, 'record')} read again in ${duration(seconds)}`;
  yield* differenceLines(summary, palette);
  yield* unmadeLines(unmade);
  if (days.length === 0) return;
  yield '';
  yield `Readers see none of it yet. Switch them: ${lakeCommand('rebuild --switch', folder)}`;
}

const daysOf = ({ from, to }: { from: string | null; to: string | null }): string =>
  from === null && to === null ? 'all days' : `${from ?? '…'} to ${to ?? '…'}`;

function* differenceLines({ days, columns, daily, rejected }: RebuildDifference, palette: Palette): Generator<string> {
  for (const [table, ofTable] of Map.groupBy(days, (day) => day.table)) yield tableLine(table, ofTable);
  yield '';
  if (columns.length === 0) yield 'No value of a row changes.';
  else yield palette.bold('Values that change');
  for (const { table, column, rows, days: on, example } of columns.slice(0, MOST_SHOWN)) {
    yield `  ${`${table}.${column}`.padEnd(32)} ${counted(rows, 'row')} on ${counted(on, 'day')}, such as ${exampleText(example)}`;
  }
  if (columns.length > MOST_SHOWN) yield `  and ${counted(columns.length - MOST_SHOWN, 'column')} more: see --json`;
  yield '';
  if (daily.length === 0) yield 'No count of deliverability_daily changes.';
  else yield palette.bold('Counts of deliverability_daily that change');
  for (const difference of daily) yield dailyLine(difference);
  if (rejected.length === 0) return;
  yield '';
  yield palette.bold('Records that could not be read');
  for (const { reason, before, after } of rejected) yield `  ${reason.padEnd(32)} ${count(before)} → ${count(after)}`;
  yield '  They stay in the raw objects; the table quarantine has those of the first reading.';
}

function tableLine(table: string, days: readonly DayDifference[]): string {
  const sum = (pick: (day: DayDifference) => number): number => days.reduce((total, day) => total + pick(day), 0);
  const [before, after, gone, added] = [
    sum((day) => day.before),
    sum((day) => day.after),
    sum((day) => day.gone),
    sum((day) => day.added),
  ];
  const moved = gone + added === 0 ? '' : `; ${count(gone)} go, ${count(added)} come`;
  return `  ${table.padEnd(18)} ${count(before)} rows before, ${count(after)} after, on ${counted(days.length, 'day')}${moved}`;
}

const LONGEST_VALUE = 40;

const exampleText = ({ key, before, after }: ColumnDifference['example']): string =>
  `${shown(before)} → ${shown(after)} (${safeText(cutText(key, LONGEST_VALUE))})`;

const shown = (value: string | null): string => (value === null ? 'NULL' : safeText(cutText(value, LONGEST_VALUE)));

const dailyLine = ({ column, before, after, days }: CountDifference): string =>
  `  ${column.padEnd(32)} ${count(before)} → ${count(after)}, on ${counted(days, 'send day')}`;

function* unmadeLines(unmade: readonly UnmadeDay[]): Generator<string> {
  for (const [why, days] of Map.groupBy(unmade, (day) => day.why)) {
    const [first, last] = [days[0]?.dt ?? '', days.at(-1)?.dt ?? ''];
    yield '';
    yield `${counted(days.length, 'day')} of tables stay as they are (${dayRange(first, last)}): ${why}`;
    const keys = [...new Set(days.flatMap((day) => day.keys))];
    for (const key of keys.slice(0, MOST_SHOWN)) yield `  ${safeText(key)}`;
    if (keys.length > MOST_SHOWN) yield `  and ${counted(keys.length - MOST_SHOWN, 'object')} more`;
  }
}
