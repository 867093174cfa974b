/**
 * Memory, calls and CPU time of plan and audit over very many raw objects in one prefix (`npm run bench:objects [millions…]`), with
 * V8's heap held to 128 MB; the fewest also by S3's client from a server that makes the listing up. Then of the planners of a prefix
 * of 50 million, which list it in parts. Nothing is stored of the raw objects, and their units hold no record.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { S3Client } from '@aws-sdk/client-s3';
import { S3Store } from '#aws/s3-store.ts';
import { systemClock } from '#host/clock.ts';
import { MissingObject, type RawStore, type Store, type StoredBody, type StoredObject } from '#lake/ports.ts';
import { createCheckpoint, type PlannedEntry, type Segment } from '#lake/protocol/checkpoints.ts';
import { planKey, segmentsRoot } from '#lake/protocol/keys.ts';
import { openUnits } from '#lake/protocol/open-units.ts';
import { createState } from '#lake/protocol/records.ts';
import { DEFAULT_SETTINGS, type Settings } from '#lake/settings.ts';
import { audit } from '#lake/steps/audit.ts';
import { type Planned, type PlanOptions, planReach } from '#lake/steps/plan.ts';
import { Tally } from '#lake/steps/transform/tally.ts';
import { transform } from '#lake/steps/transform.ts';
import { DiskStore } from '#local/disk/store.ts';
import { MemoryQueue } from '#local/memory-queue.ts';
import { MemoryCatalog } from '#test/ports/memory-catalog.ts';

const HEAP_MB = 128;
const PAGE = 1000;
const PREFIX = 'firehose/';
const SETTINGS: Settings = { ...DEFAULT_SETTINGS, rawTemplate: null };
const keyOf = (i: number): string =>
  `${PREFIX}${String(i).padStart(9, '0')}-maillake-1-2026-09-01-00-05-12-0f8fad5b-d9cb-469f-a165-70867728950e.gz`;
const etagOf = (i: number): string => `"${i.toString(16).padStart(32, '0')}"`;
/** The first object behind a key. */
const behind = (key: string): number => (key <= PREFIX ? 0 : Number(key.slice(PREFIX.length, PREFIX.length + 9)) + 1);

async function runAll(millions: number[]): Promise<void> {
  const sizes = millions.length > 0 ? millions : [0.5, 1, 2, 5];
  const [first = 0.5] = sizes;
  const server = spawn(process.execPath, [import.meta.filename, 'serve', String(first * 1e6)]);
  const port = await new Promise<string>((resolve) => server.stdout.once('data', (data) => resolve(String(data))));
  try {
    await child('plan', String(first * 1e6), port.trim());
  } finally {
    server.kill();
  }
  for (const size of sizes) await child('plan', String(size * 1e6));
  await child('parts', '50000000');
}

async function child(...args: string[]): Promise<void> {
  const started = spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, import.meta.filename, ...args], {
    stdio: 'inherit',
  });
  const code = await new Promise((resolve) => started.on('close', resolve));
  if (code !== 0) throw new Error(`${args.join(' ')} failed with exit code ${code}`);
}

/** A bucket of so many objects, as far as ListObjectsV2 goes. */
function serve(objects: number): void {
  const server = createServer(({ url = '' }, answer) => {
    const asked = new URL(url, 'http://localhost').searchParams;
    const from = Number(asked.get('continuation-token') ?? behind(asked.get('start-after') ?? ''));
    const to = Math.min(from + PAGE, objects);
    let body = '';
    for (let i = from; i < to; i++) {
      body += `<Contents><Key>${keyOf(i)}</Key><LastModified>2026-09-01T00:06:00.000Z</LastModified><ETag>${etagOf(i)}</ETag><Size>50000</Size><StorageClass>STANDARD</StorageClass></Contents>`;
    }
    const next = to < objects ? `<NextContinuationToken>${to}</NextContinuationToken>` : '';
    answer.setHeader('content-type', 'application/xml');
    answer.end(
      `<?xml version="1.0"?><ListBucketResult><IsTruncated>${to < objects}</IsTruncated>${next}${body}</ListBucketResult>`,
    );
  });
  server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
}

/** A first look that plans all, as `run` does, a second one that finds all planned, and an audit once all units are read. */
async function planListed(objects: number, port?: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'many-objects-'));
  const raw = port === undefined ? new MadeUp(objects) : overHttp(port);
  const lake = new DiskStore(folder, { durable: false });
  try {
    for (const look of ['first', 'second']) {
      const { planned, cpu } = await measured(raw, lake, 'all');
      console.log(
        `${objects / 1e6} million${port === undefined ? '' : ' over HTTP'}, ${look} look: ${planned.objects} planned in ${planned.units.length} units, ${planned.known} known, ${cpu.toFixed(0)} CPU s, up to ${peakMb()} MB`,
      );
    }
    if (port === undefined) await auditRead(objects, raw, lake);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function auditRead(objects: number, raw: RawStore, lake: Store): Promise<void> {
  const ports = { raw, lake, clock: systemClock, catalog: new MemoryCatalog() };
  for (const { unit, plan } of await openUnits(lake, { everything: true })) {
    await transform(ports, { unit, plan }, { settings: SETTINGS, version: 'bench', read: async () => NOTHING_IN_IT });
  }
  const before = process.cpuUsage();
  const { raw_objects, units, drift_count } = await audit(ports, { settings: SETTINGS });
  const { user, system } = process.cpuUsage(before);
  console.log(
    `${objects / 1e6} million, audit: ${raw_objects} objects in ${units} units, ${drift_count} drifts, ${((user + system) / 1e6).toFixed(0)} CPU s, up to ${peakMb()} MB`,
  );
}

const NOTHING_IN_IT = {
  counts: new Tally().counts(),
  problems: [],
  contents: [],
  erasedObjects: [],
  newestDeliveredAt: 0,
  async *files() {},
};

const overHttp = (port: string): RawStore =>
  new S3Store({
    client: new S3Client({
      endpoint: `http://127.0.0.1:${port}`,
      region: 'eu-west-1',
      forcePathStyle: true,
      credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
    }),
    bucket: 'raw',
  });

/** Planners of a prefix whose objects are all planned and summarised: each lists a part. */
async function planParts(objects: number): Promise<void> {
  const raw = new MadeUp(objects);
  const lake = new Summarised(objects);
  await lake.summarise();
  for (const reach of ['tick', 'tick', 'hourly', 'daily'] as const) {
    raw.pages = 0;
    lake.reads = 0;
    const { planned, cpu } = await measured(raw, lake, reach);
    console.log(
      `${objects / 1e6} million, ${reach}: ${planned.known} objects seen in ${raw.pages} pages and ${lake.reads} reads, ${cpu.toFixed(1)} CPU s, up to ${peakMb()} MB, listed on to ${raw.last}`,
    );
  }
}

async function measured(
  raw: RawStore,
  lake: Store,
  reach: 'all' | 'tick' | 'hourly' | 'daily',
): Promise<{ planned: Planned; cpu: number }> {
  const before = process.cpuUsage();
  const options: PlanOptions = {};
  const queue = new MemoryQueue();
  const planned = await planReach({ raw, lake, clock: systemClock, queue }, SETTINGS, reach, options);
  const { user, system } = process.cpuUsage(before);
  return { planned, cpu: (user + system) / 1e6 };
}

/** Most resident memory that this process has had. */
const peakMb = (): number => Math.round(process.resourceUsage().maxRSS / 1000);

/** A listing that nobody holds. */
class MadeUp implements RawStore {
  pages = 0;
  last = '';
  readonly #objects: number;

  constructor(objects: number) {
    this.#objects = objects;
  }

  async *list(
    prefix: string,
    { after = '' }: { after?: string; shallow?: boolean } = {},
  ): AsyncGenerator<StoredObject> {
    if (!PREFIX.startsWith(prefix)) return;
    for (let i = behind(after), listed = 0; i < this.#objects; i++, listed++) {
      if (listed % PAGE === 0) this.pages++;
      this.last = keyOf(i);
      yield { key: keyOf(i), etag: etagOf(i), size: 50_000, modified: 0 };
    }
  }

  async *prefixes(): AsyncGenerator<string> {}

  get(key: string): Promise<StoredBody> {
    return Promise.reject(new MissingObject(key));
  }
}

/** A lake whose segments are made when they are read; what is written is held. */
class Summarised implements Store {
  reads = 0;
  readonly #objects: number;
  readonly #written = new Map<string, Uint8Array>();
  readonly #segment = 5000;

  constructor(objects: number) {
    this.#objects = objects;
  }

  async summarise(): Promise<void> {
    const segments: Segment[] = [];
    const plans = Math.ceil(this.#objects / 50_000);
    for (let from = 0; from < this.#objects; from += this.#segment) {
      const objects = Math.min(this.#segment, this.#objects - from);
      segments.push({
        until: keyOf(from + objects - 1),
        objects,
        plans: 1 + Math.floor(from / 50_000),
        key: `${segmentsRoot}made-up/${from}.json.gz`,
      });
    }
    await createCheckpoint(this, { raw_prefix: '', plans, segments }, 'made-up');
    for (let n = 0; n < plans; n++) await createState(this, planKey('', n), { prefix: '', units: [] });
  }

  async *list(
    prefix: string,
    { after = '', shallow = false }: { after?: string; shallow?: boolean } = {},
  ): AsyncGenerator<StoredObject> {
    const keys = [...this.#written.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    for (const key of keys) {
      if (shallow && key.includes('/', prefix.length)) continue;
      yield { key, etag: '', size: 0, modified: 0 };
    }
  }

  async *prefixes(): AsyncGenerator<string> {}

  async get(key: string): Promise<StoredBody> {
    this.reads++;
    const from = /made-up\/(\d+)[.]json[.]gz$/.exec(key)?.[1];
    const bytes = from === undefined ? this.#written.get(key) : this.#made(Number(from));
    if (!bytes) throw new MissingObject(key);
    return { key, etag: '', size: bytes.length, modified: 0, body: once(bytes) };
  }

  async create(key: string, bytes: Uint8Array | string): Promise<boolean> {
    if (this.#written.has(key)) return false;
    this.#written.set(key, Buffer.from(bytes as Uint8Array));
    return true;
  }

  async remove(key: string): Promise<void> {
    this.#written.delete(key);
  }

  #made(from: number): Uint8Array {
    const entries: PlannedEntry[] = [];
    for (let i = from; i < Math.min(from + this.#segment, this.#objects); i++) entries.push([keyOf(i), etagOf(i)]);
    return gzipSync(JSON.stringify(entries), { level: 1 });
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const [mode = '', ...given] = process.argv.slice(2);
if (mode === 'serve') serve(Number(given[0]));
else if (mode === 'plan') await planListed(Number(given[0]), given[1]);
else if (mode === 'parts') await planParts(Number(given[0]));
else await runAll(process.argv.slice(2).map(Number));
