/** Reads `settings.json` of a lake's folder. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '#host/failure.ts';
import type { Retention } from '#lake/retention.ts';
import { type Settings, tagsOver } from '#lake/settings.ts';
import type { Overrides } from './settings-overrides.ts';

/** In the lake's folder: what differs from the defaults. */
export const SETTINGS_FILE = 'settings.json';

/**
 * The settings of a lake: the defaults, and over them what its `settings.json` says. A tag that is named there comes
 * before the default ones.
 * @throws UsageError naming the file and each wrong place
 */
export async function readSettings(lakeFolder: string, defaults: Settings): Promise<Settings> {
  const overrides = await readOverrides(lakeFolder);
  if (overrides === null) return defaults;
  const { tags = {}, limits = {}, sources = {}, retention: _, ...rest } = overrides;
  const all = { ...defaults.limits, ...limits };
  const otherSources = Object.entries(sources).map(([name, source]) => ({ name, rawTemplate: null, ...source }));
  return { ...defaults, ...rest, otherSources, tags: tagsOver(tags, defaults.tags), limits: all };
}

/** How long the lake keeps what. @throws UsageError as `readSettings` */
export const readRetention = async (lakeFolder: string): Promise<Retention> =>
  (await readOverrides(lakeFolder))?.retention ?? {};

async function readOverrides(lakeFolder: string): Promise<Overrides | null> {
  const path = join(lakeFolder, SETTINGS_FILE);
  if (!existsSync(path)) return null;
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`settings are not JSON: ${path} (${error instanceof Error ? error.message : error})`);
  }
  const { parseOverrides } = await import('./settings-overrides.ts');
  try {
    return parseOverrides(content);
  } catch (error) {
    throw new UsageError(`settings are wrong: ${path}\n${error instanceof Error ? error.message : error}`);
  }
}
