/** Raw data in a bucket, over a server of the test's own that speaks as much S3 as is asked of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { plansRoot } from '#lake/protocol/keys.ts';
import { createState } from '#lake/protocol/records.ts';
import { DiskStore } from '#local/disk/store.ts';
import { refuseOtherRaw } from '#local/raw/known-folder.ts';
import { checkBucket, openRaw } from '#local/raw/store.ts';

interface Said {
  status?: number;
  headers?: Record<string, string>;
  body: string;
}

let server: Server;
let asked: { method: string; url: URL; region: string }[];
let answer: (url: URL, region: string) => Said;

beforeEach(async () => {
  asked = [];
  server = createServer((request: IncomingMessage, response) => {
    const url = new URL(request.url ?? '', 'http://s3');
    const region = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '';
    asked.push({ method: request.method ?? '', url, region });
    const { status = 200, headers = {}, body } = answer(url, region);
    const length = String(Buffer.byteLength(body));
    response.writeHead(status, { 'content-type': 'application/xml', 'content-length': length, ...headers }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'key');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_REGION', 'us-east-1');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const pageOf = (keys: readonly string[], next?: string): Said => ({
  body: `<ListBucketResult><IsTruncated>${next !== undefined}</IsTruncated>${next === undefined ? '' : `<NextContinuationToken>${next}</NextContinuationToken>`}${keys
    .map(
      (key) =>
        `<Contents><Key>${key}</Key><Size>1</Size><ETag>"e"</ETag><LastModified>2025-03-10T00:00:00Z</LastModified></Contents>`,
    )
    .join('')}</ListBucketResult>`,
});
const refusal = (status: number, code: string, headers: Record<string, string> = {}): Said => ({
  status,
  headers,
  body: `<Error><Code>${code}</Code><Message>told</Message></Error>`,
});
const BUCKET = { bucket: 'bucket', prefix: 'raw/' };

test('nothing is asked before the first object is, and then page by page', async () => {
  answer = ({ searchParams }) => {
    const n = Number(searchParams.get('continuation-token') ?? 0);
    return pageOf([`raw/${n}a`, `raw/${n}b`], String(n + 1));
  };
  const objects = openRaw('s3://bucket/raw/', () => {})
    .list('')
    [Symbol.asyncIterator]();
  expect(asked).toHaveLength(0);
  const keys: string[] = [];
  for (let i = 0; i < 5; i++) keys.push((await objects.next()).value?.key);
  expect(keys).toEqual(['raw/0a', 'raw/0b', 'raw/1a', 'raw/1b', 'raw/2a']);
  expect(asked).toHaveLength(3);
  await objects.return?.();
  expect(asked).toHaveLength(3);
});

test('keys are those of the bucket; only what lies in the folder is listed, and an object is asked for by its key', async () => {
  answer = ({ searchParams }) => (searchParams.has('list-type') ? pageOf(['raw/x']) : { body: 'content' });
  const raw = openRaw('s3://bucket/raw', () => {});
  for (const prefix of ['', 'ra', 'raw/', 'raw/2025/', 'older/x']) await Array.fromAsync(raw.list(prefix));
  await Array.fromAsync(raw.prefixes(''));
  expect(asked.map(({ url }) => url.searchParams.get('prefix'))).toEqual([
    'raw/',
    'raw/',
    'raw/',
    'raw/2025/',
    'older/x',
    'raw/',
  ]);
  const { body } = await raw.get('raw/x');
  expect(Buffer.concat(await Array.fromAsync(body)).toString()).toBe('content');
  expect(asked.at(-1)?.url.pathname).toBe('/bucket/raw/x');
  expect(new Set(asked.map(({ method }) => method))).toEqual(new Set(['GET']));
});

test('a bucket in another region is asked there', async () => {
  answer = (_, region) =>
    region === 'eu-west-1'
      ? pageOf(['raw/x'])
      : refusal(301, 'PermanentRedirect', { 'x-amz-bucket-region': 'eu-west-1' });
  await checkBucket(BUCKET);
  expect(asked.map(({ region }) => region)).toEqual(['us-east-1', 'eu-west-1']);
});

test('of a lake that has lost its record, a bucket is the one if an object lies there as it was planned', async () => {
  const lake = mkdtempSync(join(tmpdir(), 'lost-record-'));
  onTestFinished(() => rmSync(lake, { recursive: true }));
  const plan = (path: string, key: string): Promise<boolean> =>
    createState(new DiskStore(lake), path, {
      prefix: '',
      units: [{ id: 'u', objects: [{ key, etag: '"e"', size: 1, modified: 1 }] }],
    });
  answer = ({ pathname, searchParams }) =>
    pageOf(
      pathname.startsWith('/bucket')
        ? ['raw/2026/a', 'raw/2026/ab'].filter((key) => key.startsWith(searchParams.get('prefix') ?? ''))
        : [],
    );
  await refuseOtherRaw(lake, 's3://strange/raw/');
  await plan(`${plansRoot}0.json`, 'raw/2026/a');
  // The newest, but of another source.
  await plan(`${plansRoot}@two/0.json`, '@two/raw/b');
  await refuseOtherRaw(lake, 's3://bucket/raw/');
  await expect(refuseOtherRaw(lake, 's3://strange/raw/')).rejects.toThrow(
    /nobody knows from which folder.* raw\/2026\/a/,
  );
  await expect(refuseOtherRaw(lake, 's3://bucket/raw/2025/')).rejects.toThrow(/nobody knows from which folder/);
});

describe('what goes wrong is said in a line that names the place and what to do', () => {
  test('an empty folder is no folder, but an empty bucket is one', async () => {
    answer = () => pageOf([]);
    await expect(checkBucket(BUCKET)).rejects.toThrow('--raw: nothing lies in s3://bucket/raw/');
    await checkBucket({ bucket: 'bucket', prefix: '' });
  });

  test.each([
    [404, 'NoSuchBucket', /^--raw: there is no bucket bucket: check/],
    [403, 'AccessDenied', /^access denied to s3:\/\/bucket\/raw\/: allow s3:ListBucket, .*\(AccessDenied\)$/],
    [403, 'InvalidAccessKeyId', /^AWS refuses the credentials for s3:\/\/bucket\/raw\/: there is no such key/],
    [403, 'SignatureDoesNotMatch', /: check AWS_SECRET_ACCESS_KEY/],
    [400, 'ExpiredToken', /: sign in again/],
    [301, 'PermanentRedirect', /^s3:\/\/bucket\/raw\/ is in another region: set AWS_REGION/],
    [400, 'InvalidRequest', /^s3:\/\/bucket\/raw\/: S3 says InvalidRequest, run it again \(told\)$/],
  ])('a listing that is answered %i %s', async (status, code, says) => {
    answer = () => refusal(status, code);
    await expect(checkBucket(BUCKET)).rejects.toThrow(says);
  });

  test.each([
    [403, 'AccessDenied', /^access denied to s3:\/\/bucket\/raw\/x: allow s3:GetObject, /],
    [403, 'InvalidObjectState', /^s3:\/\/bucket\/raw\/x is archived: restore it from Glacier/],
    [400, 'KMS.DisabledException', /: allow kms:Decrypt for its key/],
    [404, 'NoSuchKey', /^object does not exist: raw\/x$/],
    [412, 'PreconditionFailed', /^object was rewritten after it was planned: raw\/x$/],
  ])('an object that is answered %i %s', async (status, code, says) => {
    answer = () => refusal(status, code);
    await expect(openRaw('s3://bucket/raw/', () => {}).get('raw/x')).rejects.toThrow(says);
  });
});
