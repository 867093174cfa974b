import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UsageError } from '#host/failure.ts';
import type { Settings } from '#lake/settings.ts';
import { EVENT_TYPES } from '#lake/vocabulary.ts';

/** In the lake's folder: what differs from the defaults. */
export const SETTINGS_FILE = 'settings.json';

const wholeNumber = z.int().positive();

const Overrides = z.strictObject({
  tags: z
    .record(
      z.string().min(1),
      z.enum([
        'campaign_id',
        'campaign_activity_id',
        'treatment_id',
        'journey_id',
        'journey_run_id',
        'journey_activity_id',
        'application_id',
      ]),
    )
    .exactOptional(),
  headerCarriers: z.array(z.enum(EVENT_TYPES)).exactOptional(),
  objectNameOffsetHours: z.number().min(-12).max(14).exactOptional(),
  parquet: z.enum(['best', 'compatible']).exactOptional(),
  limits: z
    .strictObject({
      recordBytes: wholeNumber.exactOptional(),
      objectBytes: wholeNumber.exactOptional(),
      depth: wholeNumber.max(1000).exactOptional(),
      unitObjects: wholeNumber.max(2000).exactOptional(),
      unitBytes: wholeNumber.exactOptional(),
      fileBytes: wholeNumber.exactOptional(),
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
  const { tags = {}, limits = {}, ...rest } = parsed.data;
  const named = Object.entries(tags);
  return {
    ...defaults,
    ...rest,
    tags: [...named, ...defaults.tags.filter(([tag]) => !Object.hasOwn(tags, tag))],
    limits: { ...defaults.limits, ...limits },
  };
}
