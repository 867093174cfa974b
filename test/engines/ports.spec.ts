/** The ports' contracts, on S3, Glue and SQS as moto has them. */
import { randomBytes } from 'node:crypto';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe } from 'vitest';
import { AthenaEngine } from '#aws/athena-engine.ts';
import { GlueCatalog } from '#aws/glue-catalog.ts';
import { RegisteringStore } from '#aws/registering-store.ts';
import { S3Store } from '#aws/s3-store.ts';
import { SqsQueue } from '#aws/sqs-queue.ts';
import type { Lane, UnitMessage } from '#lake/ports.ts';
import { catalogContract } from '#test/ports/catalog.contract.ts';
import { editorContract } from '#test/ports/editor.contract.ts';
import { engineContract, TEST_VIEWS } from '#test/ports/engine.contract.ts';
import { queueContract } from '#test/ports/queue.contract.ts';
import { storeContract } from '#test/ports/store.contract.ts';
import type { ViewSource } from '../../stacks/spec/glue-view.ts';
import { type Account, makeQueue, makeViews, openAccount } from './account.ts';

let account: Account;
beforeAll(async () => {
  account = await openAccount();
});
afterAll(() => account.close());

async function newBucket(): Promise<string> {
  const bucket = `s${randomBytes(6).toString('hex')}`;
  await account.clients.s3.send(new CreateBucketCommand({ Bucket: bucket }));
  return bucket;
}

describe('a store in S3', () => {
  storeContract(async () => {
    const { s3: client } = account.clients;
    const bucket = await newBucket();
    return {
      store: new S3Store({ client, bucket }),
      overwrite: async (key, bytes) => {
        await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes }));
      },
    };
  });
  editorContract(async () => new S3Store({ client: account.clients.s3, bucket: await newBucket() }));
});

describe('a catalog in Glue', () => {
  catalogContract(async () => {
    const { clients, database, bucket, close } = await openAccount();
    return { catalog: new GlueCatalog({ client: clients.glue, database, bucket }), close };
  });
});

describe('a queue in SQS', () => {
  queueContract(async () => {
    const { sqs: client } = account.clients;
    const urls: Record<Lane, string> = { live: await makeQueue(account), backfill: await makeQueue(account) };
    return {
      queue: new SqsQueue({ client, urls }),
      async receive(lane) {
        const found: UnitMessage[] = [];
        for (;;) {
          const { Messages = [] } = await client.send(
            new ReceiveMessageCommand({ QueueUrl: urls[lane], MaxNumberOfMessages: 10 }),
          );
          if (Messages.length === 0) return found;
          for (const { Body = '', ReceiptHandle } of Messages) {
            found.push(JSON.parse(Body));
            await client.send(new DeleteMessageCommand({ QueueUrl: urls[lane], ReceiptHandle }));
          }
        }
      },
    };
  });
});

describe('Athena', () => {
  engineContract(async () => {
    const own = await openAccount();
    const { clients, database, bucket, close } = own;
    await makeViews(own, TEST_VIEWS.map(withColumns));
    const catalog = new GlueCatalog({ client: clients.glue, database, bucket });
    const store = new RegisteringStore(new S3Store({ client: clients.s3, bucket }), catalog);
    const engine = new AthenaEngine({ ...clients, database, workgroup: 'settle', bucket });
    return { engine, store, catalog, close };
  });
});

/** The views of the contract with what headers say of real ones. */
function withColumns({ name, sql }: { name: string; sql: string }): ViewSource {
  const n = { name: 'n', type: 'bigint', doc: 'How many.' };
  const reason = { name: 'reason', type: 'varchar', doc: 'Why.' };
  return { name, sql, columns: name === 'reasons' ? [reason, n] : [n] };
}
