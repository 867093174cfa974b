/**
 * A stage as an account has it after a deployment, at work: functions from their packages in S3 with their own environments and
 * roles, called with what the schedules hold, and fed from the queues that are mapped to them. Nothing is taken from the code
 * that deployed it.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { SQSBatchResponse } from 'aws-lambda';
import { type Clients, connect } from '#aws/clients.ts';
import { type DeployedFunction, folderIn, runDeployed, variablesOf } from '../engines/deployed-function.ts';
import { drain } from '../engines/invoke.ts';
import type { TrinoClient } from '../engines/trino-client.ts';
import { at, type Json, listAt, textAt } from '../stacks/graph.ts';
import type { World } from './world.ts';

export interface Installed {
  clients: Clients;
  /** by the name that the account knows */
  functions: ReadonlyMap<string, DeployedFunction>;
  /** the environment that all of them have */
  environment: Readonly<Record<string, string>>;
  /** What a schedule calls, `aheadMs` later, and what the queues then hold. @throws Error if something fails */
  runs(schedule: string, aheadMs?: number): Promise<unknown>;
  /** where results of a workgroup's queries lie, `bucket/folder` */
  resultsOf(workgroup: string): Promise<string>;
  close(): Promise<void>;
}

const roleNameOf = (made: Json): string => textAt(made, 'Role').split('/').at(-1) ?? '';

export async function roleOf(world: World, functionName: string): Promise<string> {
  const input = { FunctionName: functionName };
  return roleNameOf(await world.account.send({ service: 'lambda', operation: 'GetFunctionConfiguration', input }));
}

interface Called {
  functionName: string;
  event: unknown;
}

/** @param prefix with which the names of all that is the stage's begin: app and stage */
export async function openInstalled(world: World, trino: TrinoClient, prefix: string): Promise<Installed> {
  const folder = mkdtempSync(join(tmpdir(), 'installed-'));
  const clients = connect({ endpoint: world.moto });
  const ask = (service: string, operation: string, input: Record<string, Json> = {}): Promise<Json> =>
    world.account.send({ service, operation, input });
  const ours = (list: Json, key: string, name: string): Json[] =>
    listAt(list, key).filter((one) => textAt(one, name).startsWith(prefix));

  async function resultsOf(workgroup: string): Promise<string> {
    const said = await ask('athena', 'GetWorkGroup', { WorkGroup: workgroup });
    return folderIn(textAt(said, 'WorkGroup', 'Configuration', 'ResultConfiguration', 'OutputLocation'));
  }

  /** The package that the function was made from or last given, unpacked. */
  async function unpack(functionName: string, inputs: Json): Promise<string> {
    const [Bucket, Key] = [textAt(inputs, 's3Bucket'), textAt(inputs, 's3Key')];
    const { Body } = await clients.s3.send(new GetObjectCommand({ Bucket, Key }));
    const place = join(folder, functionName);
    mkdirSync(place);
    writeFileSync(`${place}.zip`, (await Body?.transformToByteArray()) ?? '');
    execFileSync(world.python, ['-m', 'zipfile', '-e', `${place}.zip`, place]);
    return place;
  }

  async function start(made: Json): Promise<[string, DeployedFunction]> {
    const functionName = textAt(made, 'FunctionName');
    const variables = variablesOf(at(made, 'Environment', 'Variables'));
    const RoleName = roleNameOf(made);
    const [policy] = listAt(await ask('iam', 'ListRolePolicies', { RoleName }), 'PolicyNames');
    const said = await ask('iam', 'GetRolePolicy', { RoleName, PolicyName: policy ?? '' });
    const inputs = await world.account.recall(`aws:lambda/function:Function ${functionName}`);
    return [
      functionName,
      await runDeployed({
        folder: await unpack(functionName, inputs),
        variables,
        memory: Number(at(made, 'MemorySize')),
        role: RoleName,
        policy: JSON.stringify(at(said, 'PolicyDocument')),
        results: await resultsOf(variables.WORKGROUP ?? ''),
        moto: world.moto,
        trino,
      }),
    ];
  }

  const functions = new Map<string, DeployedFunction>();
  for (const made of ours(await ask('lambda', 'ListFunctions'), 'Functions', 'FunctionName'))
    functions.set(...(await start(made)));
  const mappings = listAt(await ask('lambda', 'ListEventSourceMappings'), 'EventSourceMappings')
    .map((one) => ({
      queue: textAt(one, 'EventSourceArn').split(':').at(-1) ?? '',
      functionName: textAt(one, 'FunctionArn').split(':').at(-1) ?? '',
    }))
    .filter(({ queue }) => queue.startsWith(prefix));

  function functionOf(functionName: string): DeployedFunction {
    const found = functions.get(functionName);
    if (!found) throw new Error(`the account has no function ${functionName}`);
    return found;
  }

  async function calledBy(schedule: string): Promise<Called> {
    const target = at(await ask('scheduler', 'GetSchedule', { Name: `${prefix}-${schedule}` }), 'Target');
    return {
      functionName: textAt(target, 'Arn').split(':').at(-1) ?? '',
      event: JSON.parse(textAt(target, 'Input') || '{}'),
    };
  }

  /** Until no queue holds a message: one may be answered with more. */
  async function work(aheadMs: number): Promise<void> {
    for (let messages = 1; messages > 0; ) {
      messages = 0;
      for (const { queue, functionName } of mappings) {
        const said = await ask('sqs', 'GetQueueUrl', { QueueName: queue });
        const { invoke } = functionOf(functionName);
        const handler = async (event: unknown): Promise<SQSBatchResponse> => {
          const answer = await invoke(event, { aheadMs });
          const failed = listAt(Object(answer), 'batchItemFailures');
          if (failed.length > 0) throw new Error(`${functionName} gave a message back: ${JSON.stringify(event)}`);
          return { batchItemFailures: [] };
        };
        // One process for each function, which works on one message at a time.
        const drained = await drain(clients.sqs, textAt(said, 'QueueUrl'), functionName, handler, 1);
        messages += drained.messages;
      }
    }
  }

  const [first] = functions.values();
  if (!first) throw new Error(`the account has no function whose name begins with ${prefix}`);
  return {
    clients,
    functions,
    environment: first.variables,
    resultsOf,
    async runs(schedule, aheadMs = 0) {
      const { functionName, event } = await calledBy(schedule);
      const said = await functionOf(functionName).invoke(event, { aheadMs });
      await work(aheadMs);
      return said;
    },
    async close() {
      for (const { end } of functions.values()) await end();
      for (const client of Object.values(clients)) client.destroy();
      rmSync(folder, { recursive: true });
    },
  };
}
