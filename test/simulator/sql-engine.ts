/**
 * The SQL engine: a query is a process of its own, which goes on when the one that started it has died. It interprets a
 * job by its structure (inputs, table, location, partitioned); that it means the same as the select is a test of its own.
 */

import { DAY_MS, utcDate } from '#lake/days.ts';
import {
  type Input,
  MissingObject,
  type QueryResult,
  type SqlValue,
  type WriteJob,
  type WrittenFile,
} from '#lake/ports.ts';
import { PUBLISHED_TYPES, typesShown } from '#lake/protocol/published.ts';
import { TABLES } from '#lake/tables/index.ts';
import type { Bucket } from './bucket.ts';
import type { Chance } from './chance.ts';
import { Process } from './process.ts';
import { decodeRows, encodeRows, type Row, type Value } from './rows.ts';
import type { Scheduler } from './scheduler.ts';

const texts = (rows: SqlValue[][]): QueryResult => ({
  columns: (rows[0] ?? []).map((_, i) => ({ name: `c${i}`, type: 'varchar' })),
  rows,
});

type Answer = (result: WrittenFile[] | Error) => void;

export interface SqlEngineOptions {
  lake: Bucket;
  chance: Chance;
  now(): number;
  /** probability that a query fails at one of its steps, leaving what it has written */
  failure: number;
}

export class SqlEngine {
  readonly #options: SqlEngineOptions;
  #queries = 0;
  scheduler: Scheduler | null = null;
  failure: number;
  /** finds the keys to read of an input; a broken variant reads elsewhere */
  keysOf: (input: Input) => readonly string[] = ({ keys }) => keys;

  constructor(options: SqlEngineOptions) {
    this.#options = options;
    this.failure = options.failure;
  }

  /** Starts a query; `answer` is told of its end. */
  begin(job: WriteJob, caller: string, answer: Answer): void {
    const id = this.#queries++;
    const query = new Process(`query ${id} of ${caller}`, this.#options.now(), 0);
    this.#next(query, 'query finds its location empty', job.location, answer, () => {
      const { items } = this.#options.lake.page(job.location, '', false, 1);
      if (items.length > 0) throw new Error(`location is not empty: ${job.location}`);
      this.#next(query, 'query reads', job.location, answer, () => {
        const parts = [...output(job, this.#read(job.inputs))];
        this.#write(query, job, parts, [], id, answer);
      });
    });
  }

  /** A statement that reads: what a rollup asks before it cuts a day into parts, or the check of what a settle wrote. */
  query(sql: string, inputs: readonly Input[]): QueryResult {
    const rows = this.#read(inputs, ({ keys }) => keys);
    if (sql.startsWith('select message_id from')) return texts(rows.map(({ message_id }) => [message_id ?? null]));
    if (sql.startsWith('select scope, ')) {
      const shown = new Set(recipientMessages(rows, rollupRange(sql)).flatMap((row) => String(row.shown).split(' ')));
      return texts([['', ...PUBLISHED_TYPES.map((type) => shown.has(type))]]);
    }
    const keys = TABLES[inputs[0]?.table ?? '']?.key ?? [];
    const distinct = new Set(rows.map((row) => idOf(row, keys))).size;
    const bigint = (name: string): QueryResult['columns'][number] => ({ name, type: 'bigint' });
    return { columns: [bigint('rows'), bigint('keys')], rows: [[rows.length, distinct]] };
  }

  #read(inputs: readonly Input[], keysOf = this.keysOf): Row[] {
    return inputs.flatMap((input) =>
      keysOf(input).flatMap((key) => {
        const held = this.#options.lake.held(key);
        if (!held) throw new MissingObject(key);
        return decodeRows(held.bytes);
      }),
    );
  }

  #write(query: Process, job: WriteJob, parts: Part[], written: WrittenFile[], id: number, answer: Answer): void {
    const [part, ...others] = parts;
    if (!part) {
      this.#next(query, 'query ends', job.location, answer, () => {
        query.state = 'done';
        answer(written);
      });
      return;
    }
    const key = `${job.location}${part.folder}q${id}-${written.length}.parquet`;
    this.#next(query, 'query writes', key, answer, () => {
      const bytes = encodeRows(part.rows);
      this.#options.lake.create(key, bytes);
      const file = { key, rows: part.rows.length, bytes: bytes.length };
      this.#write(query, job, others, [...written, file], id, answer);
    });
  }

  #next(query: Process, op: string, subject: string, answer: Answer, effect: () => void): void {
    this.scheduler?.add({
      process: query,
      op,
      subject,
      refuse: null,
      effect: () => {
        try {
          if (this.#options.chance.happens(this.failure)) throw new Error(`query failed: ${op}`);
          effect();
        } catch (error) {
          query.state = 'failed';
          answer(error instanceof Error ? error : new Error(String(error)));
        }
        return () => {};
      },
    });
  }
}

/** Rows of one file, and the folder below the location. */
interface Part {
  folder: string;
  rows: Row[];
}

/** What a job writes, cut into files as an engine with several writers would. */
export function output(job: WriteJob, rows: readonly Row[]): Part[] {
  if (job.table === 'recipient_messages') {
    const days = Map.groupBy(recipientMessages(rows, rollupRange(job.select)), ({ sent_at }) =>
      utcDate(Number(sent_at)),
    );
    return [...days]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([dt, ofDay]) => ({ folder: job.partitioned ? `dt=${dt}/` : '', rows: ofDay }));
  }
  const kept = deduplicated(job.table, rows);
  const half = Math.ceil(kept.length / 2);
  return [kept.slice(0, half), kept.slice(half)]
    .filter((some) => some.length > 0)
    .map((some) => ({ folder: '', rows: some }));
}

const PREFERENCE = ['feed', 'source_key', 'source_ordinal', 'attempt'] as const;

/** settle's rule: one row a key, of headers one event a message, the winner by the total order; sorted by key. */
export function deduplicated(table: string, rows: readonly Row[]): Row[] {
  const keys = TABLES[table]?.key ?? [];
  const group = table === 'headers' ? ['message_id'] : keys;
  const winners = new Map<string, Row>();
  for (const row of rows) {
    const id = idOf(row, group);
    const winner = winners.get(id);
    if (!winner || compare(row, winner) < 0) winners.set(id, row);
  }
  return rows
    .filter((row) => {
      const winner = winners.get(idOf(row, group));
      return winner !== undefined && compare(row, winner) === 0;
    })
    .sort((a, b) => (idOf(a, keys) < idOf(b, keys) ? -1 : 1));
}

function compare(a: Row, b: Row): number {
  for (const name of PREFERENCE) {
    const [left, right] = [a[name] ?? '', b[name] ?? ''];
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

const idOf = (row: Row, keys: readonly string[]): string => keys.map((name) => row[name]).join('|');

interface RollupRange {
  first: string;
  last: string;
  days: number;
  /** message ids, of a part of a day */
  from?: string | undefined;
  to?: string | undefined;
  /** event types that other parts show */
  shown?: readonly string[];
}

/** The constants that rollup puts into its select (relations `rollup_run` and `rollup_shown`), and the part of a day. */
function rollupRange(select: string): RollupRange {
  const match = /date '([\d-]+)' as first_send_date, date '([\d-]+)' as last_send_date, (\d+) as attribution_days/.exec(
    select,
  );
  if (!match?.[1] || !match[2]) throw new Error('select of a rollup names no send days');
  const from = /message_id >= '([^']+)'/.exec(select)?.[1];
  const to = /message_id < '([^']+)'/.exec(select)?.[1];
  const flags = /values \('', ((?:true|false)(?:, (?:true|false))*)\)/.exec(select)?.[1]?.split(', ') ?? [];
  const shown = PUBLISHED_TYPES.filter((_, i) => flags[i] === 'true');
  return { first: match[1], last: match[2], days: Number(match[3]), from, to, shown };
}

/** One row a message and recipient: here, all that happened to it, each event once, and what the mail of its day shows. */
export function recipientMessages(
  rows: readonly Row[],
  { first, last, days, from, to, shown = [] }: RollupRange,
): Row[] {
  const shownOn = new Map<string, Set<string>>();
  const lives = new Map<string, { row: Row; events: Set<Value> }>();
  for (const row of rows) {
    const { message_id, recipient_key, sent_at, occurred_at, event_id } = row;
    if (recipient_key === null || recipient_key === undefined) continue;
    const sent = Math.floor(Number(sent_at) / DAY_MS);
    const day = utcDate(Number(sent_at));
    const after = Math.floor(Number(occurred_at) / DAY_MS) - sent;
    if (day < first || day > last || after < -1 || after > days) continue;
    if (from !== undefined && String(message_id) < from) continue;
    if (to !== undefined && String(message_id) >= to) continue;
    const ofDay = shownOn.get(day) ?? new Set(shown);
    shownOn.set(day, ofDay);
    for (const type of typesShown(row.event_type, null)) ofDay.add(type);
    const id = `${message_id}|${recipient_key}`;
    const life = lives.get(id);
    if (life) life.events.add(event_id ?? null);
    else {
      const identity = { message_id: message_id ?? null, recipient_key, sent_at: sent_at ?? null };
      lives.set(id, { row: identity, events: new Set([event_id ?? null]) });
    }
  }
  return [...lives]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { row, events }]) => ({
      ...row,
      events: [...events].sort().join(' '),
      shown: [...(shownOn.get(utcDate(Number(row.sent_at))) ?? [])].sort().join(' '),
    }));
}
