import { existsSync } from 'node:fs';
import { Command } from 'commander';
import type { AuditReport, Drift, DriftKind } from '#lake/steps/audit.ts';
import type { Console } from '../console.ts';
import { EXIT } from '../failure.ts';
import type { LocalLake } from '../lake.ts';
import type { Palette } from '../terminal/colour.ts';
import { byteCount, count, counted } from '../terminal/figures.ts';
import { safeText } from '../terminal/text.ts';
import { withLake } from './lake-session.ts';
import { examples, existingLake, type Folders, jsonOption, lakeOption, rawFolder, rawOption } from './options.ts';

interface AuditFlags extends Folders {
  repair?: boolean;
}

export const auditCommand = (to: Console): Command =>
  new Command('audit')
    .description('check that everything is accounted for')
    .addOption(rawOption())
    .addOption(lakeOption())
    .option('--repair', 'do the missing steps, remove what nobody reads any more')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        ['audit --raw path/to/raw'],
        ['audit --raw path/to/raw --repair', 'and mend what can be mended'],
        ['audit --raw path/to/raw --json', 'every drift, as data'],
      ),
    )
    .action(async (flags: AuditFlags, command: Command) => {
      existingLake(flags.lake);
      const hasRaw = command.getOptionValueSource('raw') !== 'default' || existsSync(flags.raw);
      if (hasRaw) rawFolder(flags);
      else to.note(`raw data is not checked: there is no folder ${flags.raw}, name it with --raw`);
      const { audit, DRIFTS } = await import('#lake/steps/audit.ts');
      const report = await withLake(hasRaw ? flags : { lake: flags.lake }, (lake) =>
        flags.repair ? repairLake(lake, hasRaw, to) : audit(lake.ports, { settings: lake.settings, hasRaw }),
      );
      if (report.drifts.length > 0) process.exitCode = EXIT.drift;
      if ((report.failures ?? []).length > 0) process.exitCode = EXIT.failed;
      if (flags.json) return to.json(report);
      await to.print(reportLines(report, DRIFTS, to.palette));
    });

async function repairLake(lake: LocalLake, hasRaw: boolean, to: Console): Promise<AuditReport> {
  const { repair } = await import('#lake/steps/repair.ts');
  const { transformAll } = await import('../run.ts');
  const { ports, settings, views, rollupSelect } = lake;
  return repair(ports, {
    settings,
    hasRaw,
    views,
    select: rollupSelect,
    ignorePace: true,
    transform: (units) => transformAll(lake, units, to.progress),
  });
}

const MOST_NAMED = 10;

function* reportLines(report: AuditReport, meanings: Meanings, palette: Palette): Generator<string> {
  const { raw_objects, units, records, files, drifts, repaired = [], removed = [], failures = [] } = report;
  const { green, red } = palette;
  yield `Checked ${counted(raw_objects, 'raw object')}, ${counted(units, 'unit')}, ${counted(records, 'record')}, ${counted(files, 'file')}.`;
  if (repaired.length > 0) {
    yield green(`${counted(repaired.length, 'drift')} repaired:`);
    yield* driftLines(repaired, meanings, palette);
  }
  if (removed.length > 0) {
    const bytes = removed.reduce((sum, file) => sum + file.bytes, 0);
    yield `Removed ${counted(removed.length, 'file')} that nobody reads any more (${byteCount(bytes)}).`;
  }
  for (const failure of failures) yield red(`a step failed: ${safeText(failure)}`);
  if (drifts.length === 0) {
    if (failures.length === 0) yield green('Everything is accounted for.');
    return;
  }
  yield red(`${counted(drifts.length, 'drift')} ${report.repaired ? 'left, which repair cannot mend' : 'found'}:`);
  yield* driftLines(drifts, meanings, palette);
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
