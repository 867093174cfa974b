/** A function of a stage at work: its package in a process of plain Node, and a gateway between it and AWS that knows its every request. */
import { type RunningFunction, startFunction } from '../bundles/running-function.ts';
import { ACCOUNT, type Json } from '../stacks/graph.ts';
import { Gateway } from './gateway.ts';
import { covers, grantsOf, type Right, rightsFor, rightText } from './policy.ts';
import { REGION } from './trino.ts';
import type { TrinoClient } from './trino-client.ts';

export interface Deployment {
  /** its unpacked package */
  folder: string;
  /** the environment that it was deployed with */
  variables: Readonly<Record<string, string>>;
  /** MB */
  memory: number;
  /** its role's name, where buckets have policies that look who asks (`moto_server.py`) */
  role?: string;
  /** of its role, JSON */
  policy: string;
  /** where its workgroup keeps results, `bucket/folder` */
  results: string;
  moto: string;
  trino: TrinoClient;
}

export interface DeployedFunction extends RunningFunction {
  variables: Readonly<Record<string, string>>;
  gateway: Gateway;
  /** what its role may do */
  grants: Right[];
  /** what it has asked for so far needed */
  needs(): Right[];
  /** rights that it has needed and does not have */
  forbidden(): Set<string>;
  /** ends its process and its gateway */
  end(): Promise<void>;
}

/** Only the addresses of AWS's services differ from what Lambda would give it. */
export async function runDeployed(deployment: Deployment): Promise<DeployedFunction> {
  const { folder, variables, memory, role, policy, results, moto, trino } = deployment;
  const gateway = await Gateway.start({ moto, trino, results });
  const running = await startFunction(folder, {
    ...variables,
    AWS_REGION: REGION,
    ...(role === undefined ? {} : { AWS_ACCESS_KEY_ID: role }),
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memory),
    AWS_ENDPOINT_URL: gateway.address,
  });
  const grants = grantsOf(policy);
  const whose = { account: ACCOUNT, region: REGION, workgroup: variables.WORKGROUP ?? '' };
  const needs = (): Right[] => gateway.passed.flatMap((passing) => rightsFor(passing, whose));
  return {
    ...running,
    variables,
    gateway,
    grants,
    needs,
    forbidden: () =>
      new Set(needs().flatMap((need) => (grants.some((one) => covers(one, need)) ? [] : [rightText(need)]))),
    async end() {
      await running.stop();
      await gateway.stop();
    },
  };
}

/** A function's variables, as the graph or the account has them. @throws Error if there are none */
export function variablesOf(found: Json): Record<string, string> {
  if (typeof found !== 'object' || found === null) throw new Error('the function has no environment');
  return Object.fromEntries(Object.entries(found).map(([key, value]) => [key, String(value)]));
}

/** `s3://bucket/folder/` as `bucket/folder` */
export const folderIn = (address: string): string => address.replace(/^s3:\/\//, '').replace(/\/$/, '');
