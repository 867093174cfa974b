/** Which records each unit and replay has read of the raw objects, and which of these readings count. */
import { versionOfAttempt } from '#lake/protocol/keys.ts';
import type { Outcome, PlannedObject } from '#lake/protocol/records.ts';
import { contentOf, linesIn, linesOf, type MailRecord, type RawObject, readBy, TODAYS_VERSION } from './mail.ts';
import type { Reading } from './oracle.ts';
import type { World } from './world.ts';

/** Was the object read by the unit, and not found gone, changed or deadly? */
export const isReadIn = ({ problems, poison = [] }: Outcome, key: string): boolean =>
  !problems.some((problem) => problem.key === key) && !poison.some((object) => object.key === key);

/** What a version of the code sees of an object, or of some ranges of it. */
export function readingOf(arrived: RawObject | undefined, { key, ranges }: PlannedObject, version: string): Reading {
  const records = arrived?.records ?? [];
  if (!ranges || !arrived) return { key, records: records.map((record) => readBy(version, record)) };
  const read = new Set(linesIn(linesOf(contentOf(arrived)), ranges).map(({ ordinal }) => ordinal));
  return { key, records: records.map((record, i) => (read.has(i) ? readBy(version, record) : null)) };
}

interface Read {
  reading: Reading;
  kind: 'first' | 'replay' | 'rebuild';
  /** null while the unit has none */
  outcome: Outcome | null;
}

/** Each reading of an object, begun or done. */
function readsOf({ arrived, invariants: { units, outcomes } }: World, key: string): Read[] {
  const found: Read[] = [];
  for (const [unit, { kind, objects }] of units) {
    const outcome = outcomes.get(unit) ?? null;
    const object = objects.find((one) => one.key === key);
    if (!object || outcome?.split) continue;
    const reading = readingOf(arrived.get(key), object, outcome ? versionOfAttempt(outcome.attempt) : '');
    found.push({ reading, kind, outcome });
  }
  return found;
}

/** What rebuilds that readers were switched to have made of an object. */
const readAgain = ({ arrived, invariants }: World, key: string): Read[] =>
  [...invariants.rebuilds.readAgain()].flatMap(({ objects, outcome }) =>
    objects
      .filter((object) => object.key === key)
      .map((object) => ({
        reading: readingOf(arrived.get(key), object, versionOfAttempt(outcome.attempt)),
        kind: 'rebuild',
        outcome,
      })),
  );

/** The rule that a replay of the object would break; null if it may be replayed. */
export function alreadyRead(world: World, object: PlannedObject): string | null {
  const again = readingOf(world.arrived.get(object.key), object, '').records;
  for (const { reading, outcome } of readsOf(world, object.key)) {
    const both = reading.records.filter((record, i) => record && again[i]);
    if (both.length === 0) continue;
    if (!outcome) return 'a record is replayed while another unit has it';
    if (isReadIn(outcome, object.key) && both.some((record) => record?.is !== 'broken')) {
      return 'a record is replayed that was accepted';
    }
  }
  return null;
}

/**
 * What must have been read of each object once everybody has had their turn with the code that is there now: all that can
 * be, or what was read before the object was changed. In order of arrival.
 * @param isRebuilt whether a day has rows that only a rebuild could read
 */
export function finalReadings(world: World, isRebuilt: boolean): Reading[] {
  return [...world.arrived].map(([key, { records }]): Reading => {
    const reads = [...readsOf(world, key), ...(isRebuilt ? readAgain(world, key) : [])];
    const isReadable = canBeRead(world, key, reads);
    return {
      key,
      records: records.map((record, i) => (isReadable ? readBy(world.version, record) : bestOf(reads, key, i))),
    };
  });
}

/** Nothing keeps today's code from reading it: it is as it was planned, nobody dies of it, and no replay by that code gave it up. */
function canBeRead(world: World, key: string, reads: readonly Read[]): boolean {
  const { arrived, version, invariants } = world;
  const isAsPlanned = world.hasComeFrom(key, invariants.etagOf(key));
  const isDeadly = arrived.get(key)?.isPoison === true && version !== TODAYS_VERSION;
  const wasGivenUp = reads.some(
    ({ kind, outcome }) =>
      kind === 'replay' &&
      outcome &&
      versionOfAttempt(outcome.attempt) === version &&
      outcome.poison?.some((object) => object.key === key),
  );
  return !isDeadly && !wasGivenUp && isAsPlanned;
}

/** What the readings that counted made of a record. */
function bestOf(reads: readonly Read[], key: string, i: number): MailRecord | null {
  let best: MailRecord | null = null;
  for (const { reading, outcome } of reads) {
    const record = reading.records[i];
    if (!record || !outcome || !isReadIn(outcome, key)) continue;
    if (!best || best.is === 'broken') best = record;
  }
  return best;
}
