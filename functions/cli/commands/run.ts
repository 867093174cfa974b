/** The command `run`: reads new raw objects into the lake, in all four steps. */
import { Command } from 'commander';
import { EXIT } from '#host/failure.ts';
import { byteCount, count, counted, duration } from '#host/figures.ts';
import { safeText, wrapText } from '#host/safe-text.ts';
import { keepRaw } from '#local/raw/known-folder.ts';
import type { RunSummary } from '#local/run/run.ts';
import type { Console } from '../console.ts';
import type { Palette } from '../terminal/palette.ts';
import {
  examples,
  type Folders,
  jsonOption,
  lakeCommand,
  lakeOption,
  limitsOf,
  type RawFolders,
  rawFolders,
  rawsOption,
  type WorkerFlags,
  warnOfOtherSettings,
  withLake,
  workerMemoryOption,
  workersOption,
  writableFolder,
} from './options.ts';

interface RunFlags extends RawFolders, WorkerFlags {
  now?: boolean;
  expire?: boolean;
}

export const runCommand = (to: Console): Command =>
  new Command('run')
    .description('read new raw objects into the lake')
    .addOption(rawsOption())
    .addOption(lakeOption())
    .option('--now', 'settle days that are not finished yet, too')
    .option('--expire', 'let days go whose retention is over, however many they are')
    .addOption(workersOption())
    .addOption(workerMemoryOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        ['run --raw path/to/raw', 'into the lake in .lake/lake'],
        ['run --raw path/to/raw --lake path/to/lake --json'],
        ['run --raw path/to/events.json.gz --lake path/to/lake', 'a single file'],
        ['run --raw s3://bucket/prefix', 'read from S3, with the credentials that the AWS CLI has'],
        ['run --raw path/to/ses --raw s3://bucket/pinpoint', 'several folders or buckets into one lake'],
        ['run', 'again: the lake knows where its raw data lies'],
      ),
    )
    .action(async (flags: RunFlags) => {
      const { raw, added } = await rawFolders(flags);
      writableFolder(flags.lake, '--lake');
      keepRaw(flags.lake, raw, added);
      const { runAll } = await import('#local/run/run.ts');
      await withLake({ raw, lake: flags.lake }, async (lake) => {
        const options = {
          progress: to.progress,
          includeUnfinished: flags.now ?? false,
          expireAll: flags.expire ?? false,
          limits: limitsOf(flags),
        };
        const summary = await runAll(lake, options);
        warnOfObjects(to, summary, { lake: flags.lake });
        warnOfUnread(to, summary.unread);
        warnOfOtherSettings(to, summary.other_settings_days, { lake: flags.lake });
        warnOfHeld(to, summary.held_days, { lake: flags.lake });
        if (flags.json) return to.json(summary);
        await to.print(summaryLines(summary, to.palette));
        if (summary.objects + summary.known_objects === 0) return;
        // In an hourly run, numbers that have not changed are not printed again.
        if (summary.rolled_up_days > 0) {
          const { findings, findingsLines } = await import('./headlines.ts');
          const found = await lake.engine.atOneMoment((engine) => findings({ ...lake, engine }));
          await to.print(findingsLines(found, to));
        }
        const { lake: folder } = flags;
        to.note(`the report: ${lakeCommand('report --out report.html', { lake: folder })}`);
        to.note(`look closer: ${lakeCommand('query "select * from deliverability_daily"', { lake: folder })}`);
      });
    });

type Problems = Pick<RunSummary, 'changed_objects' | 'missing_objects'> & Partial<Pick<RunSummary, 'poison_objects'>>;

/** Raw objects that could not be read, or not as they were planned. */
export function warnOfObjects(
  to: Pick<Console, 'warn'>,
  { changed_objects, missing_objects, poison_objects = [] }: Problems,
  folders: Partial<Folders> = {},
): void {
  for (const { key, why } of poison_objects.slice(0, MOST_NAMED)) {
    to.warn(`raw object quarantined unread, as reading it failed three times: ${safeText(key)} (${safeText(why)})`);
  }
  if (poison_objects.length > MOST_NAMED) {
    to.warn(
      `and ${count(poison_objects.length - MOST_NAMED)} more, see: ${lakeCommand('quarantine --reason poison', folders)}`,
    );
  }
  for (const [keys, what] of [
    [changed_objects, 'rewritten after it was planned; raw data is read once and never again'],
    [
      missing_objects,
      'gone before it could be read; put it back and run quarantine --replay, or put it under another name',
    ],
  ] as const) {
    for (const key of keys.slice(0, MOST_NAMED)) to.warn(`raw object ${what}: ${safeText(key)}`);
    if (keys.length > MOST_NAMED)
      to.warn(`and ${count(keys.length - MOST_NAMED)} more, see: ${lakeCommand('audit', folders)}`);
  }
}

/** What of the raw folder could not be read: the rest is done, and the exit code says that not all of it is. */
export function warnOfUnread(to: Pick<Console, 'warn'>, unread: RunSummary['unread']): void {
  for (const { path, why } of unread.slice(0, MOST_NAMED)) {
    to.warn(`can't be read, and is left out: ${safeText(path)} (${safeText(why)})`);
  }
  if (unread.length > MOST_NAMED) to.warn(`and ${count(unread.length - MOST_NAMED)} more: --json names them all`);
  if (unread.length > 0) process.exitCode = EXIT.failed;
}

/** So many days are due as a wrong retention would make due. */
function warnOfHeld(to: Pick<Console, 'warn'>, held: RunSummary['held_days'], folders: Partial<Folders>): void {
  for (const { table, days, last } of held)
    to.warn(
      `${counted(days, 'day')} of ${table}, up to ${last}, are older than settings.json keeps them, and so many wait for your word: ${lakeCommand('run --expire', folders)}`,
    );
}

const MOST_NAMED = 5;

/** The run in a few lines, by the counting law. */
export function* summaryLines(summary: RunSummary, palette: Palette): Generator<string> {
  const { removed_files, removed_bytes, expired_days } = summary;
  yield* readLines(summary, palette);
  if (expired_days > 0) {
    yield palette.dim(`  ${counted(expired_days, 'day')} of tables have expired: their files go a day later`);
  }
  if (removed_files > 0) {
    const what = `removed ${counted(removed_files, 'file')} that nobody reads any more (${byteCount(removed_bytes)})`;
    yield palette.dim(`  ${what}`);
  }
}

function* readLines(summary: RunSummary, { bold, dim }: Palette): Generator<string> {
  const { objects, records, known_objects, settled_days, rolled_up_days, seconds, rows } = summary;
  const later = [
    ...(settled_days > 0 ? [`settled ${counted(settled_days, 'day')}`] : []),
    ...(rolled_up_days > 0 ? [`recomputed ${counted(rolled_up_days, 'send day')}`] : []),
  ].join(', ');
  if (objects === 0) {
    yield known_objects > 0
      ? `${bold('Nothing new')}: ${counted(known_objects, 'object was', 'objects were')} already in the lake.`
      : `${bold('Nothing to do')}: the raw folder holds no objects.`;
    if (later !== '') yield `${later} (${duration(seconds)})`;
    return;
  }
  yield `${bold(counted(records, 'record'))} of ${counted(objects, 'object')} in ${duration(seconds)}`;
  yield* countLines(summary);
  yield `  rows        events ${count(rows.events)}, headers ${count(rows.headers)}, clicks ${count(rows.clicks)}`;
  if (later !== '') yield `  days        ${later}`;
  if (known_objects > 0) yield dim(`  ${counted(known_objects, 'object was', 'objects were')} already in the lake`);
}

const LINE_WIDTH = 80;
/** where figures stand */
const INDENT = 14;

/** Each kind of what became of records, with its parts. */
export function* countLines(
  summary: Pick<RunSummary, 'accepted' | 'duplicate' | 'skipped' | 'quarantined' | 'erased'>,
): Generator<string> {
  const { accepted, duplicate, skipped, quarantined, erased } = summary;
  yield `  accepted    ${count(accepted)}`;
  if (duplicate > 0) yield `  duplicate   ${count(duplicate)}`;
  if (erased > 0) yield `  erased      ${count(erased)} (about persons who were forgotten)`;
  for (const [name, parts] of [
    ['skipped', skipped],
    ['quarantined', quarantined],
  ] as const) {
    const total = Object.values(parts).reduce((sum, n) => sum + n, 0);
    if (total === 0) continue;
    const lines = wrapText(`${count(total)} (${largest(parts)})`, LINE_WIDTH - INDENT);
    for (const [i, line] of lines.entries()) yield `  ${(i === 0 ? name : '').padEnd(INDENT - 3)} ${line}`;
  }
}

/** The largest parts by name; names are whatever the data says. */
function largest(parts: Record<string, number>, most = 4): string {
  const sorted = Object.entries(parts).sort(([, a], [, b]) => b - a);
  const shown = sorted.slice(0, most).map(([name, n]) => `${safeText(name)} ${count(n)}`);
  const left = sorted.length - shown.length;
  return left > 0 ? `${shown.join(', ')}, ${counted(left, 'other kind')}` : shown.join(', ');
}
