/** The files of a layout, some of which can be made unreadable: a query that still answers has read no byte of them. */
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { S3Store } from '#aws/s3-store.ts';
import { concurrently } from '#lake/concurrently.ts';

interface LayoutFile {
  key: string;
  bytes: number;
  day: string;
}

const AT_ONCE = 8;
const SPOILT = Buffer.from('no Parquet: '.repeat(20));

export class LayoutFiles {
  readonly files: readonly LayoutFile[];
  readonly #client: S3Client;
  readonly #bucket: string;
  /** what they held */
  readonly #spoilt = new Map<string, Uint8Array>();

  private constructor(client: S3Client, bucket: string, files: readonly LayoutFile[]) {
    this.#client = client;
    this.#bucket = bucket;
    this.files = files;
  }

  static async of(
    client: S3Client,
    bucket: string,
    listing: ReturnType<S3Store['list']>,
    dayOf: (key: string) => string,
  ): Promise<LayoutFiles> {
    const files: LayoutFile[] = [];
    for await (const { key, size } of listing) files.push({ key, bytes: size, day: dayOf(key) });
    const odd = files.find(({ day }) => !/^\d{4}-\d\d-\d\d$/.test(day));
    if (odd) throw new Error(`file is of no day: ${odd.key}`);
    return new LayoutFiles(client, bucket, files);
  }

  /** From now on these can be read, and no other. @returns how many can't be */
  async leaveOnly(isLeft: (day: string) => boolean): Promise<number> {
    await concurrently(this.files, AT_ONCE, async ({ key, day }) => {
      const before = this.#spoilt.get(key);
      if (isLeft(day) && before) {
        await this.#put(key, before);
        this.#spoilt.delete(key);
      } else if (!isLeft(day) && !before) {
        const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: key }));
        this.#spoilt.set(key, (await Body?.transformToByteArray()) ?? new Uint8Array());
        await this.#put(key, SPOILT);
      }
    });
    return this.#spoilt.size;
  }

  async #put(Key: string, Body: Uint8Array): Promise<void> {
    await this.#client.send(new PutObjectCommand({ Bucket: this.#bucket, Key, Body }));
  }
}
