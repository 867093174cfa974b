/** As much of S3, Glue, SQS and QuickSight as functions need that run no query, over HTTP on loopback, kept in memory. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { ChangedObject, MissingObject, type Partition, type Store } from '#lake/ports.ts';
import { MemoryCatalog } from '#test/ports/memory-catalog.ts';
import { MemoryStore } from '#test/ports/memory-store.ts';

export interface LoopbackAccount {
  address: string;
  /** by bucket */
  stores: { raw: MemoryStore; lake: MemoryStore };
  catalog: MemoryCatalog;
  /** bodies of messages, by the last part of the queue's address */
  messages: Map<string, string[]>;
  /** `data set ingestion` */
  ingestions: Set<string>;
  close(): Promise<void>;
}

/** Two buckets, `raw` and `lake`; any database with the lake's tables; any queue. */
export async function openLoopbackAccount(): Promise<LoopbackAccount> {
  // HTTP tells an object's time in whole seconds.
  const now = (): number => Math.floor(Date.now() / 1000) * 1000;
  const stores = { raw: new MemoryStore(now), lake: new MemoryStore(now) };
  const catalog = new MemoryCatalog();
  const messages = new Map<string, string[]>();
  const ingestions = new Set<string>();
  const server = createServer();
  server.on('request', (request, answer) => {
    respond(request).then(
      ({ status = 200, headers = {}, body = '' }) =>
        answer.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body),
      (error: unknown) => answer.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = Object(server.address()).port;

  return {
    address: `http://127.0.0.1:${port}`,
    stores,
    catalog,
    messages,
    ingestions,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  async function respond(request: Asked): Promise<Said> {
    const body = Buffer.concat(await Array.fromAsync<Buffer>(request));
    const target = String(request.headers['x-amz-target'] ?? '');
    const [, dataSet, ingestion] = /\/data-sets\/([^/]+)\/ingestions\/([^/]+)$/.exec(request.url ?? '') ?? [];
    if (dataSet !== undefined) {
      const isNew = ingestions.size < ingestions.add(`${dataSet} ${ingestion}`).size;
      return isNew ? { status: 201 } : { status: 409, headers: { 'x-amzn-errortype': 'ResourceExistsException' } };
    }
    if (target === '') return ofS3(stores, request, body);
    const input = JSON.parse(body.toString());
    const output = target.startsWith('AWSGlue') ? await ofGlue(catalog, target, input) : ofSqs(messages, target, input);
    return { headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify(output) };
  }
}

type Asked = Pick<IncomingMessage, 'method' | 'url' | 'headers'> & AsyncIterable<Buffer>;

interface Said {
  status?: number;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

async function ofS3(
  stores: Readonly<Record<string, MemoryStore>>,
  { method, url = '', headers }: Asked,
  body: Buffer,
): Promise<Said> {
  const { pathname, searchParams } = new URL(url, 'http://loopback');
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/.exec(decodeURIComponent(pathname)) ?? [];
  const store = stores[bucket];
  if (!store) return refusal(404, 'NoSuchBucket');
  if (method === 'GET' && key === '') return listing(store, searchParams);
  if (method === 'PUT') {
    if (headers['if-none-match'] !== '*') return refusal(403, 'AccessDenied');
    return (await store.create(key, body)) ? {} : refusal(412, 'PreconditionFailed');
  }
  if (method !== 'GET') return refusal(405, 'MethodNotAllowed');
  try {
    const ifMatch = headers['if-match'];
    const object = await store.get(key, ifMatch === undefined ? {} : { ifMatch });
    const bytes = Buffer.concat(await Array.fromAsync(object.body));
    return {
      headers: { etag: object.etag, 'last-modified': new Date(object.modified).toUTCString() },
      body: bytes,
    };
  } catch (error) {
    if (error instanceof MissingObject) return refusal(404, 'NoSuchKey');
    if (error instanceof ChangedObject) return refusal(412, 'PreconditionFailed');
    throw error;
  }
}

async function listing(store: Store, query: URLSearchParams): Promise<Said> {
  const prefix = query.get('prefix') ?? '';
  const after = query.get('start-after') ?? '';
  const shallow = query.get('delimiter') === '/';
  const objects = await Array.fromAsync(store.list(prefix, { shallow, after }));
  const folders = shallow ? await Array.fromAsync(store.prefixes(prefix)) : [];
  const lines = [
    ...objects.map(
      ({ key, size, etag, modified }) =>
        `<Contents><Key>${encodeURIComponent(key)}</Key><Size>${size}</Size><ETag>${etag}</ETag>` +
        `<LastModified>${new Date(modified).toISOString()}</LastModified></Contents>`,
    ),
    ...folders.map((key) => `<CommonPrefixes><Prefix>${encodeURIComponent(key)}</Prefix></CommonPrefixes>`),
  ];
  return {
    body: `<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>${lines.join('')}</ListBucketResult>`,
  };
}

const refusal = (status: number, code: string): Said => ({
  status,
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`,
});

interface GlueInput {
  TableName: string;
  PartitionInputList?: { Values: [string]; StorageDescriptor: { Location: string } }[];
  PartitionsToGet?: { Values: [string] }[];
}

async function ofGlue(catalog: MemoryCatalog, target: string, input: GlueInput): Promise<object> {
  const { TableName: table, PartitionInputList = [], PartitionsToGet } = input;
  switch (target) {
    case 'AWSGlue.BatchCreatePartition':
      await catalog.ensurePartitions(
        table,
        PartitionInputList.map(({ Values: [dt], StorageDescriptor: { Location } }) => ({
          dt,
          location: Location.replace('s3://lake/', ''),
        })),
      );
      return { Errors: [] };
    case 'AWSGlue.BatchGetPartition':
    case 'AWSGlue.GetPartitions': {
      const found = await catalog.locations(
        table,
        PartitionsToGet?.map(({ Values: [dt] }) => dt),
      );
      return { Partitions: found.map(partition), UnprocessedKeys: [] };
    }
    default:
      throw new Error(`this account has no ${target}`);
  }
}

const partition = ({ dt, location }: Partition): object => ({
  Values: [dt],
  StorageDescriptor: { Location: `s3://lake/${location}` },
});

interface SendInput {
  QueueUrl: string;
  Entries: { Id: string; MessageBody: string }[];
}

function ofSqs(messages: Map<string, string[]>, target: string, { QueueUrl, Entries }: SendInput): object {
  if (target !== 'AmazonSQS.SendMessageBatch') throw new Error(`this account has no ${target}`);
  const queue = QueueUrl.slice(QueueUrl.lastIndexOf('/') + 1);
  messages.set(queue, [...(messages.get(queue) ?? []), ...Entries.map(({ MessageBody }) => MessageBody)]);
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
  return {
    Successful: Entries.map(({ Id, MessageBody }) => ({ Id, MessageId: Id, MD5OfMessageBody: md5(MessageBody) })),
    Failed: [],
  };
}
