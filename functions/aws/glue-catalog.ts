/** The catalog port on AWS Glue: creates and drops partitions, and switches a partition to another folder. */
import {
  BatchCreatePartitionCommand,
  BatchDeletePartitionCommand,
  BatchGetPartitionCommand,
  CreatePartitionCommand,
  type GlueClient,
  type Partition as GluePartition,
  type PartitionError,
  type PartitionInput,
  paginateGetPartitions,
  UpdatePartitionCommand,
} from '@aws-sdk/client-glue';
import { concurrently } from '#lake/concurrently.ts';
import type { Catalog, Partition } from '#lake/ports.ts';
import { TABLES } from '#lake/tables/index.ts';
import type { Table } from '#lake/tables/table.ts';
import { PATIENT, withBackoff } from './backoff.ts';
import { glueStorage } from './glue-table.ts';

export interface GlueCatalogOptions {
  client: GlueClient;
  database: string;
  /** the lake's bucket: locations are keys in it */
  bucket: string;
}

/** Partitions that BatchCreatePartition takes at once; BatchDeletePartition takes 25, BatchGetPartition 1,000. */
const MOST_CREATED = 100;
const MOST_DROPPED = 25;
const MOST_ASKED = 1000;
const AT_ONCE = 4;
/** Errors that are gone when the call is made again. */
const TRANSIENT_ERRORS = new Set([
  'ConcurrentModificationException',
  'ResourceNumberLimitExceededException',
  'InternalServiceException',
  'OperationTimeoutException',
  'ThrottlingException',
  'ConcurrentRunsExceededException',
]);

/** Glue as the catalog. */
export class GlueCatalog implements Catalog {
  readonly #client: GlueClient;
  readonly #database: string;
  readonly #root: string;

  constructor({ client, database, bucket }: GlueCatalogOptions) {
    this.#client = client;
    this.#database = database;
    this.#root = `s3://${bucket}/`;
  }

  async ensurePartitions(table: string, partitions: readonly Partition[]): Promise<void> {
    const inputs = partitions.map((partition) => this.#input(declared(table), partition));
    await concurrently(chunksOf(inputs, MOST_CREATED), AT_ONCE, (chunk) => this.#createAll(table, chunk));
  }

  async dropPartitions(table: string, dts: readonly string[]): Promise<void> {
    declared(table);
    await concurrently(chunksOf([...new Set(dts)], MOST_DROPPED), AT_ONCE, (chunk) => this.#dropAll(table, chunk));
  }

  async switchPartition(table: string, partition: Partition): Promise<void> {
    const input = this.#input(declared(table), partition);
    const target = { DatabaseName: this.#database, TableName: table };
    const isDone = await withBackoff(PATIENT, async () => {
      try {
        await this.#client.send(
          new UpdatePartitionCommand({ ...target, PartitionValueList: [partition.dt], PartitionInput: input }),
        );
        return true;
      } catch (error) {
        if (isTransient(error)) return undefined;
        if (!isMissing(error)) throw error;
      }
      try {
        await this.#client.send(new CreatePartitionCommand({ ...target, PartitionInput: input }));
        return true;
      } catch (error) {
        // Another call has made it meanwhile: update it.
        if (isTransient(error) || nameOf(error) === 'AlreadyExistsException') return undefined;
        throw this.#explained(table, error);
      }
    });
    if (!isDone) throw new Error(`partition could not be switched, Glue is too busy: ${table} dt=${partition.dt}`);
  }

  async locations(table: string, dts?: readonly string[]): Promise<Partition[]> {
    declared(table);
    const found: Partition[] = [];
    try {
      for await (const partitions of dts ? this.#asked(table, [...new Set(dts)]) : this.#all(table)) {
        found.push(...partitions.map((partition) => this.#partition(table, partition)));
      }
    } catch (error) {
      throw this.#explained(table, error);
    }
    return found.sort((a, b) => (a.dt < b.dt ? -1 : 1));
  }

  /** Creates the partitions that don't exist, and retries those that Glue could not take for the moment. Others stay as they are. */
  async #createAll(table: string, inputs: readonly PartitionInput[]): Promise<void> {
    let open = [...inputs];
    let failures: Failure[] = [];
    await withBackoff(PATIENT, async () => {
      let errors: PartitionError[];
      try {
        const answer = await this.#client.send(
          new BatchCreatePartitionCommand({
            DatabaseName: this.#database,
            TableName: table,
            PartitionInputList: open,
          }),
        );
        errors = (answer.Errors ?? []).filter(({ ErrorDetail }) => ErrorDetail?.ErrorCode !== 'AlreadyExistsException');
      } catch (error) {
        // The whole batch is refused when one of it is there already.
        if (nameOf(error) === 'AlreadyExistsException') {
          open = await this.#missingOf(table, open);
          return open.length === 0 ? true : undefined;
        }
        if (!isTransient(error)) throw this.#explained(table, error);
        failures = open.map(({ Values }) => ({ dt: Values?.[0] ?? '', why: nameOf(error) }));
        return undefined;
      }
      failures = failuresOf(errors);
      const lasting = failures.find(({ why }) => !TRANSIENT_ERRORS.has(why));
      if (failures.length === 0 || lasting) return true;
      const again = new Set(failures.map(({ dt }) => dt));
      open = open.filter(({ Values }) => again.has(Values?.[0] ?? ''));
      return undefined;
    });
    refuseFailures(table, failures, 'created');
  }

  /** Drops those that are there, and retries those that Glue could not drop for the moment. */
  async #dropAll(table: string, dts: readonly string[]): Promise<void> {
    let failures: Failure[] = dts.map((dt) => ({ dt, why: 'not tried' }));
    await withBackoff(PATIENT, async () => {
      const left = failures.map(({ dt }) => dt);
      try {
        const { Errors = [] } = await this.#client.send(
          new BatchDeletePartitionCommand({
            DatabaseName: this.#database,
            TableName: table,
            PartitionsToDelete: left.map((dt) => ({ Values: [dt] })),
          }),
        );
        failures = failuresOf(Errors.filter(({ ErrorDetail }) => ErrorDetail?.ErrorCode !== 'EntityNotFoundException'));
      } catch (error) {
        if (!isTransient(error)) throw this.#explained(table, error);
        failures = left.map((dt) => ({ dt, why: nameOf(error) }));
      }
      return failures.every(({ why }) => TRANSIENT_ERRORS.has(why)) && failures.length > 0 ? undefined : true;
    });
    refuseFailures(table, failures, 'dropped');
  }

  async #missingOf(table: string, inputs: readonly PartitionInput[]): Promise<PartitionInput[]> {
    const there = new Set(
      (
        await this.locations(
          table,
          inputs.map(({ Values }) => Values?.[0] ?? ''),
        )
      ).map(({ dt }) => dt),
    );
    return inputs.filter(({ Values }) => !there.has(Values?.[0] ?? ''));
  }

  async *#all(table: string): AsyncGenerator<GluePartition[]> {
    const pages = paginateGetPartitions(
      { client: this.#client },
      { DatabaseName: this.#database, TableName: table, ExcludeColumnSchema: true },
    );
    for await (const { Partitions } of pages) yield Partitions ?? [];
  }

  async *#asked(table: string, dts: readonly string[]): AsyncGenerator<GluePartition[]> {
    for (let at = 0; at < dts.length; at += MOST_ASKED) {
      let keys = dts.slice(at, at + MOST_ASKED).map((dt) => ({ Values: [dt] }));
      while (keys.length > 0) {
        const { Partitions, UnprocessedKeys } = await this.#client.send(
          new BatchGetPartitionCommand({ DatabaseName: this.#database, TableName: table, PartitionsToGet: keys }),
        );
        yield Partitions ?? [];
        keys = (UnprocessedKeys ?? []).map(({ Values }) => ({ Values: Values ?? [] }));
      }
    }
  }

  #input(table: Table, { dt, location }: Partition): PartitionInput {
    if (!/^\d{4}-\d\d-\d\d$/.test(dt)) throw new Error(`partition day is not YYYY-MM-DD: ${table.name} dt=${dt}`);
    if (!location.endsWith('/'))
      throw new Error(`partition location must end in "/": ${table.name} dt=${dt} ${location}`);
    return { Values: [dt], StorageDescriptor: glueStorage(table, this.#root + location) };
  }

  #partition(table: string, { Values, StorageDescriptor }: GluePartition): Partition {
    const [dt = '', location = ''] = [Values?.[0], StorageDescriptor?.Location];
    if (!location.startsWith(this.#root)) {
      throw new Error(
        `partition lies outside the lake, drop it and run the audit: ${table} dt=${dt} at ${location} (lake: ${this.#root})`,
      );
    }
    const key = location.slice(this.#root.length);
    return { dt, location: key.endsWith('/') ? key : `${key}/` };
  }

  #explained(table: string, error: unknown): unknown {
    if (!isMissing(error)) return error;
    return new Error(`catalog has no such table: ${table} in ${this.#database}, deploy the stage first`, {
      cause: error,
    });
  }
}

/** A partition that a call could not do anything with. */
interface Failure {
  dt: string;
  why: string;
}

const failuresOf = (errors: readonly PartitionError[]): Failure[] =>
  errors.map(({ PartitionValues, ErrorDetail }) => ({
    dt: PartitionValues?.[0] ?? '',
    why: ErrorDetail?.ErrorCode ?? ErrorDetail?.ErrorMessage ?? 'unknown',
  }));

/** @throws Error naming some of them, if there are any */
function refuseFailures(table: string, failures: readonly Failure[], what: 'created' | 'dropped'): void {
  if (failures.length === 0) return;
  const named = failures.slice(0, 5).map(({ dt, why }) => `dt=${dt} (${why})`);
  throw new Error(`${failures.length} partitions of ${table} could not be ${what}: ${named.join(', ')}`);
}

const chunksOf = <T>(items: readonly T[], most: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / most) }, (_, i) => items.slice(i * most, (i + 1) * most));

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');
const isTransient = (error: unknown): boolean => TRANSIENT_ERRORS.has(nameOf(error));
const isMissing = (error: unknown): boolean => nameOf(error) === 'EntityNotFoundException';

function declared(name: string): Table {
  const table = Object.hasOwn(TABLES, name) ? TABLES[name] : undefined;
  if (!table) throw new Error(`catalog has no such table: ${name} (tables: ${Object.keys(TABLES).join(', ')})`);
  return table;
}
