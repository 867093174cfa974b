/** What the commands have in common: options, folders, examples. */
import { existsSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { UsageError, WorkError } from '#host/failure.ts';
import { byteCount, counted } from '#host/figures.ts';
import type { LakeOptions, LocalLake } from '#local/lake.ts';
import { addressOf, readBucketAddress } from '#local/raw/bucket-address.ts';
import { knownRaw, otherRaws, placeOf, RAW_RECORD, refuseOtherRaw } from '#local/raw/known-folder.ts';
import { checkBucket } from '#local/raw/store.ts';
import { bytesOf, LEAST_MEMORY, type WorkerLimits } from '#local/run/limits.ts';
import type { Console } from '../console.ts';

/** How a person calls the command line. */
export const LAKE = 'npm run lake --';

export const DEFAULT_RAW = '.lake/raw';
export const DEFAULT_LAKE = '.lake/lake';
export const DEMO_FOLDER = '.lake/demo';

export const rawOption = (): Option =>
  new Option(
    '--raw <dir>',
    `folder of raw objects, in any layout, plain or gzip; or one file, or s3://bucket/prefix (default: the lake's own, else ${DEFAULT_RAW})`,
  );
export const lakeOption = (): Option => new Option('--lake <dir>', 'folder of the lake').default(DEFAULT_LAKE);
export const jsonOption = (): Option =>
  new Option('--json', 'print one JSON document on stdout and nothing else there');

export interface JsonOption {
  json?: boolean;
}
export interface LakeFolder extends JsonOption {
  lake: string;
}
export interface Folders extends LakeFolder {
  /** left out: what the lake was filled from */
  raw?: string;
}

/** Of commands that look for new objects: named more than once it is several folders of one lake. */
export const rawsOption = (): Option =>
  new Option(
    '--raw <dir>',
    `folder of raw objects, in any layout, plain or gzip; or one file, or s3://bucket/prefix; may be repeated for several (default: the lake's own, else ${DEFAULT_RAW})`,
  ).argParser((text: string, before: readonly string[] = []) => [...before, text]);

/** A command as a person would type it, with the stage, or the folders that differ from the defaults. */
export function lakeCommand(command: string, { lake, raw, stage }: Partial<Folders> & { stage?: string }): string {
  if (stage !== undefined) return [LAKE, command, '--stage', shellWord(stage)].join(' ');
  const options = [
    ...(raw === undefined || raw === DEFAULT_RAW ? [] : ['--raw', shellWord(raw)]),
    ...(lake === undefined || lake === DEFAULT_LAKE ? [] : ['--lake', shellWord(lake)]),
  ];
  return [LAKE, command, ...options].join(' ');
}

/** Said again each time, as long as it is so: what is counted by a column may miss these rows. */
export function warnOfOtherSettings(
  to: Pick<Console, 'warn'>,
  days: readonly string[],
  folders: Pick<Folders, 'lake'>,
): void {
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined) return;
  to.warn(
    `${counted(days.length, 'day has', 'days have')} events that were read with other settings (${dayRange(first, last)}): they stay as they were; see: ${lakeCommand('tags', folders)}; make them alike: ${lakeCommand('rebuild', folders)}`,
  );
}

export const dayRange = (first: string, last: string): string => (first === last ? first : `${first} to ${last}`);

/** A word that a shell takes as it is. */
const shellWord = (text: string): string =>
  /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** The end of a command's help. */
export const examples = (...lines: [command: string, says?: string][]): string =>
  `\nExamples:\n${lines.map(([command, says]) => `${says ? `  # ${says}\n` : ''}  $ ${LAKE} ${command}`).join('\n')}`;

/** @throws UsageError: else a folder of that name would be made here */
function refuseAddress(folder: string, option: string): void {
  if (!/^s3:/i.test(folder)) return;
  throw new UsageError(`${option}: ${folder} is no folder of this machine`, 'only --raw may lie in S3: name a folder');
}

/** @throws UsageError if a file has that name */
function refuseFile(folder: string, option: string): void {
  if (existsSync(folder) && !statSync(folder).isDirectory()) {
    throw new UsageError(`${option}: ${folder} is a file, not a folder`, 'name a folder');
  }
}

/**
 * A folder to write into, which is made, with those above it, if it isn't there.
 * @throws UsageError if a file stands in its place; an error of the system if it can't be made
 */
export function writableFolder(folder: string, option: string): string {
  const missing: string[] = [];
  for (let at = resolve(folder); !existsSync(at) && at !== dirname(at); at = dirname(at)) missing.unshift(at);
  refuseFile(missing[0] === undefined ? folder : dirname(missing[0]), option);
  // One by one: Node's own recursion never ends where a folder can't be made for good (Linux, /proc).
  for (const at of missing) {
    try {
      mkdirSync(at);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error) || error.code === 'EEXIST') continue;
      throw new WorkError(`${option}: ${folder} can't be made: ${error.message}`, 'choose another folder', {
        cause: error,
      });
    }
  }
  return folder;
}

/** @throws UsageError if a folder has the name of a file that is to be written */
export function refuseFolder(file: string, option: string): void {
  if (existsSync(file) && statSync(file).isDirectory()) {
    throw new UsageError(`${option}: ${file} is a folder`, 'name a file in it');
  }
}

/** A file to write, whose folder is made if it isn't there. @throws as refuseFolder and writableFolder */
export function writableFile(file: string, option: string): string {
  refuseFolder(file, option);
  writableFolder(dirname(resolve(file)), option);
  return file;
}

/** The raw folder that was named, else the one that the lake was filled from. */
export const namedRaw = ({ raw, lake }: Folders): string => raw ?? knownRaw(lake) ?? DEFAULT_RAW;

/**
 * The raw folder or file, which has to be there, to be the lake's own, and not to hold the lake: what the lake writes would
 * be read as raw data. Of a folder in S3 its address in full.
 * @throws UsageError; of S3 also WorkError, if it can't be asked
 */
export async function rawFolder(folders: Folders, { isAdded = false } = {}): Promise<string> {
  const { lake } = folders;
  const raw = namedRaw(folders);
  refuseAddress(lake, '--lake');
  const address = readBucketAddress(raw);
  if (address) {
    if (!isAdded) await refuseOtherRaw(lake, addressOf(address));
    await checkBucket(address);
    return addressOf(address);
  }
  existingRaw(raw);
  const [lakePath, rawPath] = [realPath(lake), realPath(raw)];
  if (isWithin(lakePath, rawPath)) {
    throw new UsageError(
      `--lake: ${lake} lies in the raw folder ${raw}`,
      'raw data is never written to: choose a folder for the lake beside it',
    );
  }
  if (isWithin(rawPath, lakePath)) {
    throw new UsageError(
      `--raw: ${raw} lies in the lake ${lake}`,
      'what the lake writes is no raw data: choose a folder for the lake beside it',
    );
  }
  if (isAdded) return raw;
  await refuseOtherRaw(lake, raw);
  for (const [name, other] of Object.entries(otherRaws(lake))) {
    if (readBucketAddress(other) || existsSync(other)) continue;
    throw new UsageError(
      `${other} is not there, from which this lake is filled, too (its source ${name})`,
      `bring it back, or write its new place into ${join(lake, RAW_RECORD)}; what was read of it stays if you take it out there`,
    );
  }
  return raw;
}

/** The place as a lake keeps it. @throws UsageError for a folder that isn't there; of a bucket nothing is asked */
function existingRaw(raw: string): string {
  if (readBucketAddress(raw) || existsSync(raw)) return placeOf(raw);
  throw new UsageError(
    `--raw: there is no folder ${raw}`,
    `name the folder of your raw objects, or make some with: ${LAKE} generate --out ${raw}`,
  );
}

export interface RawFolders extends LakeFolder {
  /** left out: all that the lake was filled from */
  raw?: readonly string[];
}

/**
 * The raw folders of a lake that shall be read: its first one, and those named beside it that it doesn't know yet. Those it
 * knows are read in any case.
 * @throws as rawFolder; UsageError, too, for a folder within another one, whose objects would be read twice
 */
export async function rawFolders({ raw: named = [], lake }: RawFolders): Promise<{ raw: string; added: string[] }> {
  const [known, others] = [knownRaw(lake), Object.values(otherRaws(lake))];
  const places = await Promise.all(named.map(existingRaw));
  const strange = places.filter((place) => !others.includes(place));
  const isFirst = (place: string): boolean => known !== null && overlaps(place, known);
  const first = strange.find(isFirst) ?? (places.length > strange.length ? undefined : strange[0]);
  const raw = await rawFolder({ lake, ...(first === undefined ? {} : { raw: first }) });
  const added = strange.filter((place) => place !== first);
  for (const [i, place] of added.entries()) {
    await rawFolder({ lake, raw: place }, { isAdded: true });
    const outer = [raw, ...others, ...added.slice(0, i)].find((other) => overlaps(place, placeOf(other)));
    if (outer === undefined) continue;
    throw new UsageError(
      `--raw: ${place} and ${outer} hold the same objects`,
      'name folders of which none lies in another one',
    );
  }
  return { raw, added };
}

const overlaps = (a: string, b: string): boolean =>
  readBucketAddress(a) !== null && readBucketAddress(b) !== null
    ? a.startsWith(b) || b.startsWith(a)
    : readBucketAddress(a) === null && readBucketAddress(b) === null && (isWithin(a, b) || isWithin(b, a));

/** Where a path leads, links followed, also of a folder that is to be made. */
function realPath(path: string): string {
  const whole = resolve(path);
  for (let at = whole; ; at = dirname(at)) {
    if (existsSync(at)) return join(realpathSync(at), relative(at, whole));
    if (at === dirname(at)) return whole;
  }
}

const isWithin = (inner: string, outer: string): boolean => {
  const path = relative(outer, inner);
  return path === '' || (path !== '..' && !path.startsWith(`..${sep}`));
};

export const isLake = (lake: string): boolean => existsSync(join(lake, 'v1', 'state'));

/** A lake to look at: reading commands make none. @throws UsageError */
export function existingLake(lake: string): string {
  if (isLake(lake)) return lake;
  refuseAddress(lake, '--lake');
  refuseFile(lake, '--lake');
  const demo = join(DEMO_FOLDER, 'lake');
  const hint =
    isLake(demo) && resolve(demo) !== resolve(lake)
      ? `for the demo's lake add --lake ${demo}`
      : 'make one with the demo: npm run demo';
  throw new UsageError(
    `there is no lake in ${lake}`,
    `fill it with: ${lakeCommand('run --raw DIR', { lake })}; or ${hint}`,
  );
}

/** @throws InvalidArgumentError, which commander words */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const n = Number(text.replaceAll('_', ''));
    if (!Number.isSafeInteger(n) || n < least) throw new InvalidArgumentError(`It takes a whole number from ${least}.`);
    return n;
  };
}

export function calendarDay(text: string): string {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text) {
    throw new InvalidArgumentError('It takes a day such as 2026-01-31.');
  }
  return text;
}

/**
 * Opens the lake, does the work and closes it, whatever happens. Loaded late, so that `--help` and wrong usage answer
 * without waiting for the engine.
 */
export async function withLake<T>(options: LakeOptions, work: (lake: LocalLake) => Promise<T>): Promise<T> {
  const { openLake } = await import('#local/lake.ts');
  const lake = await openLake(options);
  try {
    return await work(lake);
  } finally {
    await lake.close();
  }
}

/** What a person may say about the worker processes of run and transform. */

export interface WorkerFlags {
  workers?: number;
  /** bytes */
  workerMemory?: number;
}

export const workersOption = (): Option =>
  new Option('--workers <n>', 'worker processes; as many as there are cores unless told').argParser(wholeNumber(1));

export const workerMemoryOption = (): Option =>
  new Option('--worker-memory <size>', 'memory that a worker may hold, such as 800MB').argParser(memory);

export const limitsOf = ({ workers, workerMemory }: WorkerFlags): Partial<WorkerLimits> => ({
  ...(workers === undefined ? {} : { workers }),
  ...(workerMemory === undefined ? {} : { memoryBytes: workerMemory }),
});

/** @throws InvalidArgumentError, which commander words */
function memory(text: string): number {
  const bytes = bytesOf(text);
  if (bytes === null || bytes < LEAST_MEMORY) {
    throw new InvalidArgumentError(`It takes a size such as 800MB or 1.5GB, from ${byteCount(LEAST_MEMORY)}.`);
  }
  return bytes;
}
