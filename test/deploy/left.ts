/** Lists what the account still has of a stage: each service is asked by name, whatever made the resource. */
import type { Account } from './account.ts';

const LISTS: readonly (readonly [service: string, operation: string, input?: Record<string, string>])[] = [
  ['athena', 'ListWorkGroups'],
  ['cloudformation', 'DescribeStacks'],
  ['cloudwatch', 'DescribeAlarms'],
  ['cloudwatch', 'ListDashboards'],
  ['firehose', 'ListDeliveryStreams'],
  ['glue', 'GetDatabases'],
  ['iam', 'ListPolicies', { Scope: 'Local' }],
  ['iam', 'ListRoles'],
  ['lambda', 'ListEventSourceMappings'],
  ['lambda', 'ListFunctions'],
  ['logs', 'DescribeLogGroups'],
  ['s3', 'ListBuckets'],
  ['scheduler', 'ListSchedules'],
  ['sesv2', 'ListConfigurationSets'],
  ['sns', 'ListTopics'],
  ['sqs', 'ListQueues'],
];

/** `service name`, sorted; tables are those of the stage's database. */
export async function leftOf(account: Account, app: string, stage: string): Promise<string[]> {
  const found = new Set<string>();
  const [first, second] = [app, stage].map((name) => name.replaceAll('-', '[-_]'));
  const pattern = new RegExp(`\\b${first}[-_]${second}(?:[-_][A-Za-z0-9-_]+)?(?=["/:])`, 'g');
  for (const [service, operation, input = {}] of LISTS) {
    const said = JSON.stringify((await account.ask({ service, operation, input })) ?? '');
    for (const [name] of said.matchAll(pattern)) found.add(`${service} ${name}`);
  }
  return [...found].sort();
}
