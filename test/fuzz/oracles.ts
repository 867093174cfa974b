/**
 * What must hold of every input, whatever is in it:
 *
 * - `crash`: reading throws nothing but a rejection of the object (Rejections of records are told to the visitor);
 * - `law`: records = accepted + duplicate + skipped + quarantined; the reader counts as many as the visitor was told of;
 *   ordinals run from 0; an accepted record has rows, and each quarantined one a row of quarantine;
 * - `range`: byte ranges lie in the object, in order, none reaching into another; records out of one envelope share its
 *   range; of a plain object nothing lies between ranges but white space, byte-order marks and an array's `[`, `,`, `]`:
 *   no byte is lost;
 * - `chunks`: the same bytes in other pieces give the same rows, verdicts and ranges, by a decoder that has read other
 *   objects before; and so they do read as one byte range, the way of replay;
 * - `neighbour`: sound records that have a line to themselves, before and behind what was mutated, have their rows. That
 *   holds under the default limits for all that a mutation can open on the lines between: a string ends with its line, and
 *   of an object or array that is never closed each line that is a whole record is found again. It does not hold if the
 *   object as a whole is rejected, or if what is opened grows larger than a record may be before anything contradicts it;
 * - `work`: what is parsed and scanned is bounded by a multiple of the bytes and the scan budget of the limits.
 */
import type { FuzzInput } from './input.ts';
import { cut, type Reader, type Reading } from './reading.ts';
import { takeWork, type Work } from './work.ts';

export type Oracle = 'crash' | 'law' | 'range' | 'chunks' | 'neighbour' | 'work' | 'parquet' | 'hang' | 'memory';

export class Violation extends Error {
  override name = 'Violation';
  readonly oracle: Oracle;
  constructor(oracle: Oracle, message: string) {
    super(`${oracle}: ${message}`);
    this.oracle = oracle;
  }
}

/** Reads the input twice and checks all of it. @throws Violation */
export async function check(input: FuzzInput, reader: Reader): Promise<Reading> {
  const { bytes, limits, pieces } = input;
  takeWork();
  const first = await reading(reader, [bytes], input);
  const work = takeWork();
  const second = await reading(reader, cut(bytes, pieces), input, rangeOf(first));
  checkLaw(first);
  checkRanges(first, isPlain(bytes) ? bytes : null);
  checkSame(first, second);
  for (const id of input.neighbours) {
    if (first.rejected === null && !first.messages.has(id)) throw new Violation('neighbour', `${id} has no row`);
  }
  checkWork(work, Math.max(first.bytes, bytes.length), limits.recordBytes);
  return first;
}

/** The length of an object that can also be read as one byte range: whole, and with no word on how its compression ends. */
function rangeOf({ rejected, bytes, counts }: Reading): number {
  const { gzip_truncated, gzip_trailing } = counts.quarantined_by_reason;
  return rejected === null && !gzip_truncated && !gzip_trailing ? bytes : 0;
}

async function reading(
  reader: Reader,
  chunks: Iterable<Uint8Array>,
  { limits }: FuzzInput,
  range = 0,
): Promise<Reading> {
  try {
    return range > 0 ? await reader.readRange(chunks, limits, range) : await reader.read(chunks, limits);
  } catch (error) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new Violation('crash', stack.split('\n').slice(0, 6).join('\n'));
  }
}

const isPlain = (bytes: Buffer): boolean => !(bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8);

function checkLaw({ rejected, verdicts, places, records, counts, rows }: Reading): void {
  const { accepted, duplicate, skipped, quarantined } = counts;
  const sum = accepted + duplicate + skipped + quarantined;
  if (records !== sum || counts.records !== sum || verdicts.length !== sum) {
    throw new Violation('law', `${records} records read, ${verdicts.length} told of, ${sum} counted`);
  }
  if (rejected !== null) return;
  places.forEach(({ ordinal }, index) => {
    if (ordinal !== index) throw new Violation('law', `record ${index} has ordinal ${ordinal}`);
  });
  const kept = rows.filter((row) => row.startsWith('quarantine ')).length;
  if (kept !== quarantined) throw new Violation('law', `${quarantined} quarantined, ${kept} rows of it`);
  const events = rows.filter((row) => row.startsWith('events true ')).length;
  if (events < accepted) throw new Violation('law', `${accepted} accepted, ${events} rows of events`);
}

/** `plain`: the object, if it isn't compressed. */
function checkRanges({ places, bytes, rejected, verdicts }: Reading, plain: Buffer | null): void {
  if (rejected !== null) return;
  const isTextCounted = verdicts.some((verdict) => verdict.includes('between_records'));
  let end = 0;
  let last = { offset: -1, length: -1 };
  for (const place of [...places, { offset: bytes, length: 0 }]) {
    if (place.offset === last.offset && place.length === last.length) continue;
    if (place.offset < end || place.length < 0 || place.offset + place.length > bytes) {
      throw new Violation('range', `${place.offset}+${place.length} of ${bytes} bytes, behind ${end}`);
    }
    const between = plain?.toString('latin1', end, place.offset) ?? '';
    if (!NOTHING.test(between) && !(isTextCounted && !OF_A_RECORD.test(between))) {
      throw new Violation('range', `bytes ${end} to ${place.offset} are in no record`);
    }
    end = place.offset + place.length;
    last = place;
  }
}

/** What counted text never has. */
const OF_A_RECORD = /[{}]|"\s*:/;
const NOTHING = /^(?:[\s,[\]]|\u00ef\u00bb\u00bf)*$/;

function checkSame(one: Reading, other: Reading): void {
  if (one.rejected !== other.rejected) throw new Violation('chunks', `${one.rejected} or ${other.rejected}`);
  for (const what of ['verdicts', 'rows', 'places'] as const) {
    const [a, b] = [one[what].map((item) => JSON.stringify(item)), other[what].map((item) => JSON.stringify(item))];
    const at = Array.from({ length: Math.max(a.length, b.length) }, (_, i) => i).find((i) => a[i] !== b[i]);
    if (at !== undefined) throw new Violation('chunks', `${what} ${at}: ${a[at]} or ${b[at]}`.slice(0, 1500));
  }
}

/** Of a byte: a line is guessed, joined, parsed and scanned, in each of four envelopes; what fails is bounded by the scan budget. */
function checkWork({ parsed, scanned }: Work, bytes: number, recordBytes: number): void {
  const budget = Math.max(4 * recordBytes, 1024 * 1024);
  const most = 24 * bytes + 2 * budget + recordBytes;
  if (parsed + scanned > most) {
    throw new Violation('work', `${parsed} characters parsed and ${scanned} bytes scanned of ${bytes} bytes`);
  }
}
