/** The command `audit`: checks that every raw object, record and file is accounted for, and repairs on request. */
import { existsSync } from 'node:fs';
import { Command, Option } from 'commander';
import { EXIT, explain, UsageError, WorkError } from '#host/failure.ts';
import { byteCount, count, counted } from '#host/figures.ts';
import { safeText } from '#host/safe-text.ts';
import { mayBeAcknowledged } from '#lake/steps/audit/acknowledged.ts';
import type { AuditOptions, AuditReport, Drift, DriftKind, Watch } from '#lake/steps/audit.ts';
import type { RepairOptions } from '#lake/steps/repair.ts';
import type { LocalLake } from '#local/lake.ts';
import { readBucketAddress } from '#local/raw/bucket-address.ts';
import type { Console } from '../console.ts';
import type { Palette } from '../terminal/palette.ts';
import { atStage, callOf, isStage, type StageNames, withReadLake } from './lake-place.ts';
import {
  examples,
  existingLake,
  type Folders,
  jsonOption,
  lakeCommand,
  lakeOption,
  namedRaw,
  rawFolder,
  rawOption,
  withLake,
} from './options.ts';
import { warnOfUnread } from './run.ts';

interface AuditFlags extends Folders, StageNames {
  repair?: boolean;
  deep?: boolean;
  /** the object, or all */
  acknowledge?: string | true;
}

export const auditCommand = (to: Console): Command =>
  atStage(
    new Command('audit')
      .description('check that everything is accounted for')
      .addOption(rawOption())
      .addOption(lakeOption())
      .option('--repair', 'run the missing steps, and remove files that nobody reads any more')
      .option('--deep', 'compare the bytes of live files, too, and not their sizes alone')
      .addOption(
        new Option(
          '--acknowledge [key]',
          'drifts that stay for good (of one object, or all) are known from now on: listed, but no drift',
        ).conflicts('repair'),
      )
      .addOption(jsonOption())
      .addHelpText(
        'after',
        examples(
          ['audit --raw path/to/raw'],
          ['audit --raw s3://bucket/prefix', 'raw data in S3'],
          ['audit --raw path/to/raw --repair', 'and mend what can be mended'],
          ['audit --raw path/to/raw --acknowledge', 'findings that no step can mend were seen'],
          ['audit --raw path/to/raw --json', 'every drift, as data'],
          ['audit --stage production', "the latest report of the stage's own audit"],
        ),
      )
      .action(async (flags: AuditFlags) => {
        if (isStage(flags)) return auditOfStage(flags, to);
        existingLake(flags.lake);
        const named = namedRaw(flags);
        const hasRaw = flags.raw !== undefined || readBucketAddress(named) !== null || existsSync(named);
        const raw = hasRaw ? await rawFolder(flags) : undefined;
        const { acknowledge, DRIFTS } = await import('#lake/steps/audit.ts');
        const { retentionOf } = await import('#local/run/collect-daily.ts');
        const { withCount } = await import('#local/run/with-progress.ts');
        let unread: LocalLake['unread'] = new Map();
        const report = await withLake({ lake: flags.lake, ...(raw === undefined ? {} : { raw }) }, (lake) => {
          unread = lake.unread;
          const isDeep = flags.deep ?? false;
          const { settings, views, rollupSelect: select } = lake;
          const watch: Watch = (look) => withCount('audit', 'entries', to.progress, look);
          const options = { settings, retention: retentionOf(lake), hasRaw, isDeep, views, select, watch };
          if (flags.repair) return repairLake(lake, options, to);
          if (flags.acknowledge === undefined) return auditLake(lake, options, to);
          return acknowledge(
            lake.ports,
            flags.acknowledge === true ? options : { ...options, only: flags.acknowledge },
          );
        });
        if (report.drifts.length > 0) process.exitCode = EXIT.drift;
        if ((report.failures ?? []).length > 0) process.exitCode = EXIT.failed;
        warnOfUnread(
          to,
          [...unread].map(([path, why]) => ({ path, why })),
        );
        const unchecked = hasRaw ? [] : [`raw data: there is no folder ${named}`];
        if (flags.json) return to.json({ ...report, not_checked: unchecked });
        await to.print(reportLines(report, { meanings: DRIFTS, unchecked, folders: flags }, to.palette));
      }),
  );

/**
 * A stage audits itself each day, with rights that people don't have: its latest report is shown.
 * @throws UsageError for what only the stage does
 */
async function auditOfStage(flags: AuditFlags, to: Console): Promise<void> {
  const [own] =
    Object.entries({ raw: flags.raw, repair: flags.repair, deep: flags.deep, acknowledge: flags.acknowledge }).find(
      ([, value]) => value !== undefined,
    ) ?? [];
  if (own !== undefined)
    throw new UsageError(
      own === 'deep'
        ? '--deep: the audit of a stage may read no rows; that bytes stay what they were is S3’s part'
        : `--${own}: a stage audits and mends itself`,
      `have it do so: ${await callOf(flags, 'audit', own === 'acknowledge' ? { reach: 'daily', acknowledge: flags.acknowledge } : { reach: 'all' })}`,
    );
  const { DRIFTS, latestReport } = await import('#lake/steps/audit.ts');
  const report = await withReadLake(flags, to, ({ ports }) => latestReport(ports.lake));
  if (report === null)
    throw new WorkError(
      'the stage has kept no audit yet',
      `it audits daily; now: ${await callOf(flags, 'audit', { reach: 'all' })}`,
    );
  if (report.drifts.length > 0) process.exitCode = EXIT.drift;
  if (flags.json) return to.json(report);
  to.note(`audited on ${new Date(report.checked_at).toISOString().slice(0, 16).replace('T', ' ')} UTC`);
  await to.print(reportLines(report, { meanings: DRIFTS, unchecked: [], folders: flags }, to.palette));
}

/** Also of a lake that may only be read, such as a backup: then its report is kept nowhere. */
async function auditLake({ ports }: LocalLake, options: AuditOptions, to: Console): Promise<AuditReport> {
  const { findDrift, writeReport } = await import('#lake/steps/audit.ts');
  const { report, refusal } = await findDrift(ports, options);
  if (refusal !== null) {
    to.warn(`what was compared is not remembered, the next audit does it again: ${explain(refusal).message}`);
  }
  try {
    await writeReport(ports, report);
  } catch (error) {
    to.warn(`the report is not kept in the lake: ${explain(error).message}`);
  }
  return report;
}

async function repairLake(lake: LocalLake, options: RepairWhat, to: Console): Promise<AuditReport> {
  const { repair } = await import('#lake/steps/repair.ts');
  const { transformAll } = await import('#local/run/run.ts');
  const { rebuildDay } = await import('#local/run/rebuild.ts');
  return repair(lake.ports, {
    ...options,
    ignorePace: true,
    transform: (units) => transformAll(lake, units, to.progress),
    ...(options.hasRaw ? { rebuildDay: (dt) => rebuildDay(lake, dt, to.progress) } : {}),
  });
}

type RepairWhat = Pick<RepairOptions, 'settings' | 'retention' | 'hasRaw' | 'isDeep' | 'views' | 'select' | 'watch'>;

const MOST_NAMED = 10;

interface Told {
  meanings: Meanings;
  /** what was not looked at, and why */
  unchecked: readonly string[];
  folders: Folders;
}

function* reportLines(
  report: AuditReport,
  { meanings, unchecked, folders }: Told,
  palette: Palette,
): Generator<string> {
  const {
    raw_objects,
    units,
    records,
    files,
    drifts,
    acknowledged,
    repaired = [],
    removed = [],
    failures = [],
  } = report;
  const { green, red, dim } = palette;
  yield `Checked ${counted(raw_objects, 'raw object')}, ${counted(units, 'unit')}, ${counted(records, 'record')}, ${counted(files, 'file')}.`;
  for (const what of unchecked) {
    yield `Not checked: ${safeText(what)}. Whether its objects are all planned, unchanged and there is not known:`;
    yield `  ${lakeCommand('audit --raw DIR', { lake: folders.lake })}`;
  }
  for (const { rebuild, days } of report.rebuilds ?? []) {
    yield `Readers see rebuild ${rebuild} on ${counted(days, 'day')} of tables.`;
  }
  if (report.expired) {
    const upTo = report.expired.tables.map(({ table, last }) => `${table} up to ${last}`).join(', ');
    yield `${counted(report.expired.days, 'day')} expired, and ${report.expired.days === 1 ? 'is' : 'are'} accounted for by counts alone: ${upTo}.`;
  }
  if (repaired.length > 0) {
    yield green(`${counted(repaired.length, 'drift')} repaired:`);
    yield* driftLines(repaired, meanings, palette);
  }
  if (removed.length > 0) {
    const bytes = removed.reduce((sum, file) => sum + file.bytes, 0);
    yield `Removed ${counted(removed.length, 'file')} that nobody reads any more (${byteCount(bytes)}).`;
  }
  for (const failure of failures) yield red(`a step failed: ${safeText(failure)}`);
  if (acknowledged.length > 0) {
    yield `${counted(acknowledged.length, 'drift')} acknowledged:`;
    yield* driftLines(acknowledged, meanings, palette);
  }
  if (drifts.length === 0) {
    const but = acknowledged.length > 0 ? ', but for what was acknowledged' : '';
    const what = unchecked.length > 0 ? 'Everything that was checked' : 'Everything';
    if (failures.length === 0) yield green(`${what} is accounted for${but}.`);
    return;
  }
  yield red(`${counted(drifts.length, 'drift')} ${report.repaired ? 'left, which repair cannot mend' : 'found'}:`);
  yield* driftLines(drifts, meanings, palette);
  const history = drifts.filter(mayBeAcknowledged);
  if (history.length > 0) {
    yield dim(
      `${count(history.length)} of it stays for good: when you have seen to it: ${lakeCommand('audit --acknowledge', folders)}`,
    );
  }
}

type Meanings = Readonly<Record<DriftKind, string>>;

function* driftLines(drifts: readonly Drift[], meanings: Meanings, { dim }: Palette): Generator<string> {
  for (const [kind, ofKind] of Map.groupBy(drifts, (drift) => drift.kind)) {
    yield `${kind} (${count(ofKind.length)}): ${meanings[kind]}`;
    for (const { key, detail } of ofKind.slice(0, MOST_NAMED)) {
      yield `  ${safeText(key)}${detail === '' ? '' : dim(` ${safeText(detail)}`)}`;
    }
    if (ofKind.length > MOST_NAMED) yield dim(`  and ${count(ofKind.length - MOST_NAMED)} more: --json names them all`);
  }
}
