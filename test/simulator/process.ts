/** A simulated process: it has a clock of its own, and may die at any call. */
import { MountedRaw } from '#lake/mounted-raw.ts';
import type {
  Clock,
  Ports,
  QueryResult,
  RawEditor,
  RawStore,
  StoredObject,
  UnitMessage,
  WrittenFile,
} from '#lake/ports.ts';
import { folderOf } from '#test/ports/folder-of.ts';
import type { Bucket, Page } from './bucket.ts';
import type { MessageQueue } from './messages.ts';
import type { Partitions } from './partitions.ts';
import type { Scheduler } from './scheduler.ts';
import type { SqlEngine } from './sql-engine.ts';

/** What all processes share: the services, each in a state of its own. */
export interface Services {
  raw: Bucket;
  lake: Bucket;
  partitions: Partitions;
  messages: MessageQueue;
  engine: SqlEngine;
  scheduler: Scheduler;
  /** mounts of raw sources whose objects lie in the raw bucket, too, but which no listing of the first one shows */
  mounts: readonly string[];
  /** objects in a page of a listing */
  pageSize: number;
  now(): number;
  nonce(): string;
  /** writes a raw object over the one with this etag @returns the new one */
  replaceRaw(key: string, bytes: Uint8Array, ifMatch: string): string;
  /** the catalog's tables, as far as a step asks for them */
  select(sql: string): QueryResult;
}

/** A process with a clock of its own. A dead one's promises never resolve: it just doesn't go on. */
export class Process {
  readonly name: string;
  readonly startedAt: number;
  /** null while it runs, and of one that died */
  endedAt: number | null = null;
  /** how far its clock is ahead, ms */
  readonly skew: number;
  state: 'running' | 'done' | 'failed' | 'dead' = 'running';
  calls = 0;
  /** true time until which it writes no row */
  heldUntil = 0;
  /** was it let down while it marked a try, or said how one ended? */
  lostItsWord = false;
  /** resolves when it has ended, however */
  readonly ended: Promise<void>;
  /** told once, when it is killed */
  died: () => void;

  constructor(name: string, startedAt: number, skew: number) {
    this.name = name;
    this.startedAt = startedAt;
    this.skew = skew;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.died = resolve;
  }
}

/** With the right to write raw objects once more, which only erase uses. */
export type SimulatedPorts = Ports & { editor: RawEditor };

/** The ports as one process sees them: every call waits for the scheduler. */
export function portsOf(process: Process, services: Services): SimulatedPorts {
  const { raw, lake, partitions, messages, engine, scheduler } = services;

  const call = <T>(op: string, subject: string, effect: () => T): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (process.state === 'dead') return;
      scheduler.add({
        process,
        op,
        subject,
        effect: () => {
          try {
            const answer = effect();
            return () => resolve(answer);
          } catch (error) {
            return () => reject(error);
          }
        },
        refuse: reject,
      });
    });

  const readable = (name: 'raw' | 'lake', bucket: Bucket): Ports['raw'] => ({
    list: (prefix, { after = '', shallow = false } = {}) =>
      paged<StoredObject>((last) =>
        call(`${name}.list`, prefix, () => bucket.page(prefix, last?.key ?? after, shallow, services.pageSize)),
      ),
    prefixes: (prefix) =>
      paged<string>((last) =>
        call(`${name}.prefixes`, prefix, () => bucket.folders(prefix, last ?? '', services.pageSize)),
      ),
    get: (key, { ifMatch } = {}) => call(`${name}.get`, key, () => bucket.get(key, ifMatch)),
  });

  /** The engine goes on by itself: its end is a task of its own, if someone is still there to hear of it. */
  const ask = <T>(op: string, subject: string, begin: (answer: (result: T | Error) => void) => void): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      let isBegun = false;
      const answered = (result: T | Error): void => {
        if (process.state !== 'running') return;
        scheduler.add({
          process,
          op: `${op} answers`,
          subject,
          effect: () => () => (result instanceof Error ? reject(result) : resolve(result)),
          refuse: reject,
        });
      };
      scheduler.add({
        process,
        op,
        subject,
        effect: () => {
          // A client that asks again names the same execution (Athena: ClientRequestToken).
          if (!isBegun) begin(answered);
          isBegun = true;
          return null;
        },
        refuse: reject,
      });
    });

  return {
    raw: sourcesOf(readable('raw', raw), services.mounts),
    lake: {
      ...readable('lake', lake),
      create: (key, bytes) => call('lake.create', key, () => lake.create(key, bytes)),
      remove: (key) => call('lake.remove', key, () => lake.remove(key)),
    },
    catalog: {
      ensurePartitions: (table, wanted) => call('catalog.ensure', table, () => partitions.ensure(table, wanted)),
      switchPartition: (table, partition) =>
        call('catalog.switch', `${table} ${partition.location}`, () => partitions.switch(table, partition)),
      dropPartitions: (table, dts) =>
        call('catalog.drop', `${table} ${dts.join(' ')}`, () => partitions.drop(table, dts)),
      locations: (table, dts) => call('catalog.locations', table, () => partitions.locations(table, dts)),
    },
    engine: {
      query: (sql, inputs = []) =>
        call(
          'engine.query',
          inputs[0]?.keys[0] ?? '',
          (): QueryResult => (inputs.length > 0 ? engine.query(sql, inputs) : services.select(sql)),
        ),
      write: (job) =>
        ask<WrittenFile[]>('engine.write', job.location, (answer) => engine.begin(job, process.name, answer)),
    },
    queue: {
      send: (sent: readonly UnitMessage[], lane) =>
        call('queue.send', `${sent.length} ${lane} messages`, () => messages.send(sent, lane)),
    },
    clock: clockOf(process, services),
    editor: {
      replace: (key, bytes, ifMatch) =>
        call('raw.replace', key, () => ({ etag: services.replaceRaw(key, bytes, ifMatch), isKept: false })),
    },
  };
}

/** Several sources in one bucket, each of which sees its own objects only. */
function sourcesOf(bucket: RawStore, mounts: readonly string[]): RawStore {
  if (mounts.length === 0) return bucket;
  const isFirsts = (key: string): boolean => !mounts.some((mount) => key.startsWith(mount));
  const first: RawStore = {
    ...bucket,
    async *list(prefix, options) {
      for await (const object of bucket.list(prefix, options)) if (isFirsts(object.key)) yield object;
    },
    async *prefixes(prefix) {
      for await (const folder of bucket.prefixes(prefix)) if (isFirsts(folder)) yield folder;
    },
  };
  return new MountedRaw(
    first,
    mounts.map((mount) => [mount.slice(1, -1), folderOf(bucket, mount)]),
  );
}

/** The items of pages, each page asked for when the one before is used up; by hand, as a generator takes its time. */
function paged<T>(ask: (last: T | undefined) => Promise<Page<T>>): AsyncIterable<T> & AsyncIterator<T> {
  let items: readonly T[] = [];
  let isLast = false;
  let at = 0;
  let asked: Promise<void> | null = null;
  const turn = (page: Page<T>): void => {
    ({ items, isLast } = page);
    at = 0;
    asked = null;
  };
  const next = async (): Promise<IteratorResult<T>> => {
    while (at === items.length && !isLast) {
      asked ??= ask(items.at(-1)).then(turn);
      await asked;
    }
    const value = items[at];
    if (value === undefined) return { done: true, value };
    at++;
    return { done: false, value };
  };
  const pages = { next, [Symbol.asyncIterator]: () => pages };
  return pages;
}

const clockOf = (process: Process, services: Services): Clock => ({
  now: () => services.now() + process.skew,
  nonce: services.nonce,
});
