/** Collects consecutive bytes that can't be read into one rejected record. */
import type { Reason } from '../vocabulary.ts';
import { isSpace } from './json.ts';
import type { RecordPlace } from './record.ts';
import type { Window } from './window.ts';

/** Bytes kept of a broken run, as many as the quarantine table takes. */
const KEPT = 64 * 1024;

const NONE = Buffer.alloc(0);

/** Bytes that are passed over and become one rejected record: where they begin, why, and the first of them. */
export class BrokenRun {
  /** offset of the first byte in the object */
  from = 0;
  /** how many bytes of harmless text it begins with */
  before = 0;
  reason: Reason = 'json';
  detail = '';
  #head: Buffer = NONE;
  /** offset after the last byte that isn't white space, among those that have left the window */
  #solidEnd = 0;

  /** @param before harmless text right before `from` that belongs to the run, too */
  begin(from: number, reason: Reason, detail: string, before: Buffer = NONE): void {
    this.from = from - before.length;
    this.before = before.length;
    this.reason = reason;
    this.detail = detail;
    this.#head = before;
    this.#solidEnd = from + 1;
  }

  /**
   * To be called before the window moves on: copies what it has of the first bytes.
   *
   * @param passed the run does not end before this offset
   */
  keep(window: Window, passed: number): void {
    this.#solidEnd = this.#solid(window, passed);
    const missing = this.from + this.#head.length - window.offset;
    if (this.#head.length >= KEPT || missing < 0) return;
    const more = window.bytes.subarray(missing, missing + KEPT - this.#head.length);
    if (more.length > 0) this.#head = Buffer.concat([this.#head, more]);
  }

  /** Points at the run, which ends before the byte at offset `to`, white space not counted. */
  point(place: RecordPlace, to: number, window: Window): void {
    const length = this.#solid(window, to) - this.from;
    const at = this.from - window.offset;
    if (this.#head.length === 0 && at >= 0) {
      place.point(this.from, length, window.bytes, at, at + Math.min(length, KEPT));
    } else {
      this.keep(window, to);
      place.point(this.from, length, this.#head, 0, Math.min(length, this.#head.length));
    }
  }

  /** Where the run would end if it ended before the byte at offset `to`. */
  #solid(window: Window, to: number): number {
    // what is no longer in the window has been looked at by `keep`
    const from = Math.max(0, this.#solidEnd - window.offset);
    let end = to - window.offset;
    while (end > from && isSpace(window.bytes[end - 1])) end--;
    return end > from ? window.offset + end : this.#solidEnd;
  }
}
