/**
 * The services around a backlog: a raw bucket that is made while it is listed, and a lake of any size in which each call
 * takes its time. Work is stubbed: a live file holds the number of its rows, and a query adds them up.
 */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { addDays, utcDate } from '#lake/days.ts';
import {
  type Input,
  type Lane,
  MissingObject,
  type Ports,
  type RawStore,
  type StoredObject,
  type UnitMessage,
} from '#lake/ports.ts';
import { hourOfPrefix } from '#lake/protocol/raw-prefixes.ts';
import type { ReadUnit } from '#lake/steps/transform/read-unit.ts';
import { Tally } from '#lake/steps/transform/tally.ts';
import { SETTLED_TABLES } from '#lake/tables/index.ts';
import { Bucket } from './bucket.ts';
import { Partitions } from './partitions.ts';
import type { Timeline } from './timeline.ts';

/** Objects in a page of a listing (S3: ListObjectsV2). */
const PAGE = 1000;
/** What is larger is kept compressed: plans of years would fill the memory of the test. */
const SMALL = 4096;
const ROWS_AN_OBJECT = 10;

export interface Pace {
  msPerCall: number;
  /** what a worker takes for a unit, and the engine for a query, ms */
  unitMs: number;
  queryMs: number;
}

export class BacklogLake {
  readonly timeline: Timeline;
  readonly lake: Bucket;
  readonly partitions = new Partitions();
  readonly pace: Pace;
  /** round trips of each kind of process */
  readonly calls = new Map<string, number>();
  readonly #raw = new Map<string, StoredObject[] | number>();
  readonly #template: string;
  readonly #waiting: Record<Lane, UnitMessage[]> = { live: [], backfill: [] };
  readonly #idle: Record<Lane, (() => void)[]> = { live: [], backfill: [] };
  #nonces = 0;

  constructor(timeline: Timeline, template: string, pace: Pace) {
    this.timeline = timeline;
    this.#template = template;
    this.pace = pace;
    this.lake = new Bucket(() => timeline.now);
  }

  /** So many objects lie below a prefix. */
  fill(prefix: string, objects: number): void {
    this.#raw.set(prefix, objects);
  }

  /** One more object arrives. */
  deliver(prefix: string, name: string): void {
    const before = this.#raw.get(prefix);
    const there = typeof before === 'object' ? before : [];
    there.push({ key: `${prefix}${name}`, size: 2000, etag: `"${name}"`, modified: this.timeline.now });
    this.#raw.set(prefix, there);
  }

  /** The next message of a lane, waited for. */
  async receive(lane: Lane): Promise<UnitMessage> {
    for (;;) {
      const message = this.#waiting[lane].shift();
      if (message) return message;
      await new Promise<void>((wake) => void this.#idle[lane].push(wake));
    }
  }

  /** What a unit of these objects makes: a file a table, of its hour's day; the first hour has some of the day before. */
  readonly read: ReadUnit = async (_, unit) => {
    await this.timeline.sleep(this.pace.unitMs);
    const [first] = unit.objects;
    const prefix = first?.key.slice(0, first.key.lastIndexOf('/') + 1) ?? '';
    const hour = hourOfPrefix(this.#template, prefix, 0) ?? 0;
    const dt = utcDate(hour);
    const days = new Date(hour).getUTCHours() === 0 ? [addDays(dt, -1), dt] : [dt];
    const rows = unit.objects.length * ROWS_AN_OBJECT;
    const tally = new Tally();
    for (let i = 0; i < rows; i++) tally.verdict({ is: 'accepted', source: 'ses', eventType: 'open' });
    return {
      counts: tally.counts(),
      problems: [],
      contents: [],
      erasedObjects: [],
      newestDeliveredAt: first?.modified ?? null,
      async *files() {
        for (const { name } of SETTLED_TABLES) {
          for (const day of days) {
            const bytes = Buffer.from(String(rows / days.length));
            const table = name === 'events' || name === 'headers' || name === 'clicks' ? name : 'events';
            yield { table, dt: day, part: 0, rows: rows / days.length, bytes, sendDays: [dt], published: [] };
          }
        }
      },
    };
  };

  /** The ports of one process; `who` is charged with its calls. */
  ports(who: string): Ports {
    const { lake, partitions, timeline, pace } = this;
    const trip = async (): Promise<void> => {
      this.calls.set(who, (this.calls.get(who) ?? 0) + 1);
      await timeline.sleep(pace.msPerCall);
    };
    const after = async <T>(effect: () => T): Promise<T> => {
      await trip();
      return effect();
    };
    const rowsOf = (inputs: readonly Input[]): number =>
      inputs
        .flatMap(({ keys }) => keys)
        .reduce((sum, key) => sum + Number(Buffer.from(lake.held(key)?.bytes ?? []).toString()), 0);
    return {
      raw: this.#rawStore(trip),
      lake: {
        async *list(prefix, { after: behind = '', shallow = false } = {}) {
          for (let last = behind; ; ) {
            const page = await after(() => lake.page(prefix, last, shallow, PAGE));
            yield* page.items;
            if (page.isLast) return;
            last = page.items.at(-1)?.key ?? last;
          }
        },
        async *prefixes(prefix) {
          for (let last = ''; ; ) {
            const page = await after(() => lake.folders(prefix, last, PAGE));
            yield* page.items;
            if (page.isLast) return;
            last = page.items.at(-1) ?? last;
          }
        },
        get: (key) =>
          after(() => {
            const { body: _, ...object } = lake.get(key);
            return { ...object, body: once(unpacked(lake.held(key)?.bytes ?? new Uint8Array())) };
          }),
        create: (key, bytes) => after(() => lake.create(key, packed(bytes))),
        remove: (key) => after(() => lake.remove(key)),
      },
      catalog: {
        ensurePartitions: (table, wanted) => after(() => partitions.ensure(table, wanted)),
        switchPartition: (table, partition) => after(() => partitions.switch(table, partition)),
        dropPartitions: (table, dts) => after(() => partitions.drop(table, dts)),
        locations: (table, dts) => after(() => partitions.locations(table, dts)),
      },
      engine: {
        query: (_, inputs = []) => after(() => ({ columns: [], rows: [[rowsOf(inputs), rowsOf(inputs)]] })),
        write: async ({ inputs, location }) => {
          await trip();
          await timeline.sleep(pace.queryMs);
          const rows = rowsOf(inputs);
          const key = `${location}part.parquet`;
          lake.create(key, String(rows));
          return [{ key, rows, bytes: lake.held(key)?.size ?? 0 }];
        },
      },
      queue: {
        send: (messages, lane) =>
          after(() => {
            for (const message of messages) this.#waiting[lane].push(message);
            for (const wake of this.#idle[lane].splice(0)) wake();
          }),
      },
      clock: { now: () => timeline.now, nonce: () => (++this.#nonces).toString(16).padStart(16, '0') },
    };
  }

  #rawStore(trip: () => Promise<void>): RawStore {
    const objects = this.#raw;
    const { timeline } = this;
    return {
      async *list(prefix) {
        await trip();
        const there = objects.get(prefix) ?? 0;
        if (typeof there === 'object') {
          yield* [...there];
          return;
        }
        const modified = hourOfPrefix(DEFAULT_HOURS, prefix, 0) ?? timeline.now;
        for (let i = 0; i < there; i++) {
          if (i > 0 && i % PAGE === 0) await trip();
          yield { key: `${prefix}${String(i).padStart(6, '0')}`, size: 2000, etag: `"${i}"`, modified };
        }
      },
      async *prefixes(prefix) {
        await trip();
        let last = '';
        for (const one of [...objects.keys()].filter((key) => key.startsWith(prefix)).sort()) {
          const folder = one.slice(0, one.indexOf('/', prefix.length) + 1);
          if (folder !== last) yield folder;
          last = folder;
        }
      },
      get: async (key) => {
        throw new MissingObject(key);
      },
    };
  }
}

const DEFAULT_HOURS = 'raw/{yyyy}/{MM}/{dd}/{HH}/';

const packed = (content: Uint8Array | string): Uint8Array => {
  const bytes = Buffer.from(content);
  return bytes.length > SMALL ? Buffer.concat([Buffer.of(0), zstdCompressSync(bytes)]) : bytes;
};
/** Nothing else in the lake begins with a zero byte. */
const unpacked = (bytes: Uint8Array): Uint8Array => (bytes[0] === 0 ? zstdDecompressSync(bytes.subarray(1)) : bytes);

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
