/**
 * Raw objects that an erasure has written once more without a person. The bytes that come in an object's place are noted before they
 * do, so that whoever finds others than were read can tell whether these are the lake's own doing: they are if there is a way from the
 * bytes that were read to those that lie there, by such notes alone. Anything else is a change that nobody knows of.
 */
import type { RawStore, Store, StoredObject } from '../ports.ts';
import { digestOf } from './contents.ts';
import { rewrittenEtagKey, rewrittenFolder, rewrittenKey } from './keys.ts';
import { createState, type PlannedObject, readState } from './records.ts';

/** `state/erasures/rewritten/<key>/<sha256>.json`: made before the object is written. Keys and counts, and nothing of persons. */
export interface Rewriting {
  key: string;
  /** number of the erasure */
  erasure: number;
  before: ObjectContent & { etag: string };
  after: ObjectContent;
}

export interface ObjectContent {
  /** bytes as stored */
  size: number;
  /** the first 128 bits of its SHA-256, hex */
  sha256: string;
}

/** Before it is written. @returns false if it was noted before */
export const announceRewriting = (lake: Pick<Store, 'create'>, rewriting: Rewriting): Promise<boolean> =>
  createState(lake, rewrittenKey(rewriting.key, rewriting.after.sha256), rewriting);

/**
 * Notes under which etag it lies there, so that nobody has to read it to know. Does nothing for bytes that weren't announced.
 * @returns what was announced
 */
export async function confirmRewriting(
  lake: Pick<Store, 'create' | 'get'>,
  { key, etag }: Pick<StoredObject, 'key' | 'etag'>,
  sha256: string,
): Promise<Rewriting | null> {
  const announced = await readState<Rewriting>(lake, rewrittenKey(key, sha256));
  if (announced?.key !== key) return null;
  await createState(lake, rewrittenEtagKey(key, sha256, etag), { key, etag });
  return announced;
}

/** Tells whether what lies there is what was read, without a person. */
export class RewrittenObjects {
  readonly #ports: { raw: Pick<RawStore, 'get'>; lake: Pick<Store, 'list' | 'get'> };

  constructor(ports: { raw: Pick<RawStore, 'get'>; lake: Pick<Store, 'list' | 'get'> }) {
    this.#ports = ports;
  }

  /**
   * @param asRead as it was planned or read @param digest of what lies there now, if it is known
   * @throws MissingObject, ChangedObject and other errors of the raw store
   */
  async isFrom(
    asRead: Pick<PlannedObject, 'etag' | 'sha256'>,
    now: Pick<StoredObject, 'key' | 'etag'>,
    digest?: string,
  ): Promise<boolean> {
    const isIt = ({ etag, sha256 }: Rewriting['before']): boolean => etag === asRead.etag || sha256 === asRead.sha256;
    return (await this.leadsTo(isIt, now, digest)) === true;
  }

  /**
   * Whether the notes lead back to bytes that are meant; null if no erasure has written the object, or was about to. Costs a
   * listing, then a read of a note for each time that one has, and of the object if it isn't known by its etag.
   * @throws as `isFrom`
   */
  async leadsTo(
    isIt: (before: Rewriting['before']) => boolean | Promise<boolean>,
    now: Pick<StoredObject, 'key' | 'etag'>,
    digest?: string,
  ): Promise<boolean | null> {
    const { raw, lake } = this.#ports;
    const { key } = now;
    const noted = new Set<string>();
    for await (const note of lake.list(rewrittenFolder(key))) noted.add(note.key);
    if (noted.size === 0) return null;
    const known = [...noted]
      .map((note) => /\/([0-9a-f]{32})\.json$/.exec(note)?.[1])
      .find((sha256) => sha256 !== undefined && noted.has(rewrittenEtagKey(key, sha256, now.etag)));
    let sha256 = digest ?? known ?? (await digestOf(raw, now));
    const met = new Set<string>();
    while (noted.has(rewrittenKey(key, sha256)) && !met.has(sha256)) {
      met.add(sha256);
      const rewriting = await readState<Rewriting>(lake, rewrittenKey(key, sha256));
      // Two keys may share a folder.
      if (rewriting?.key !== key) return false;
      const { before } = rewriting;
      if (await isIt(before)) return true;
      sha256 = before.sha256;
    }
    return false;
  }
}
