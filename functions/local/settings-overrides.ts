/** What `settings.json` may say. Loaded only where there is one: most lakes have none, and Zod takes its time. */
import { z } from 'zod';
import {
  addresses,
  dimensionTags,
  headerCarriers,
  limits,
  namedTags,
  objectNameOffsetHours,
  parquet,
  rawDays,
  retentionDays,
  sourceName,
} from '#host/settings-schema.ts';

const OverridesSchema = z.strictObject({
  tags: namedTags.exactOptional(),
  dimensions: dimensionTags.exactOptional(),
  headerCarriers: headerCarriers.exactOptional(),
  objectNameOffsetHours: objectNameOffsetHours.exactOptional(),
  /** of raw folders beside the first one, by the names that the lake has given them */
  sources: z.record(sourceName, z.strictObject({ objectNameOffsetHours })).exactOptional(),
  parquet: parquet.exactOptional(),
  addresses: addresses.exactOptional(),
  retention: z.strictObject({ rawDays: rawDays.exactOptional(), days: retentionDays.exactOptional() }).exactOptional(),
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

export type Overrides = z.infer<typeof OverridesSchema>;

/** @throws Error with a message that names each wrong place */
export function parseOverrides(content: unknown): Overrides {
  const parsed = OverridesSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new Error(z.prettifyError(parsed.error));
}
