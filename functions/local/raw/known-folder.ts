/**
 * Remembers which raw folder or bucket a lake is filled from, and refuses another one. Objects of a folder are known by
 * their paths below it: with another folder, planned objects would seem deleted, and objects of the same name would seem
 * rewritten. Objects of a bucket are known by their keys, so a folder inside the known one, or around it, is the same raw
 * data.
 */
import { existsSync, readdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UsageError } from '#host/failure.ts';
import type { RawStore } from '#lake/ports.ts';
import { numberOf, plansRoot } from '#lake/protocol/keys.ts';
import type { Plan, PlannedObject } from '#lake/protocol/records.ts';
import { addressOf, readBucketAddress } from './bucket-address.ts';
import { openRaw } from './store.ts';

/** In the lake's folder. */
export const RAW_RECORD = 'raw-folder.json';

/**
 * A folder whose path is gone may have moved: then another one is it if objects lie there that the lake has planned. By
 * the same rule a lake is asked whose record is lost or damaged.
 * @param raw a folder, or `s3://bucket/prefix/`
 * @throws UsageError for any other
 */
export async function refuseOtherRaw(lake: string, raw: string): Promise<void> {
  const known = knownRaw(lake);
  if (known === null) {
    return refuseStrange(lake, raw, 'nobody knows from which folder');
  }
  const filled = `--raw: the lake in ${lake} is filled from another folder: ${known}`;
  if (isAddress(raw) && isAddress(known)) {
    if (raw.startsWith(known) || known.startsWith(raw)) return;
    throw new UsageError(
      filled,
      'name that one, one within it, or another --lake; to read both into this lake, name both: --raw … --raw …',
    );
  }
  if (isAddress(raw) || isAddress(known)) {
    throw new UsageError(
      filled,
      'name that one, or another --lake: a copy of its objects would be read as others; to read both into this lake, name both: --raw … --raw …',
    );
  }
  if (known === realpathSync(raw)) return;
  if (!existsSync(known)) return refuseStrange(lake, raw, `from ${known}, which is not there now`);
  throw new UsageError(
    filled,
    `name that one, or another --lake; to read both into this lake, name both: --raw … --raw …; if this is a copy in its place, write {"folder": ${JSON.stringify(realpathSync(raw))}} into ${join(lake, RAW_RECORD)}`,
  );
}

/** Objects of the newest plan that are looked for. */
const SAMPLE = 20;
/** How the folders of further sources begin among the plans. */
const SOURCES = '@';

/** @throws UsageError if the lake has plans of its first source and none of their newest objects lies there as it was planned */
async function refuseStrange(lake: string, raw: string, from: string): Promise<void> {
  const planned = newestPlanned(lake);
  if (planned.length === 0) return;
  const store = openRaw(raw, () => {});
  const address = readBucketAddress(raw);
  for (const object of planned) {
    if (object.key.startsWith(address?.prefix ?? '') && (await isThere(store, object, address !== null))) return;
  }
  throw new UsageError(
    `--raw: the lake in ${lake} was filled ${from}, and none of its newest objects lies in ${raw}, such as ${planned[0]?.key}`,
    `name the folder that it was filled from, or another --lake; if ${raw} is its raw data all the same, say so: write {"folder": ${JSON.stringify(placeOf(raw))}} into ${join(lake, RAW_RECORD)}`,
  );
}

/** @param hasEtags whether etags are of the content: those of a folder are of times, too, which change where it moves */
async function isThere(store: RawStore, { key, size, etag }: PlannedObject, hasEtags: boolean): Promise<boolean> {
  for await (const found of store.list(key))
    if (found.key === key) return found.size === size && (!hasEtags || found.etag === etag);
  return false;
}

/** The last objects of the newest plan, those of further sources left out; none if there is no plan that can be read. */
function newestPlanned(lake: string): PlannedObject[] {
  const folder = join(lake, plansRoot);
  if (!existsSync(folder)) return [];
  let newest: { path: string; at: number } | null = null;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (path.startsWith(join(folder, SOURCES)) || !entry.isFile() || numberOf(`/${entry.name}`) === null) continue;
    const at = statSync(path).mtimeMs;
    if (!newest || at >= newest.at) newest = { path, at };
  }
  if (!newest) return [];
  const plan: Plan = JSON.parse(readFileSync(newest.path, 'utf8'));
  return plan.units.flatMap(({ objects }) => objects).slice(-SAMPLE);
}

/**
 * Records the raw folder of a lake, unless it or a folder around it is recorded already, and further ones beside it, each by
 * a name that begins the keys of its objects from now on.
 */
export function keepRaw(lake: string, raw: string, added: readonly string[] = []): void {
  const known = knownRaw(lake);
  const isWithin = isAddress(raw) && known !== null && raw.startsWith(known);
  const folder = isWithin && known !== null ? known : placeOf(raw);
  if (known === folder && added.length === 0) return;
  const others: Record<string, string> = { ...otherRaws(lake) };
  for (const other of added) others[freeName(other, others)] = placeOf(other);
  const record = Object.keys(others).length > 0 ? { folder, others } : { folder };
  writeFileSync(join(lake, RAW_RECORD), `${JSON.stringify(record)}\n`);
}

/** A place as the record has it: the address of a folder in a bucket, or a path without links. */
export const placeOf = (raw: string): string => {
  const address = readBucketAddress(raw);
  return address ? addressOf(address) : realpathSync(raw);
};

/** The folder's own name as far as a source may be called so, and a number if another one is. */
function freeName(raw: string, taken: Readonly<Record<string, string>>): string {
  const own = basename(raw)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 32)
    .replace(/-+$/, '');
  for (let n = 1; ; n++) {
    const name = `${own || 'raw'}${n === 1 ? '' : `-${n}`}`;
    if (!Object.hasOwn(taken, name)) return name;
  }
}

const isAddress = (raw: string): boolean => readBucketAddress(raw) !== null;

/** What the lake was filled from, a path or an address; null if there is no record, or one that was cut off. */
export function knownRaw(lake: string): string | null {
  const { folder } = recordOf(lake);
  return typeof folder === 'string' ? folder : null;
}

/** Further raw folders of the lake, by the names of the sources. */
export function otherRaws(lake: string): Readonly<Record<string, string>> {
  const { others } = recordOf(lake);
  if (typeof others !== 'object' || others === null) return {};
  const places = Object.entries(others).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(places);
}

function recordOf(lake: string): { folder?: unknown; others?: unknown } {
  try {
    return Object(JSON.parse(readFileSync(join(lake, RAW_RECORD), 'utf8')));
  } catch {
    return {};
  }
}
