/**
 * Replaces decoding in the simulator. It keeps the same promises (same unit, same bytes; the counting law) over a few lines
 * of JSON.
 */

import { utcDate } from '#lake/days.ts';
import type { ErasedPersons } from '#lake/decode/erased-persons.ts';
import { ChangedObject, MissingObject, type RawStore, type StoredBody } from '#lake/ports.ts';
import { versionOfAttempt } from '#lake/protocol/keys.ts';
import type { ObjectProblem, PlannedObject } from '#lake/protocol/records.ts';
import type { IsRewritten, ReadUnit } from '#lake/steps/transform/read-unit.ts';
import { Tally } from '#lake/steps/transform/tally.ts';
import type { EncodedFile } from '#lake/steps/transform/unit-rows.ts';
import { clickRows, eventRows, headerRows, type PlacedRow, type Source } from './event-rows.ts';
import { NOBODY } from './forgotten.ts';
import { type Line, linesIn, linesOf, type MailEvent, readBy, TODAYS_VERSION } from './mail.ts';
import { encodeRows, type Row } from './rows.ts';

type Table = EncodedFile['table'];
const TABLE_ORDER: readonly Table[] = ['events', 'headers', 'clicks', 'quarantine'];
/** Rows of one file: few, so that days are cut into parts. */
const MOST_ROWS = 3;

/** A reader of units; `onPoison` ends the process that reads a poisoned object. */
export const unitReader =
  (onPoison: () => Promise<never>): ReadUnit =>
  async (raw, unit, attempt, { settings, erased = NOBODY, isRewritten }) => {
    const rows = new UnitRows(settings.headerCarriers, erased);
    const problems: ObjectProblem[] = [];
    for (const object of unit.objects) {
      try {
        const stored = await opened(raw, object, isRewritten);
        const { body, etag } = stored;
        const isSame = etag === object.etag || (await isRewritten?.(object, stored));
        if (!isSame) problems.push({ key: object.key, problem: 'raw_changed', etag });
        const content = await textOf(body);
        const version = versionOfAttempt(attempt);
        if (content.startsWith('poison') && version !== TODAYS_VERSION) await onPoison();
        for (const line of linesIn(linesOf(content), object.ranges)) {
          rows.add({ ...line, record: readBy(version, line.record) }, attempt, object);
        }
      } catch (error) {
        const problem = problemOf(error);
        if (!problem) throw error;
        problems.push({ key: object.key, problem });
      }
    }
    return {
      counts: rows.tally.counts(),
      problems,
      contents: [],
      erasedObjects: [],
      newestDeliveredAt: unit.objects.reduce((newest, { modified }) => Math.max(newest, modified), 0),
      files: () => rows.files(),
    };
  };

/** As it was planned; what nobody has read yet, as it is; what was read before, with what an erasure has left of it. */
async function opened(
  raw: RawStore,
  object: PlannedObject,
  isRewritten: IsRewritten = async () => false,
): Promise<StoredBody> {
  const { key, etag, isReread } = object;
  for (let looks = 1; ; looks++) {
    if (looks > 1 && !isReread) return raw.get(key);
    try {
      if (looks === 1) return await raw.get(key, { ifMatch: etag });
      for await (const now of raw.list(key)) {
        if (now.key !== key || !(await isRewritten(object, now))) break;
        return await raw.get(key, { ifMatch: now.etag });
      }
    } catch (error) {
      if (!(error instanceof ChangedObject)) throw error;
      continue;
    }
    throw new ChangedObject(key);
  }
}

const problemOf = (error: unknown): ObjectProblem['problem'] | null => {
  if (error instanceof MissingObject) return 'source_missing';
  return error instanceof ChangedObject ? 'raw_changed' : null;
};

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const chunk of body) text += Buffer.from(chunk).toString();
  return text;
}

/** The rows of a unit as transform would write them: of copies the one of the earlier feed, else the first. */
class UnitRows {
  readonly tally = new Tally();
  readonly #carriers: readonly string[];
  readonly #erased: ErasedPersons;
  readonly #events = new Map<string, PlacedRow>();
  readonly #others: PlacedRow[] = [];
  readonly #quarantine: (PlacedRow | { table: 'quarantine'; dt: string; row: Row })[] = [];

  constructor(carriers: readonly string[], erased: ErasedPersons) {
    this.#carriers = carriers;
    this.#erased = erased;
  }

  add(line: Line, attempt: string, { key, modified }: PlannedObject): void {
    const { record, ordinal } = line;
    if (record.is === 'erased') this.tally.erased();
    if (record.is === 'noise') this.tally.verdict({ is: 'skipped', type: record.text });
    if (record.is === 'broken') this.#reject(line, { attempt, key, ordinal }, modified);
    if (record.is === 'event') this.#accept(record, { attempt, key, ordinal });
  }

  #reject({ ordinal, offset, length }: Line, { attempt, key }: Source, deliveredAt: number): void {
    const row = {
      attempt,
      source_key: key,
      source_ordinal: ordinal,
      byte_offset: offset,
      byte_length: length,
      range_ordinal: ordinal,
      reason: 'json',
    };
    this.#quarantine.push({ table: 'quarantine', dt: utcDate(deliveredAt), row });
    this.tally.quarantined('json');
  }

  #accept(event: MailEvent, source: Source): void {
    let isNew = false;
    const placedRows = this.#without(eventRows(event, source));
    if (placedRows.length === 0) {
      this.tally.erased();
      return;
    }
    for (const placed of placedRows) {
      const id = String(placed.row.event_id);
      const earlier = this.#events.get(id);
      isNew ||= !earlier;
      if (!earlier || String(placed.row.feed) < String(earlier.row.feed)) this.#events.set(id, placed);
    }
    if (isNew) {
      if (this.#carriers.includes(event.type)) this.#others.push(...this.#without(headerRows(event, source)));
      this.#others.push(...this.#without(clickRows(event, source)));
    }
    this.tally.verdict(isNew ? { is: 'accepted', source: 'ses', eventType: event.type } : { is: 'duplicate' });
  }

  #without(placed: readonly PlacedRow[]): PlacedRow[] {
    return placed.flatMap((one) => {
      const row = this.#erased.withoutThem(one.table, one.row);
      return row === null ? [] : [{ ...one, row }];
    });
  }

  async *files(): AsyncGenerator<EncodedFile> {
    const all = [...this.#events.values(), ...this.#others, ...this.#quarantine];
    for (const table of TABLE_ORDER) {
      const days = Map.groupBy(
        all.filter((placed) => placed.table === table),
        ({ dt }) => dt,
      );
      for (const [dt, placed] of [...days].sort(([a], [b]) => (a < b ? -1 : 1))) {
        for (let from = 0, part = 0; from < placed.length; from += MOST_ROWS, part++) {
          const rows = placed.slice(from, from + MOST_ROWS).map(({ row }) => row);
          yield {
            table,
            dt,
            part,
            rows: rows.length,
            bytes: encodeRows(rows),
            sendDays: sendDays(table, rows),
            published: [],
          };
        }
      }
    }
  }
}

const sendDays = (table: string, rows: readonly Row[]): string[] =>
  table === 'events' ? [...new Set(rows.map(({ sent_at }) => utcDate(Number(sent_at))))].sort() : [];
