import { createHash } from 'node:crypto';
import { type AthenaClient, paginateGetQueryResults } from '@aws-sdk/client-athena';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { parquetMetadataAsync } from 'hyparquet';
import type { Engine, QueryResult, SqlValue, WriteJob, WrittenFile } from '#lake/ports.ts';
import { concurrently } from '#lake/steps/concurrent.ts';
import { AthenaFailure, type QueryPlace, runQuery } from './athena-query.ts';
import { columnOf, type ResultColumn, valuesOf } from './athena-values.ts';
import { serviceError } from './s3-failure.ts';

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
}

/** Athena's limit on a statement, bytes. */
const MOST_QUERY_BYTES = 262_144;
const FOOTERS_AT_ONCE = 16;

/**
 * Athena as the engine. What a statement reads it names itself, through the helper tables `<table>_live` and
 * `<table>_settled`, whose partitions are projected from the layout; so `inputs` are not needed here.
 */
export class AthenaEngine implements Engine {
  readonly #place: QueryPlace;
  readonly #s3: S3Client;
  readonly #bucket: string;

  constructor({ athena, s3, database, workgroup, bucket, remainingMs = () => Infinity }: AthenaEngineOptions) {
    this.#place = { client: athena, database, workgroup, remainingMs };
    this.#s3 = s3;
    this.#bucket = bucket;
  }

  async query(sql: string): Promise<QueryResult> {
    const { QueryExecutionId } = await runQuery(this.#place, withinLimit(sql));
    let columns: ResultColumn[] | undefined;
    const rows: SqlValue[][] = [];
    for await (const { ResultSet } of paginateGetQueryResults({ client: this.#place.client }, { QueryExecutionId })) {
      const isFirst = columns === undefined;
      columns ??= (ResultSet?.ResultSetMetadata?.ColumnInfo ?? []).map(columnOf);
      // The first row of a select's first page is the columns' names.
      for (const row of (ResultSet?.Rows ?? []).slice(isFirst ? 1 : 0)) rows.push(valuesOf(columns, row));
    }
    return { columns: columns ?? [], rows };
  }

  async write({ select, location, partitioned }: WriteJob): Promise<WrittenFile[]> {
    const target = `s3://${this.#bucket}/${location}`;
    const options = ["format = 'PARQUET'", "compression = 'ZSTD'"];
    if (partitioned) options.push("partitioned_by = ARRAY['dt']");
    const sql = withinLimit(`UNLOAD (\n${select}\n)\nTO '${target}'\nWITH (${options.join(', ')})`);
    const token = createHash('sha256').update(`${target}\n${sql}`).digest('hex');
    const execution = await runQuery(this.#place, sql, token);

    const manifest = execution.Statistics?.DataManifestLocation;
    if (!manifest) throw new AthenaFailure(execution.QueryExecutionId ?? '', 'left no manifest of what it wrote');
    const keys = (await this.#manifest(manifest)).sort();
    return concurrently(keys, FOOTERS_AT_ONCE, (key) => this.#writtenFile(key, location));
  }

  /** Keys of the files that a query wrote, one address a line. */
  async #manifest(address: string): Promise<string[]> {
    const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.+)$/.exec(address) ?? [];
    const { Body } = await this.#s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    const lines = ((await Body?.transformToString()) ?? '').split('\n').filter((line) => line !== '');
    return lines.map((line) => line.replace(`s3://${this.#bucket}/`, ''));
  }

  /** Athena doesn't tell rows by file; the files do, at their ends. */
  async #writtenFile(key: string, location: string): Promise<WrittenFile> {
    if (!key.startsWith(location)) throw new Error(`a query wrote outside its location: ${key} (${location})`);
    const tail = await this.#range(key, `bytes=-${FOOTER_BYTES}`);
    const file = {
      byteLength: tail.size,
      slice: async (from: number, to = tail.size): Promise<ArrayBuffer> =>
        from >= tail.size - tail.bytes.length
          ? buffer(tail.bytes.subarray(from - tail.size + tail.bytes.length, to - tail.size + tail.bytes.length))
          : buffer((await this.#range(key, `bytes=${from}-${to - 1}`)).bytes),
    };
    const { num_rows: rows } = await parquetMetadataAsync(file, { initialFetchSize: tail.bytes.length });
    return { key, bytes: tail.size, rows: Number(rows) };
  }

  async #range(key: string, range: string): Promise<{ bytes: Uint8Array; size: number }> {
    try {
      const answer = await this.#s3.send(new GetObjectCommand({ Bucket: this.#bucket, Key: key, Range: range }));
      const bytes = (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
      return { bytes, size: Number(/\/(\d+)$/.exec(answer.ContentRange ?? '')?.[1] ?? bytes.length) };
    } catch (error) {
      throw serviceError(error)?.status === 404
        ? new Error(`a query's file is not there: ${key}`, { cause: error })
        : error;
    }
  }
}

/** The footers of our tables' files are far smaller, unless they have very many row groups. */
const FOOTER_BYTES = 64 * 1024;

const buffer = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

function withinLimit(sql: string): string {
  const bytes = Buffer.byteLength(sql);
  if (bytes > MOST_QUERY_BYTES) throw new Error(`statement of ${bytes} bytes is larger than Athena takes (262,144)`);
  return sql;
}
