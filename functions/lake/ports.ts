/**
 * The ports: all that the core knows of the outside. Each has an AWS adapter and a local one, and one contract test
 * that every adapter passes. Keys are relative to the bucket (or folder) and use `/`; times are epoch milliseconds, UTC.
 */

export interface StoredObject {
  key: string;
  /** bytes */
  size: number;
  /** changes whenever the content does; opaque */
  etag: string;
  /** last-modified, epoch ms */
  modified: number;
}

export interface StoredBody extends StoredObject {
  /** The content in order, in chunks of any size. To be read once, or cancelled by leaving the loop. */
  body: AsyncIterable<Uint8Array>;
}

/** What the pipeline may do with raw data: read it. Raw data is never changed or deleted, but by a RawEditor. */
export interface RawStore {
  /**
   * True where an etag changes with the time of writing, too, as a disk's does: then only the bytes say whether the content
   * is the same. Left out: equal etags are equal content, as in S3.
   */
  readonly hasTimedEtags?: boolean;
  /**
   * Every object whose key starts with `prefix`, in UTF-8 binary order of keys, fetched lazily. `after`: only keys behind
   * this one. `shallow`: only those with no further `/` behind the prefix (S3: Delimiter).
   */
  list(prefix: string, options?: { after?: string; shallow?: boolean }): AsyncIterable<StoredObject>;
  /** The next level of folders below `prefix`, each with a trailing `/`, in UTF-8 binary order. */
  prefixes(prefix: string): AsyncIterable<string>;
  /** @throws MissingObject, ChangedObject (the etag is not `ifMatch`), DeniedObject */
  get(key: string, options?: { ifMatch?: string }): Promise<StoredBody>;
}

/** What only erase may do with raw data, and only where that is asked for: write an object once more without a person. */
export interface RawEditor {
  /**
   * Takes the place of an object, which keeps its key and what is said of it beside its bytes.
   * @param ifMatch etag of the bytes that the new ones were made of
   * @returns its new etag, and whether the store keeps what was there before as an older version
   * @throws MissingObject, ChangedObject (the etag is not `ifMatch`: nothing was written), DeniedObject
   */
  replace(key: string, bytes: Uint8Array, ifMatch: string): Promise<{ etag: string; isKept: boolean }>;
}

export interface Store extends RawStore {
  /**
   * Create-only (S3: `If-None-Match: *`): the only lock there is. True if this call made the object, false if something
   * is there already, whose content is left alone. Once it returns, the object is whole, durable and listed.
   */
  create(key: string, bytes: Uint8Array | string): Promise<boolean>;
  /** Removes the object if it is there. Only `audit`'s collector calls this. */
  remove(key: string): Promise<void>;
}

export interface Partition {
  /** `YYYY-MM-DD` */
  dt: string;
  /** key prefix in the lake store, with a trailing `/` */
  location: string;
}

export interface Catalog {
  /** Registers partitions that are not there yet. An existing partition keeps its location, whatever it is. */
  ensurePartitions(table: string, partitions: readonly Partition[]): Promise<void>;
  /** Points a partition (made if needed) at a location; readers see the old location or the new one, never neither. */
  switchPartition(table: string, partition: Partition): Promise<void>;
  /** Readers see nothing of these days any more; those that aren't there are no error. Files stay. Only collect calls this. */
  dropPartitions(table: string, dts: readonly string[]): Promise<void>;
  /** Where readers are pointed now; `dts` left out asks for all partitions. In order of dt. */
  locations(table: string, dts?: readonly string[]): Promise<Partition[]>;
}

export type SqlValue = string | number | bigint | boolean | null;

export interface QueryResult {
  /**
   * names, and types in Presto's words (`varchar`, `bigint`, `integer`, `double`, `boolean`, `date`, `timestamp(3)`)
   */
  columns: { name: string; type: string }[];
  /** dates as `YYYY-MM-DD`, timestamps as epoch ms */
  rows: SqlValue[][];
}

/** A result while it comes in: however long it is, it takes the memory of a batch. */
export interface RowStream {
  columns: QueryResult['columns'];
  /** rows in order, up to some thousand at once; to be read once */
  batches: AsyncIterable<SqlValue[][]>;
}

/**
 * Files that a statement reads by immutable location, never through a partition that gets switched. SQL sees them as
 * `<table>_live` (with dt and attempt) and `<table>_settled` (with dt and generation, the other folder of the location).
 */
export interface Input {
  table: string;
  stage: 'live' | 'settled';
  dt: string;
  /** for `settled`: `<n>-<nonce>`, or `rebuild-<n>`; of recipient_messages the run */
  generation?: string;
  /** of a rebuild's files: the attempts that count */
  attempts?: string[];
  keys: string[];
}

export interface WriteJob {
  /** Athena's dialect; its columns are the table's, in declared order, then `dt` if `partitioned` */
  select: string;
  table: string;
  inputs: readonly Input[];
  /** key prefix with a trailing `/`, never used before */
  location: string;
  /** true: one folder `dt=D/` below the location for each day in the result, at most 100 */
  partitioned: boolean;
}

/** Several days of one table, each to a location of its own; a row of another day is an error. */
export interface DaysJob extends Omit<WriteJob, 'location' | 'partitioned'> {
  /** by day, each never used before */
  locations: ReadonlyMap<string, string>;
}

export interface WrittenFile {
  key: string;
  bytes: number;
  rows: number;
}

export interface Engine {
  /** Runs a statement over the catalog's tables and views, or over `inputs` only. */
  query(sql: string, inputs?: readonly Input[]): Promise<QueryResult>;
  /** Writes the select's rows as Parquet. Empty results write no file. A failed job may leave files behind. */
  write(job: WriteJob): Promise<WrittenFile[]>;
  /** The same for several small days by one statement; left out where locations can't be chosen by day, as by UNLOAD. */
  writeDays?(job: DaysJob): Promise<WrittenFile[]>;
}

/** A hint that a unit wants work; the truth is what lies in the store. */
export interface UnitMessage {
  unit: string;
  /** key of the plan that sealed it */
  plan: string;
  /** number of the rebuild that it is read for, whose store has the plan (rebuild-store.ts); left out: none */
  rebuild?: number;
}

/**
 * Units wait in two queues, so that a backlog of years does not delay live mail (protocol/lanes.ts says which goes
 * where).
 */
export const LANES = ['live', 'backfill'] as const;
export type Lane = (typeof LANES)[number];

export interface Queue {
  /**
   * A message may be delivered more than once, late, in any order, or get lost. One lane's messages never wait for the
   * other's.
   */
  send(messages: readonly UnitMessage[], lane: Lane): Promise<void>;
}

export interface Clock {
  /** epoch ms */
  now(): number;
  /** a fresh random name, 16 lower-case hex digits */
  nonce(): string;
}

export interface Ports {
  raw: RawStore;
  lake: Store;
  catalog: Catalog;
  engine: Engine;
  queue: Queue;
  clock: Clock;
}

/** The object isn't there (S3: 404). */
export class MissingObject extends Error {
  override name = 'MissingObject';
  readonly key: string;
  constructor(key: string) {
    super(`object does not exist: ${key}`);
    this.key = key;
  }
}

/** The object isn't the one that was planned (S3: 412 on If-Match). */
export class ChangedObject extends Error {
  override name = 'ChangedObject';
  readonly key: string;
  constructor(key: string) {
    super(`object was rewritten after it was planned: ${key}`);
    this.key = key;
  }
}

/** The environment refuses (S3 or KMS: AccessDenied; disk: EACCES). Not the object's fault: the unit waits. */
export class DeniedObject extends Error {
  override name = 'DeniedObject';
  readonly key: string;
  /** what the environment calls it */
  readonly why: string;
  constructor(key: string, why: string) {
    super(`access denied, grant read access and run again: ${key} (${why})`);
    this.key = key;
    this.why = why;
  }
}

/**
 * What an address becomes where `addresses` is `hashed`: a hash under a key that only its holder has. Pure, and so no port of
 * the outside; the key stays with who hands it in.
 */
export interface KeyedHash {
  /** HMAC-SHA-256 of the text, its first 128 bits in lower-case hex */
  hex(text: string): string;
  /** tells keys apart, and nothing of the key can be had from it */
  fingerprint: string;
}
