/** Reads `settings.json` of a lake's folder. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '#host/failure.ts';
import { type Settings, tagsOver } from '#lake/settings.ts';

/** In the lake's folder: what differs from the defaults. */
export const SETTINGS_FILE = 'settings.json';

/**
 * The settings of a lake: the defaults, and over them what its `settings.json` says. A tag that is named there comes
 * before the default ones.
 * @throws UsageError naming the file and each wrong place
 */
export async function readSettings(lakeFolder: string, defaults: Settings): Promise<Settings> {
  const path = join(lakeFolder, SETTINGS_FILE);
  if (!existsSync(path)) return defaults;
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`settings are not JSON: ${path} (${error instanceof Error ? error.message : error})`);
  }
  const { parseOverrides } = await import('./settings-overrides.ts');
  try {
    const { tags = {}, limits = {}, sources = {}, ...rest } = parseOverrides(content);
    const all = { ...defaults.limits, ...limits };
    const otherSources = Object.entries(sources).map(([name, source]) => ({ name, rawTemplate: null, ...source }));
    return { ...defaults, ...rest, otherSources, tags: tagsOver(tags, defaults.tags), limits: all };
  } catch (error) {
    throw new UsageError(`settings are wrong: ${path}\n${error instanceof Error ? error.message : error}`);
  }
}
