/** Loads seeds, views and statements from the folder sql/. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readViews, type SqlFile } from '#lake/sql/views/read-views.ts';
import { SEEDS, seedView } from '#lake/sql/views/seeds.ts';
import { parseView, type View } from '#lake/sql/views/view.ts';

export interface LakeSql {
  /** seeds, staging and marts, each after those it reads */
  views: View[];
  /** the select that makes recipient_messages; it reads `email_events` and `rollup_run` */
  rollup: View;
}

/**
 * Loads the folder sql/ (`seeds`, `staging`, `marts`, `rollup`).
 *
 * @throws ViewError, or Error naming the seed, for what isn't as it should be
 */
export async function loadSql(folder: string): Promise<LakeSql> {
  const seeds = await Promise.all(
    SEEDS.map(async (seed) => seedView(seed, await readFile(join(folder, 'seeds', `${seed.name}.csv`), 'utf8'))),
  );
  const files = [...(await sqlFiles(folder, 'staging')), ...(await sqlFiles(folder, 'marts'))];
  const path = 'rollup/recipient_messages.sql';
  return {
    views: readViews(files, seeds),
    rollup: parseView(`sql/${path}`, await readFile(join(folder, path), 'utf8')),
  };
}

/** The names of seeds and views, from those of their files: a hundredth of the time that it takes to load them. */
export async function viewNames(folder: string): Promise<string[]> {
  const parts = await Promise.all(['staging', 'marts'].map((part) => readdir(join(folder, part))));
  const views = parts.flat().flatMap((name) => /^(.*)\.sql$/.exec(name)?.[1] ?? []);
  return [...SEEDS.map(({ name }) => `seed_${name}`), ...views];
}

async function sqlFiles(folder: string, part: string): Promise<SqlFile[]> {
  const names = (await readdir(join(folder, part))).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => ({
      path: `sql/${part}/${name}`,
      text: await readFile(join(folder, part, name), 'utf8'),
    })),
  );
}
