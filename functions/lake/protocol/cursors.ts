/** Looks that are made part by part: a cursor says where the next one begins. */
import type { Store } from '../ports.ts';
import { cursorFolder, cursorKey, numberOfCursor } from './keys.ts';
import { createState, readState } from './records.ts';

interface CursorRecord {
  of: string;
  from: string;
}

/** Where the looks at something go on; what is lost is looked at once more. */
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

  /** If another look was first, its cursor counts: both have looked at the same part. */
  async move(from: string): Promise<void> {
    if (from === this.from) return;
    const record: CursorRecord = { of: this.#of, from };
    await createState(this.#lake, cursorKey(this.#of, this.#n + 1), record);
  }
}
