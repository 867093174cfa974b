/**
 * A stage on the loopback account as the stack would deploy it: buckets, queues, tables and views from the offline graph,
 * and the functions' packages as processes with the environment that the graph gives them. Only the addresses of AWS's
 * services differ.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateDatabaseCommand, CreateTableCommand } from '@aws-sdk/client-glue';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { inject } from 'vitest';
import { type Clients, connect } from '#aws/clients.ts';
import { logicalName } from '#aws/stage-names.ts';
import { LAMBDAS, type LambdaName } from '../../stacks/spec/lambdas.ts';
import { buildPackages } from '../bundles/build.ts';
import { glueInputs } from '../stacks/glue-inputs.ts';
import { at, evaluateStage, type Graph, ofType, textAt } from '../stacks/graph.ts';
import { type DeployedFunction, folderIn, runDeployed, variablesOf } from './deployed-function.ts';
import { REGION } from './trino.ts';
import { TrinoClient } from './trino-client.ts';

export interface DeployedStage {
  graph: Graph;
  environment: Readonly<Record<string, string>>;
  functions: ReadonlyMap<LambdaName, DeployedFunction>;
  clients: Clients;
  trino: TrinoClient;
  close(): Promise<void>;
}

/** Who gets the report, and from whom. */
export const READERS = { to: ['ann@example.com'], from: 'lake@example.com' };

/** Whatever the functions may do they are to do. */
const CONFIG = {
  app: 'maillake',
  region: REGION,
  report: READERS,
  erasures: { raw: true },
  analysts: { withoutPersons: true },
};

export async function deployStage(): Promise<DeployedStage> {
  const stage = `t${randomBytes(4).toString('hex')}`;
  const folder = mkdtempSync(join(tmpdir(), 'stage-'));
  const [graph, packages] = await Promise.all([evaluateStage({ stage, config: CONFIG }), buildPackages(folder)]);
  if (graph.errors.length > 0) throw new Error(graph.errors.join('\n'));
  const trino = new TrinoClient(inject('trino'));
  const clients = connect({ endpoint: inject('moto') });
  await makeResources(graph, clients);

  const environment = environmentOf(graph, 'plan');
  const functions = new Map<LambdaName, DeployedFunction>();
  for (const { name, folder: place } of packages) {
    const variables = environmentOf(graph, name);
    functions.set(
      name,
      await runDeployed({
        folder: place,
        variables,
        memory: LAMBDAS[name].memory,
        policy: textAt(only(graph, 'aws:iam/rolePolicy:RolePolicy', `${logicalName(name)}Policy`), 'policy'),
        results: resultsOf(graph, variables),
        moto: inject('moto'),
        trino,
      }),
    );
  }
  return {
    graph,
    environment,
    functions,
    clients,
    trino,
    async close() {
      for (const { end } of functions.values()) await end();
      for (const client of Object.values(clients)) client.destroy();
      rmSync(folder, { recursive: true });
    },
  };
}

function only(graph: Graph, type: string, name: string): Graph['resources'][number]['inputs'] {
  const [found] = ofType(graph, type).filter((resource) => resource.name === name);
  if (!found) throw new Error(`the graph has no ${type} ${name}: ${ofType(graph, type).map((one) => one.name)}`);
  return found.inputs;
}

function environmentOf(graph: Graph, name: LambdaName): Record<string, string> {
  const { inputs } =
    ofType(graph, 'aws:lambda/function:Function').find((made) =>
      made.name.startsWith(`${logicalName(name)}Function`),
    ) ?? {};
  return variablesOf(at(inputs, 'environment', 'variables'));
}

/** Where the workgroup keeps results, as `bucket/folder`. */
function resultsOf(graph: Graph, { WORKGROUP }: Record<string, string>): string {
  const found = ofType(graph, 'aws:athena/workgroup:Workgroup').find(({ inputs }) => inputs.name === WORKGROUP);
  return folderIn(textAt(found?.inputs, 'configuration', 'resultConfiguration', 'outputLocation'));
}

async function makeResources(graph: Graph, { s3, sqs, glue }: Clients): Promise<void> {
  for (const { inputs } of ofType(graph, 'aws:s3/bucket:Bucket')) {
    await s3.send(new CreateBucketCommand({ Bucket: textAt(inputs, 'bucket') }));
  }
  for (const { inputs } of ofType(graph, 'aws:sqs/queue:Queue')) {
    await sqs.send(new CreateQueueCommand({ QueueName: textAt(inputs, 'name') }));
  }
  for (const of of ['Database', 'WithoutPersonsDatabase'] as const) {
    const { database, tables } = glueInputs(graph, of);
    await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: database } }));
    for (const TableInput of tables) {
      await glue.send(new CreateTableCommand({ DatabaseName: database, TableInput }));
    }
  }
}
