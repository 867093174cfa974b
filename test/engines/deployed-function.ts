/** A function of a stage at work: its package in a process of plain Node, and a gateway between it and AWS that knows its every request. */
import { type RunningFunction, startFunction } from '../bundles/running-function.ts';
import { ACCOUNT } from '../stacks/graph.ts';
import { Gateway } from './gateway.ts';
import { grantsOf, type Right, rightsFor } from './policy.ts';
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
  const whose = { account: ACCOUNT, region: REGION, workgroup: variables.WORKGROUP ?? '' };
  return {
    ...running,
    variables,
    gateway,
    grants: grantsOf(policy),
    needs: () => gateway.passed.flatMap((passing) => rightsFor(passing, whose)),
    async end() {
      await running.stop();
      await gateway.stop();
    },
  };
}
