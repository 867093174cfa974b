/**
 * Which raw folder a lake is filled from. Objects are known by their paths below it: with another folder, what was planned
 * would seem gone and be decided so, and objects of the same name would seem rewritten.
 */
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from './failure.ts';

/** In the lake's folder. */
export const RAW_RECORD = 'raw-folder.json';

/** A folder that has moved is the one that the lake knows: the old path is gone then. @throws UsageError for any other */
export function refuseOtherRaw(lake: string, raw: string): void {
  const known = knownRaw(lake);
  if (known === null || known === realpathSync(raw) || !existsSync(known)) return;
  throw new UsageError(
    `--raw: the lake in ${lake} is filled from another folder: ${known}`,
    `name that one, or another --lake; for several in one lake name a folder above them from the beginning; if this is a copy in its place, remove ${join(lake, RAW_RECORD)}`,
  );
}

/** Remembers the raw folder, unless the lake knows it. */
export function keepRaw(lake: string, raw: string): void {
  const folder = realpathSync(raw);
  if (knownRaw(lake) !== folder) writeFileSync(join(lake, RAW_RECORD), `${JSON.stringify({ folder })}\n`);
}

/** Null if there is no record, or one that was cut off. */
function knownRaw(lake: string): string | null {
  try {
    const { folder }: { folder?: unknown } = JSON.parse(readFileSync(join(lake, RAW_RECORD), 'utf8'));
    return typeof folder === 'string' ? folder : null;
  } catch {
    return null;
  }
}
