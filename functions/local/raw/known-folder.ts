/**
 * Which raw data a lake is filled from. Objects of a folder are known by their paths below it: with another folder, what was
 * planned would seem gone and be decided so, and objects of the same name would seem rewritten. Objects of a bucket are
 * known by their keys, so a folder within the known one, or around it, is the same raw data.
 */
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '#host/failure.ts';
import { readBucketAddress } from './bucket-address.ts';

/** In the lake's folder. */
export const RAW_RECORD = 'raw-folder.json';

/**
 * A folder that has moved is the one that the lake knows: the old path is gone then.
 * @param raw a folder, or `s3://bucket/prefix/`
 * @throws UsageError for any other
 */
export function refuseOtherRaw(lake: string, raw: string): void {
  const known = knownRaw(lake);
  if (known === null) return;
  const filled = `--raw: the lake in ${lake} is filled from another folder: ${known}`;
  if (isAddress(raw) && isAddress(known)) {
    if (raw.startsWith(known) || known.startsWith(raw)) return;
    throw new UsageError(
      filled,
      'name that one, one within it, another --lake; or, for several in one lake, the folder above them in the bucket',
    );
  }
  if (isAddress(raw) || isAddress(known)) {
    throw new UsageError(filled, 'name that one, or another --lake: a copy of its objects would be read as others');
  }
  if (known === realpathSync(raw) || !existsSync(known)) return;
  throw new UsageError(
    filled,
    `name that one, or another --lake; for several in one lake name a folder above them from the beginning; if this is a copy in its place, remove ${join(lake, RAW_RECORD)}`,
  );
}

/** Remembers the raw folder, unless the lake knows it or one around it. */
export function keepRaw(lake: string, raw: string): void {
  const known = knownRaw(lake);
  if (isAddress(raw) && known !== null && raw.startsWith(known)) return;
  const folder = isAddress(raw) ? raw : realpathSync(raw);
  if (known !== folder) writeFileSync(join(lake, RAW_RECORD), `${JSON.stringify({ folder })}\n`);
}

const isAddress = (raw: string): boolean => readBucketAddress(raw) !== null;

/** Null if there is no record, or one that was cut off. */
function knownRaw(lake: string): string | null {
  try {
    const { folder }: { folder?: unknown } = JSON.parse(readFileSync(join(lake, RAW_RECORD), 'utf8'));
    return typeof folder === 'string' ? folder : null;
  } catch {
    return null;
  }
}
