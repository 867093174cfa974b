/**
 * Summaries of plans. A raw prefix without hours gets plans for ever, and no planner can read them all each time: so from
 * time to time a checkpoint says what the first n of them hold, as segments of the prefix's listing. All of it is derived
 * from plans that are there: whoever finds none, or a damaged one, reads the plans instead.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import { MissingObject, type Store } from '../ports.ts';
import { checkpointFolder, checkpointKey, segmentKey } from './keys.ts';
import { createState, DamagedRecord, readBytes, readState } from './records.ts';

/** A part of a raw prefix's listing, in UTF-8 binary order. It begins behind the one before. */
export interface Segment {
  /** its last key */
  until: string;
  objects: number;
  /** plans of the checkpoint that changed it last: tells where objects have come lately */
  plans: number;
  /** where its keys and etags lie */
  key: string;
}

/** `state/checkpoints/<raw prefix>/<counting down>-<nonce>.json` */
export interface Checkpoint {
  raw_prefix: string;
  /** plans 0 to n − 1 of the prefix are in it */
  plans: number;
  /**
   * Where the template has changed: plans of prefixes below this one are in it, too, in order of key up to `after`, or all
   * if it is null. They were made before layout n; a later change of the template makes others.
   */
  below?: { layout: number; after: string | null };
  segments: Segment[];
}

export type PlannedEntry = readonly [key: string, etag: string];

/** The newest checkpoint of a prefix that can be read, or null. One listing, as the newest comes first, and one read. */
export async function newestCheckpoint(
  lake: Pick<Store, 'list' | 'get'>,
  rawPrefix: string,
): Promise<Checkpoint | null> {
  for await (const { key } of lake.list(checkpointFolder(rawPrefix), { shallow: true })) {
    try {
      const checkpoint = await readState<Checkpoint>(lake, key);
      if (checkpoint?.raw_prefix === rawPrefix) return checkpoint;
    } catch (error) {
      if (!(error instanceof DamagedRecord)) throw error;
    }
  }
  return null;
}

/** Its name is never used twice: planners that summarise the same plans side by side are both right. */
export const createCheckpoint = (
  lake: Pick<Store, 'create'>,
  checkpoint: Checkpoint,
  nonce: string,
): Promise<boolean> => createState(lake, checkpointKey(checkpoint.raw_prefix, checkpoint.plans, nonce), checkpoint);

/** @throws DamagedSegment if it has gone or can't be read */
export async function readSegment(
  lake: Pick<Store, 'get'>,
  { key, objects }: Pick<Segment, 'key' | 'objects'>,
): Promise<PlannedEntry[]> {
  try {
    const entries: PlannedEntry[] = JSON.parse(gunzipSync(await readBytes(lake, key)).toString());
    if (entries.length !== objects) throw new RangeError(`${entries.length} objects, not ${objects}`);
    return entries;
  } catch (error) {
    if (
      error instanceof MissingObject ||
      error instanceof SyntaxError ||
      error instanceof RangeError ||
      isOfZlib(error)
    ) {
      throw new DamagedSegment(key);
    }
    throw error;
  }
}

const isOfZlib = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^Z_/.test(String(error.code));

/** Writes a segment; its key. Before the checkpoint that names it. */
export async function createSegment(
  lake: Pick<Store, 'create'>,
  rawPrefix: string,
  nonce: string,
  i: number,
  entries: readonly PlannedEntry[],
): Promise<string> {
  const key = segmentKey(rawPrefix, nonce, i);
  await lake.create(key, gzipSync(JSON.stringify(entries)));
  return key;
}

/** A segment that a checkpoint names can't be read: the plans say what was in it. */
export class DamagedSegment extends Error {
  override name = 'DamagedSegment';
  constructor(key: string) {
    super(`part of a summary of plans is gone or damaged: ${key}`);
  }
}
