/** What each setting may be, declared once for the lake's settings file, the functions' environment and the stack's config. */

import { z } from 'zod';
import { DIMENSION_COLUMNS, TAG_COLUMNS } from '#lake/settings.ts';
import { EVENT_TYPES } from '#lake/vocabulary.ts';
import { isTimeZone } from '#lake/zone.ts';

const wholeNumber = z.int().positive();

export const tagName = z.string().min(1);
export const tagColumn = z.enum(TAG_COLUMNS);
/** As a user writes it: tag → column. */
export const namedTags = z.record(tagName, tagColumn);
export const dimensionTags = z
  .array(tagName)
  .max(DIMENSION_COLUMNS.length)
  .refine((names) => new Set(names).size === names.length, 'names a tag twice');
export const headerCarriers = z.array(z.enum(EVENT_TYPES));
export const objectNameOffsetHours = z.union([
  z.number().min(-12).max(14),
  z.string().refine(isTimeZone, 'is no time zone, such as Europe/Berlin'),
]);
/** It begins the keys of a raw source's objects, behind an `@`. */
export const sourceName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'is no name of a source: lower-case letters, digits and hyphens, at most 40');
export const parquet = z.enum(['best', 'compatible']);
export const addresses = z.enum(['plain', 'hashed']);
const kept = wholeNumber.nullable();
/**
 * Days by table; null: for ever. Who limits one of the tables that hold the same persons says of each other how long it is kept, too:
 * else one would be forgotten.
 */
export const retentionDays = z
  .strictObject({
    events: kept.exactOptional(),
    headers: kept.exactOptional(),
    clicks: kept.exactOptional(),
    recipient_messages: kept.exactOptional(),
    quarantine: kept.exactOptional(),
  })
  .refine(
    ({ quarantine: _, ...days }) =>
      Object.values(days).every((kept) => kept === null) || Object.keys(days).length === 4,
    'says of some tables how long they are kept, and not of each of events, headers, clicks and recipient_messages, which hold the same persons (for ever is null; recipient_messages may be kept longer than events: its rows stay as they were computed last)',
  );
export const rawDays = wholeNumber;
export const limits = z.strictObject({
  recordBytes: wholeNumber,
  objectBytes: wholeNumber,
  depth: wholeNumber.max(1000),
  unitObjects: wholeNumber.max(2000),
  unitBytes: wholeNumber,
  fileBytes: wholeNumber,
});
