import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UsageError } from '#host/failure.ts';
import {
  dimensionTags,
  headerCarriers,
  limits,
  namedTags,
  objectNameOffsetHours,
  parquet,
} from '#host/settings-schema.ts';
import { type Settings, tagsOver } from '#lake/settings.ts';

/** In the lake's folder: what differs from the defaults. */
export const SETTINGS_FILE = 'settings.json';

const Overrides = z.strictObject({
  tags: namedTags.exactOptional(),
  dimensions: dimensionTags.exactOptional(),
  headerCarriers: headerCarriers.exactOptional(),
  objectNameOffsetHours: objectNameOffsetHours.exactOptional(),
  parquet: parquet.exactOptional(),
  limits: z
    .strictObject({
      recordBytes: limits.shape.recordBytes.exactOptional(),
      objectBytes: limits.shape.objectBytes.exactOptional(),
      depth: limits.shape.depth.exactOptional(),
      unitObjects: limits.shape.unitObjects.exactOptional(),
      unitBytes: limits.shape.unitBytes.exactOptional(),
      fileBytes: limits.shape.fileBytes.exactOptional(),
    })
    .exactOptional(),
});

/**
 * The settings of a lake: the defaults, and over them what its `settings.json` says. A tag that is named there comes
 * before the default ones.
 * @throws UsageError naming the file and each wrong place
 */
export function readSettings(lakeFolder: string, defaults: Settings): Settings {
  const path = join(lakeFolder, SETTINGS_FILE);
  if (!existsSync(path)) return defaults;
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`settings are not JSON: ${path} (${error instanceof Error ? error.message : error})`);
  }
  const parsed = Overrides.safeParse(content);
  if (!parsed.success) throw new UsageError(`settings are wrong: ${path}\n${z.prettifyError(parsed.error)}`);
  const { tags = {}, limits: given = {}, ...rest } = parsed.data;
  return {
    ...defaults,
    ...rest,
    tags: tagsOver(tags, defaults.tags),
    limits: { ...defaults.limits, ...given },
  };
}
