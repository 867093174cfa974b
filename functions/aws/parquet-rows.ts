/** The number of rows of a Parquet file in S3, from its footer; nothing else of it is read. */
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { parquetMetadataAsync } from 'hyparquet';
import { objectFailure } from './s3-failure.ts';

/** The footers of our tables' files are far smaller, unless they have very many row groups. */
const FOOTER_BYTES = 64 * 1024;

/** @throws MissingObject, DeniedObject; Error if it is no Parquet file */
export async function parquetSize(s3: S3Client, bucket: string, key: string): Promise<{ bytes: number; rows: number }> {
  const tail = await range(`bytes=-${FOOTER_BYTES}`);
  const start = tail.size - tail.bytes.length;
  const file = {
    byteLength: tail.size,
    slice: async (from: number, to = tail.size): Promise<ArrayBuffer> =>
      from >= start
        ? copied(tail.bytes.subarray(from - start, to - start))
        : copied((await range(`bytes=${from}-${to - 1}`)).bytes),
  };
  const { num_rows: rows } = await parquetMetadataAsync(file, { initialFetchSize: tail.bytes.length });
  return { bytes: tail.size, rows: Number(rows) };

  async function range(Range: string): Promise<{ bytes: Uint8Array; size: number }> {
    try {
      const answer = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, Range }));
      const bytes = (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
      return { bytes, size: Number(/\/(\d+)$/.exec(answer.ContentRange ?? '')?.[1] ?? bytes.length) };
    } catch (error) {
      throw objectFailure(error, key);
    }
  }
}

const copied = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;
