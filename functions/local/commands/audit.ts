import { existsSync } from 'node:fs';
import { Command } from 'commander';
import type { AuditReport, Drift, DriftKind } from '#lake/steps/audit.ts';
import type { Console } from '../console.ts';
import { EXIT } from '../failure.ts';
import type { Palette } from '../terminal/colour.ts';
import { count, counted } from '../terminal/figures.ts';
import { safeText } from '../terminal/text.ts';
import { withLake } from './lake-session.ts';
import { examples, existingLake, type Folders, jsonOption, lakeOption, rawFolder, rawOption } from './options.ts';

export const auditCommand = (to: Console): Command =>
  new Command('audit')
    .description('check that everything is accounted for')
    .addOption(rawOption())
    .addOption(lakeOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(['audit --raw path/to/raw'], ['audit --raw path/to/raw --json', 'every drift, as data']),
    )
    .action(async (flags: Folders, command: Command) => {
      existingLake(flags.lake);
      const hasRaw = command.getOptionValueSource('raw') !== 'default' || existsSync(flags.raw);
      if (hasRaw) rawFolder(flags);
      else to.note(`raw data is not checked: there is no folder ${flags.raw}, name it with --raw`);
      const { audit, DRIFTS } = await import('#lake/steps/audit.ts');
      const report = await withLake(hasRaw ? flags : { lake: flags.lake }, ({ ports }) => audit(ports, { hasRaw }));
      if (report.drifts.length > 0) process.exitCode = EXIT.drift;
      if (flags.json) return to.json(report);
      await to.print(reportLines(report, DRIFTS, to.palette));
    });

const MOST_NAMED = 10;

function* reportLines(
  report: AuditReport,
  meanings: Readonly<Record<DriftKind, string>>,
  { green, red, dim }: Palette,
): Generator<string> {
  const { raw_objects, units, records, files, drifts } = report;
  yield `Checked ${counted(raw_objects, 'raw object')}, ${counted(units, 'unit')}, ${counted(records, 'record')}, ${counted(files, 'file')}.`;
  if (drifts.length === 0) return yield green('Everything is accounted for.');
  yield red(`${counted(drifts.length, 'drift')} found:`);
  for (const [kind, ofKind] of Map.groupBy(drifts, (drift: Drift) => drift.kind)) {
    yield `${kind} (${count(ofKind.length)}): ${meanings[kind]}`;
    for (const { key, detail } of ofKind.slice(0, MOST_NAMED)) {
      yield `  ${safeText(key)}${detail === '' ? '' : dim(` ${safeText(detail)}`)}`;
    }
    if (ofKind.length > MOST_NAMED) yield dim(`  and ${count(ofKind.length - MOST_NAMED)} more: --json names them all`);
  }
}
