/** The engine port on Athena: runs queries, and statements that write Parquet files, and returns rows and the files written. */
import { createHash } from 'node:crypto';
import type { AthenaClient } from '@aws-sdk/client-athena';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { concurrently } from '#lake/concurrently.ts';
import {
  type Engine,
  type Input,
  MissingObject,
  type QueryResult,
  type WriteJob,
  type WrittenFile,
} from '#lake/ports.ts';
import { type QueryPlace, runQuery } from './athena-query.ts';
import { AthenaReader } from './athena-reader.ts';
import { parquetSize } from './parquet-rows.ts';
import { objectFailure } from './s3-failure.ts';
import { S3Store } from './s3-store.ts';

export interface AthenaEngineOptions {
  athena: AthenaClient;
  s3: S3Client;
  database: string;
  /** a workgroup of its own, without the analysts' limit on scanned bytes */
  workgroup: string;
  /** the lake's bucket */
  bucket: string;
  /** milliseconds that are left, such as a Lambda's; as good as unlimited unless told */
  remainingMs?: () => number;
  /** stops what is under way */
  signal?: AbortSignal;
}

/**
 * What a rollup may ask of Athena: it has many machines for a query and bills by what is read, so few large ones, and of a
 * day in parts four at once.
 */
export const ATHENA_ROLLUP = { rowsAtOnce: 4_000_000, queriesAtOnce: 4 } as const;

const FOOTERS_AT_ONCE = 16;
const FOLDERS_AT_ONCE = 16;

/**
 * Athena as the engine. A statement names what it reads, through the helper tables `<table>_live` and
 * `<table>_settled`, whose partitions are projected from the layout; `inputs` say which files it must have met there.
 */
export class AthenaEngine implements Engine {
  readonly #place: QueryPlace;
  readonly #reader: AthenaReader;
  readonly #s3: S3Client;
  readonly #bucket: string;
  readonly #store: S3Store;

  constructor({ athena, s3, database, workgroup, bucket, remainingMs = () => Infinity, signal }: AthenaEngineOptions) {
    this.#place = { client: athena, database, workgroup, remainingMs, signal };
    this.#reader = new AthenaReader(this.#place);
    this.#s3 = s3;
    this.#bucket = bucket;
    this.#store = new S3Store({ client: s3, bucket });
  }

  async query(sql: string, inputs: readonly Input[] = []): Promise<QueryResult> {
    return this.#over(inputs, () => this.#reader.query(sql));
  }

  async write({ select, inputs, location, partitioned }: WriteJob): Promise<WrittenFile[]> {
    const target = `s3://${this.#bucket}/${location}`;
    const options = ["format = 'PARQUET'", "compression = 'ZSTD'"];
    if (partitioned) options.push("partitioned_by = ARRAY['dt']");
    const sql = `UNLOAD (\n${select}\n)\nTO '${target}'\nWITH (${options.join(', ')})`;
    const token = createHash('sha256').update(`${target}\n${sql}`).digest('hex');
    const execution = await this.#over(inputs, () => runQuery(this.#place, sql, token));

    const manifest = execution.Statistics?.DataManifestLocation;
    const keys = manifest ? await this.#manifest(manifest) : [];
    return concurrently(keys.sort(), FOOTERS_AT_ONCE, async (key): Promise<WrittenFile> => {
      if (!key.startsWith(location)) throw new Error(`a query wrote outside its location: ${key} (${location})`);
      return { key, ...(await parquetSize(this.#s3, this.#bucket, key)) };
    });
  }

  /**
   * Runs a query over files that must be there: to Athena a file that has gone is only a few rows less. What is there
   * afterwards was there before, because no key is used twice.
   */
  async #over<T>(inputs: readonly Input[], run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } finally {
      await this.#checkInputs(inputs);
    }
  }

  /** One listing a folder. @throws MissingObject */
  async #checkInputs(inputs: readonly Input[]): Promise<void> {
    const folders = Map.groupBy(
      inputs.flatMap(({ keys }) => keys),
      (key) => key.slice(0, key.lastIndexOf('/') + 1),
    );
    await concurrently([...folders], FOLDERS_AT_ONCE, async ([folder, keys]) => {
      const there = new Set<string>();
      for await (const { key } of this.#store.list(folder, { shallow: true })) there.add(key);
      const gone = keys.find((key) => !there.has(key));
      if (gone !== undefined) throw new MissingObject(gone);
    });
  }

  /** Keys of the files that a query wrote, one address a line. A query without rows may leave no manifest. */
  async #manifest(address: string): Promise<string[]> {
    const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.+)$/.exec(address) ?? [];
    let text: string;
    try {
      const { Body } = await this.#s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      text = (await Body?.transformToString()) ?? '';
    } catch (error) {
      throw objectFailure(error, address);
    }
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.map((line) => line.replace(`s3://${this.#bucket}/`, ''));
  }
}
