/**
 * Makes an account on moto for one test file: buckets, a database with the lake's tables, queues, and Athena through the
 * gateway.
 */
import { randomBytes } from 'node:crypto';
import { CreateDatabaseCommand, CreateTableCommand } from '@aws-sdk/client-glue';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { CreateEmailIdentityCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { inject } from 'vitest';
import { type Clients, connect } from '#aws/clients.ts';
import { glueTables } from '../../stacks/spec/glue-tables.ts';
import { glueView, type ViewSource } from '../../stacks/spec/glue-view.ts';
import type { Addresses } from './engines.ts';
import { Gateway } from './gateway.ts';
import { TrinoClient } from './trino-client.ts';

export interface Account {
  clients: Clients;
  gateway: Gateway;
  trino: TrinoClient;
  database: string;
  bucket: string;
  close(): Promise<void>;
}

interface AccountNames {
  database: string;
  bucket: string;
}

/** @param at left out in tests, which are told @param named names of a stage; else fresh ones */
export async function openAccount(at: Addresses = injected(), named?: AccountNames): Promise<Account> {
  const trino = new TrinoClient(at.trino);
  const gateway = await Gateway.start({ moto: at.moto, trino, results: at.results });
  const clients = connect({ endpoint: gateway.address });
  const name = `t${randomBytes(5).toString('hex')}`;
  const { database, bucket } = named ?? { database: name, bucket: name };
  await clients.s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await clients.glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: database } }));
  for (const TableInput of glueTables(bucket)) {
    await clients.glue.send(new CreateTableCommand({ DatabaseName: database, TableInput }));
  }
  return {
    clients,
    gateway,
    trino,
    database,
    bucket,
    async close() {
      for (const client of Object.values(clients)) client.destroy();
      await gateway.stop();
    },
  };
}

const injected = (): Addresses => ({ moto: inject('moto'), trino: inject('trino'), results: inject('results') });

export async function makeQueue({ clients }: Account): Promise<string> {
  const { QueueUrl = '' } = await clients.sqs.send(
    new CreateQueueCommand({ QueueName: `q${randomBytes(5).toString('hex')}` }),
  );
  return QueueUrl;
}

/** Has SES know an address that mail is sent from, as its owner would have confirmed. */
export async function verifySender(endpoint: string, address: string): Promise<void> {
  const ses = new SESv2Client({ endpoint });
  await ses.send(new CreateEmailIdentityCommand({ EmailIdentity: address }));
  ses.destroy();
}

/** Makes the views in the account's database, as the stack makes them. */
export async function makeViews({ clients, database }: Account, views: readonly ViewSource[]): Promise<void> {
  for (const view of views) {
    await clients.glue.send(new CreateTableCommand({ DatabaseName: database, TableInput: glueView(view, database) }));
  }
}
