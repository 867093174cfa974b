/** The adapters of the Lambda functions, made once in a cold start from the environment. */
import { join } from 'node:path';
import { AthenaEngine } from '#aws/athena-engine.ts';
import { type Clients, connect } from '#aws/clients.ts';
import { type LakeEnvironment, readEnvironment } from '#aws/environment.ts';
import { GlueCatalog } from '#aws/glue-catalog.ts';
import type { Invocation } from '#aws/observed.ts';
import { RegisteringStore } from '#aws/registering-store.ts';
import { connectS3 } from '#aws/s3-client.ts';
import { S3Store } from '#aws/s3-store.ts';
import { SqsQueue } from '#aws/sqs-queue.ts';
import { systemClock } from '#host/clock.ts';
import { type LakeSql, loadSql } from '#host/sql-folder.ts';
import { MountedRaw, mountedEditor } from '#lake/mounted-raw.ts';
import type { Ports, RawEditor, RawStore } from '#lake/ports.ts';

export interface Wiring {
  environment: LakeEnvironment;
  clients: Clients;
  /** The ports of an invocation: its queries end before it does. */
  ports(invocation: Pick<Invocation, 'getRemainingTimeInMillis'>): Ports;
  /** writes raw objects, with a right that few stages have */
  rawEditor: RawEditor;
  /** the folder sql/, which is in the bundle */
  sql(): Promise<LakeSql>;
}

/** The same wiring for every invocation of this process. @throws Error naming what the environment lacks */
export const wiring = (): Wiring => {
  wired ??= wire(readEnvironment(process.env));
  return wired;
};

let wired: Wiring | undefined;

function wire(environment: LakeEnvironment): Wiring {
  const { lakeBucket: bucket, database, workgroup, queues, endpoint } = environment;
  const clients = connect(endpoint ? { endpoint } : {});
  const { s3, glue, sqs } = clients;
  const catalog = new GlueCatalog({ client: glue, database, bucket });
  const sources = sourcesOf(environment, s3);
  const shared = {
    raw: sources.raw,
    lake: new RegisteringStore(new S3Store({ client: s3, bucket }), catalog),
    catalog,
    queue: new SqsQueue({ client: sqs, urls: { live: queues.live, backfill: queues.backfill } }),
    clock: systemClock,
  };
  let sql: Promise<LakeSql> | undefined;
  return {
    environment,
    clients,
    rawEditor: sources.editor,
    ports: (invocation) => ({
      ...shared,
      engine: new AthenaEngine({
        ...clients,
        database,
        workgroup,
        bucket,
        remainingMs: () => invocation.getRemainingTimeInMillis(),
      }),
    }),
    sql() {
      sql ??= loadSql(join(process.env.LAMBDA_TASK_ROOT ?? process.cwd(), 'sql'));
      return sql;
    },
  };
}

/** One client for each region that a bucket lies in. */
function sourcesOf(
  { rawBucket, otherRawBuckets, endpoint }: LakeEnvironment,
  s3: Clients['s3'],
): { raw: RawStore; editor: RawEditor } {
  const first = new S3Store({ client: s3, bucket: rawBucket });
  const others = Object.entries(otherRawBuckets).map(([name, { bucket, region }]): [string, S3Store] => [
    name,
    new S3Store({ client: connectS3({ region, ...(endpoint ? { endpoint } : {}) }), bucket }),
  ]);
  return others.length === 0
    ? { raw: first, editor: first }
    : { raw: new MountedRaw(first, others), editor: mountedEditor(first, others) };
}
