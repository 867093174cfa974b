/** The folder sql/ as this stage has it: with the settings of its config in place of those of the seed. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { nameOf, type Stage } from '#aws/stage-names.ts';
import { type LakeSql, loadSql } from '#host/sql-folder.ts';
import type { StageConfig } from './config.ts';
import { withPublishedEvents } from './spec/published-events.ts';
import { withSeedSettings } from './spec/seed-settings.ts';
import { isSqlFile } from './spec/sql-files.ts';

export interface StageSql extends LakeSql {
  /** the folder, below the repository's */
  folder: string;
}

/** One copy, from which functions and views are both made, so that they can't disagree. */
export async function sqlFolder(
  { attributionDays, reportTimeZone, ses }: StageConfig,
  names: Stage,
): Promise<StageSql> {
  const { root, work } = $cli.paths;
  const folder = join(work, 'maillake', $app.stage, 'sql');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, 'sql'), folder, { recursive: true, filter: isSqlFile });
  const seed = join(folder, 'seeds', 'settings.csv');
  writeFileSync(
    seed,
    withSeedSettings(readFileSync(seed, 'utf8'), {
      ...(attributionDays === null ? {} : { attribution_days: String(attributionDays) }),
      ...(reportTimeZone === null ? {} : { report_time_zone: reportTimeZone }),
    }),
  );
  if (ses?.configurationSet === 'new') {
    // No mail names the set before the stage has made it: what it publishes holds for all its mail.
    const published = join(folder, 'seeds', 'published_events.csv');
    const set = nameOf('configurationSet', names);
    writeFileSync(published, withPublishedEvents(readFileSync(published, 'utf8'), set, ses.events));
  }
  return { ...(await loadSql(folder)), folder: relative(root, folder) };
}
