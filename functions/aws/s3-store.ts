/** The store ports on S3: reads, lists and writes objects of a bucket. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { RawEditor, Store, StoredBody, StoredObject } from '#lake/ports.ts';
import { PATIENT, pause, withBackoff } from './backoff.ts';
import { objectFailure, serviceError } from './s3-failure.ts';

export interface S3StoreOptions {
  client: S3Client;
  bucket: string;
  /** what all keys lie under, such as `firehose/`; none by default */
  prefix?: string;
  /** the content type of what is created, for objects that a browser opens */
  type?: string;
}

/** A bucket (or a folder of it) as a store. Typed as a `RawStore` it is read-only. The client retries, except where a comment says otherwise. */
export class S3Store implements Store, RawEditor {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #type: string | undefined;

  constructor({ client, bucket, prefix = '', type }: S3StoreOptions) {
    this.#client = client;
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#type = type;
  }

  async *list(
    prefix: string,
    { after, shallow = false }: { after?: string; shallow?: boolean } = {},
  ): AsyncGenerator<StoredObject> {
    for await (const page of this.#pages(prefix, shallow, after)) {
      for (const { Key, Size, ETag, LastModified } of page.Contents ?? []) {
        if (Key === undefined) continue;
        yield { key: this.#keyOf(Key), size: Size ?? 0, etag: ETag ?? '', modified: LastModified?.getTime() ?? 0 };
      }
    }
  }

  async *prefixes(prefix: string): AsyncGenerator<string> {
    for await (const page of this.#pages(prefix, true)) {
      for (const { Prefix } of page.CommonPrefixes ?? []) if (Prefix !== undefined) yield this.#keyOf(Prefix);
    }
  }

  async get(key: string, { ifMatch }: { ifMatch?: string } = {}): Promise<StoredBody> {
    const first = await this.#ask(key, ifMatch);
    return { ...first.object, body: this.#body(first) };
  }

  async create(key: string, bytes: Uint8Array | string): Promise<boolean> {
    const body = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    const sha256 = createHash('sha256').update(body).digest('base64');
    const made = await withBackoff(PATIENT, () => this.#createOnce(key, body, sha256));
    if (made === undefined) throw new Error(`object is being written by others all the time, try again: ${key}`);
    return made;
  }

  async remove(key: string): Promise<void> {
    try {
      await this.#client.send(new DeleteObjectCommand(this.#at(key)));
    } catch (error) {
      throw objectFailure(error, key);
    }
  }

  /** The object's metadata and class stay; its tags don't, which would take further rights. */
  async replace(key: string, bytes: Uint8Array, ifMatch: string): Promise<{ etag: string; isKept: boolean }> {
    const sha256 = createHash('sha256').update(bytes).digest('base64');
    try {
      const head = await this.#client.send(new HeadObjectCommand({ ...this.#at(key), IfMatch: ifMatch }));
      const made = await withBackoff(PATIENT, () => this.#replaceOnce(key, bytes, sha256, ifMatch, head));
      if (made === undefined) throw new Error(`object is being written by others all the time, try again: ${key}`);
      return made;
    } catch (error) {
      throw objectFailure(error, key);
    }
  }

  async #replaceOnce(
    key: string,
    bytes: Uint8Array,
    sha256: string,
    ifMatch: string,
    head: HeadObjectCommandOutput,
  ): Promise<{ etag: string; isKept: boolean } | undefined> {
    const { ContentType, ContentEncoding, ContentDisposition, ContentLanguage, CacheControl, Metadata, StorageClass } =
      head;
    const kept = {
      ContentType,
      ContentEncoding,
      ContentDisposition,
      ContentLanguage,
      CacheControl,
      Metadata,
      StorageClass,
    };
    try {
      const { ETag, VersionId } = await this.#client.send(
        new PutObjectCommand({
          ...this.#at(key),
          ...kept,
          Body: bytes,
          ContentLength: bytes.length,
          IfMatch: ifMatch,
          ChecksumSHA256: sha256,
        }),
      );
      return { etag: ETag ?? '', isKept: VersionId !== undefined };
    } catch (error) {
      const said = serviceError(error);
      if (said?.status === 409) return undefined;
      // The first request may have written it although its answer was lost.
      if (said?.status !== 412 || said.attempts < 2 || (await this.#sha256Of(key)) !== sha256) throw error;
      const { ETag, VersionId } = await this.#client.send(new HeadObjectCommand(this.#at(key)));
      return { etag: ETag ?? '', isKept: VersionId !== undefined };
    }
  }

  /** undefined: another create is under way (409); the caller waits for its end. */
  async #createOnce(key: string, body: Uint8Array, sha256: string): Promise<boolean | undefined> {
    try {
      await this.#client.send(
        new PutObjectCommand({
          ...this.#at(key),
          Body: body,
          ContentLength: body.length,
          IfNoneMatch: '*',
          ...(this.#type === undefined ? {} : { ContentType: this.#type }),
          ChecksumSHA256: sha256,
        }),
      );
      return true;
    } catch (error) {
      const said = serviceError(error);
      if (said?.status === 409) return undefined;
      if (said?.status !== 412) throw objectFailure(error, key);
      // The first request may have created the object although its answer was lost: then the retry found our own object.
      return said.attempts > 1 && (await this.#sha256Of(key)) === sha256;
    }
  }

  /** As S3 keeps it; of an object without one, that of its content. */
  async #sha256Of(key: string): Promise<string> {
    try {
      const head = await this.#client.send(new HeadObjectCommand({ ...this.#at(key), ChecksumMode: 'ENABLED' }));
      if (head.ChecksumSHA256 !== undefined) return head.ChecksumSHA256;
      const content = createHash('sha256');
      for await (const chunk of (await this.get(key)).body) content.update(chunk);
      return content.digest('base64');
    } catch (error) {
      throw objectFailure(error, key);
    }
  }

  async #ask(key: string, ifMatch: string | undefined, from = 0): Promise<Answer> {
    try {
      const answer = await this.#client.send(
        new GetObjectCommand({
          ...this.#at(key),
          ...(ifMatch === undefined ? {} : { IfMatch: ifMatch }),
          ...(from === 0 ? {} : { Range: `bytes=${from}-` }),
        }),
      );
      const { Body, ContentLength, ETag, LastModified } = answer;
      if (!(Body instanceof Readable)) throw new TypeError(`object has no body: ${key}`);
      // What says how much there is to read: a body of unknown length could end early without anyone noticing.
      if (ContentLength === undefined) throw new Error(`object is answered without its length: ${key}`);
      // A connection may break before the body is read: the reader gets the error, and until then it must not end the process.
      Body.on('error', () => {});
      const size = from + ContentLength;
      return { stream: Body, object: { key, size, etag: ETag ?? '', modified: LastModified?.getTime() ?? 0 } };
    } catch (error) {
      throw objectFailure(error, key);
    }
  }

  /** The whole body: where the connection breaks or ends early, the rest of the same version is asked for. */
  async *#body({ object: { key, size, etag }, stream }: Answer): AsyncGenerator<Uint8Array> {
    let read = 0;
    let rest = stream;
    for (let failures = 0; ; failures++) {
      let failure: unknown = new Error(`object ended after ${read} of ${size} bytes: ${key}`);
      const before = read;
      try {
        for await (const chunk of rest) {
          read += chunk.length;
          yield chunk;
        }
      } catch (error) {
        failure = error;
      }
      if (read === size) return;
      if (read > before) failures = 0;
      if (failures >= MOST_FAILURES) throw failure;
      await pause(failures, PATIENT);
      rest = (await this.#ask(key, etag, read)).stream;
    }
  }

  async *#pages(prefix: string, isShallow: boolean, after?: string): AsyncGenerator<ListObjectsV2CommandOutput> {
    let token: string | undefined;
    do {
      const page: ListObjectsV2CommandOutput = await this.#client.send(
        new ListObjectsV2Command({
          Bucket: this.#bucket,
          Prefix: this.#prefix + prefix,
          // XML has no way to write some characters that keys may hold.
          EncodingType: 'url',
          ...(isShallow ? { Delimiter: '/' } : {}),
          ...(after ? { StartAfter: this.#prefix + after } : {}),
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
      );
      yield page;
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  #at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: this.#prefix + key };
  }

  /** A key of a listing, which is form-encoded. */
  #keyOf(encoded: string): string {
    return decodeURIComponent(encoded.replaceAll('+', ' ')).slice(this.#prefix.length);
  }
}

interface Answer {
  object: StoredObject;
  stream: AsyncIterable<Uint8Array>;
}

/** Failures in a row, without a byte between them, that reading a body survives. */
const MOST_FAILURES = 5;
