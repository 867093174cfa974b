/**
 * Remembers how far a step has come that goes through a long listing part by part, so that the next run goes on there.
 */
import type { Store } from '../ports.ts';
import { cursorFolder, cursorKey, numberOfCursor } from './keys.ts';
import { createState, readState } from './records.ts';

interface CursorRecord {
  of: string;
  from: string;
}

/** Where the next run goes on. If a cursor is lost, a part is listed once more, which does no harm. */
export class Cursor {
  readonly #lake: Pick<Store, 'create'>;
  readonly #of: string;
  readonly #n: number;
  /** empty: at the beginning */
  readonly from: string;

  private constructor(lake: Pick<Store, 'create'>, of: string, n: number, from: string) {
    this.#lake = lake;
    this.#of = of;
    this.#n = n;
    this.from = from;
  }

  /** One listing, as the newest comes first, and one read. */
  static async read(lake: Pick<Store, 'list' | 'get' | 'create'>, of: string): Promise<Cursor> {
    for await (const { key } of lake.list(cursorFolder(of))) {
      return new Cursor(lake, of, numberOfCursor(key), (await readState<CursorRecord>(lake, key))?.from ?? '');
    }
    return new Cursor(lake, of, -1, '');
  }

  /** If another run was first, its cursor counts: both have listed the same part. */
  async move(from: string): Promise<void> {
    if (from === this.from) return;
    const record: CursorRecord = { of: this.#of, from };
    await createState(this.#lake, cursorKey(this.#of, this.#n + 1), record);
  }
}
