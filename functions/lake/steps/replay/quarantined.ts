/** The records in quarantine, and what replays have made of them since. */
import type { Engine, Ports, SqlValue } from '../../ports.ts';
import { unitOfAttempt } from '../../protocol/keys.ts';
import { Outcomes } from '../../protocol/outcomes.ts';
import { type ByteSpan, overlapsAny, type Region, Replays } from './replays.ts';

/** A row of the quarantine table, without the bytes. */
export interface QuarantinedRecord {
  attempt: string;
  source_key: string;
  source_ordinal: number;
  byte_offset: number | null;
  byte_length: number | null;
  range_ordinal: number | null;
  reason: string;
  /**
   * `rejected`; `waiting`: a replay has it and is not done; `accepted`: a replay read it and rejected nothing of it;
   * `superseded`: a replay rejected it again, or a part of it, which is a record of its own
   */
  state: 'rejected' | 'waiting' | 'accepted' | 'superseded';
}

export interface Quarantined {
  records: QuarantinedRecord[];
  replays: Replays;
  outcomes: Outcomes;
}

/** Every quarantined record of an attempt that counts, in the order of attempt, key and ordinal. */
export async function quarantinedRecords({
  lake,
  engine,
}: Pick<Ports, 'lake'> & { engine: Pick<Engine, 'query'> }): Promise<Quarantined> {
  const outcomes = new Outcomes(lake);
  // in this order: whatever a replay that counts as done has rejected is there to be found
  const replays = await Replays.read(lake, outcomes);
  const { rows } = await engine.query(SELECT);
  const records: QuarantinedRecord[] = [];
  for (const row of rows) {
    const record = recordOf(row);
    // A file that was written once more lies beside itself for a day.
    if (isSame(record, records.at(-1))) continue;
    const outcome = await outcomes.of(unitOfAttempt(record.attempt));
    if (outcome?.attempt === record.attempt) records.push(record);
  }
  const byKey = Map.groupBy(records, ({ source_key }) => source_key);
  for (const ofKey of byKey.values()) {
    const rejected = rejectedOf(ofKey, replays);
    for (const record of ofKey) record.state = stateOf(record, rejected, replays);
  }
  return { records, replays, outcomes };
}

export const regionOf = ({ source_key, byte_offset, byte_length }: QuarantinedRecord): Region => ({
  key: source_key,
  range: byte_offset === null ? null : { offset: byte_offset, length: byte_length ?? 0 },
});

const SELECT = `select attempt, source_key, source_ordinal, byte_offset, byte_length, range_ordinal, reason
from quarantine order by attempt, source_key, source_ordinal, byte_offset`;

function recordOf([attempt, key, ordinal, offset, length, first, reason]: readonly SqlValue[]): QuarantinedRecord {
  const number = (value: SqlValue | undefined): number | null => (value == null ? null : Number(value));
  return {
    attempt: String(attempt),
    source_key: String(key),
    source_ordinal: Number(ordinal),
    byte_offset: number(offset),
    byte_length: number(length),
    range_ordinal: number(first),
    reason: String(reason),
    state: 'rejected',
  };
}

const isSame = (a: QuarantinedRecord, b: QuarantinedRecord | undefined): boolean =>
  a.attempt === b?.attempt && a.source_key === b.source_key && a.source_ordinal === b.source_ordinal;

/** What each replay rejected of one raw object: null for the object as a whole. */
type Rejected = Map<number, ByteSpan[] | null>;

function rejectedOf(records: readonly QuarantinedRecord[], replays: Replays): Rejected {
  const rejected: Rejected = new Map();
  for (const record of records) {
    const reading = replays.of(record.attempt);
    const { range } = regionOf(record);
    const spans = rejected.get(reading);
    if (!range) rejected.set(reading, null);
    else if (spans) spans.push(range);
    else if (spans === undefined) rejected.set(reading, [range]);
  }
  for (const spans of rejected.values()) spans?.sort((a, b) => a.offset - b.offset);
  return rejected;
}

function stateOf(record: QuarantinedRecord, rejected: Rejected, replays: Replays): QuarantinedRecord['state'] {
  const reading = replays.of(record.attempt);
  const region = regionOf(record);
  const later = replays.after(reading, region);
  if (later.some(({ status }) => status === 'open')) return 'waiting';
  if (!later.some(({ status }) => status === 'read')) return 'rejected';
  const isLeft = rejected
    .entries()
    .some(([other, spans]) => other > reading && (!spans || !region.range || overlapsAny(region.range, spans)));
  return isLeft ? 'superseded' : 'accepted';
}
