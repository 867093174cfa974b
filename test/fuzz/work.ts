/** Counts what reading costs in bytes looked at, which is the same on every machine, unlike time. */
import { JsonScanner } from '#lake/read/scanner.ts';

export interface Work {
  /** characters given to JSON.parse */
  parsed: number;
  /** bytes that the scanner went over */
  scanned: number;
}

const done: Work = { parsed: 0, scanned: 0 };
const { parse } = JSON;
const { feed } = JsonScanner.prototype;

/** Puts the counters in place, for this thread and for good: JSON.parse and the scanner do what they did before. */
export function countWork(): void {
  if (JSON.parse !== parse) return;
  JSON.parse = (text, reviver) => {
    done.parsed += text.length;
    return parse(text, reviver);
  };
  JsonScanner.prototype.feed = function (bytes, from) {
    const before = this.length;
    feed.call(this, bytes, from);
    done.scanned += this.length - before;
  };
}

/** What was done since it was last asked. */
export function takeWork(): Work {
  const taken = { ...done };
  done.parsed = 0;
  done.scanned = 0;
  return taken;
}
