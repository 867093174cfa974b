/** Checks that the deployer's policy allows what a deployment of the stage needs. */
import { expect, test } from 'vitest';
import { deployerStatements } from '../../../stacks/spec/deployer.ts';
import { policyOf } from '../../../stacks/spec/statements.ts';
import { ACCOUNT, type Graph, type Json, textAt } from '../graph.ts';
import { requestsOf } from '../requests.ts';
import type { Stages } from './stages.ts';

/** Characters of a managed policy, without spaces ("IAM and AWS STS quotas"). */
const MOST_MANAGED = 6144;
/** What a request is about, by the member that names it. */
const NAMES = [
  'Bucket',
  'FunctionName',
  'StackName',
  'RoleName',
  'PolicyName',
  'QueueName',
  'AlarmName',
  'DashboardName',
  'DeliveryStreamName',
  'logGroupName',
  'ConfigurationSetName',
  'WorkGroup',
  'Name',
];
/** The right's service, where it has another name than the API. */
const RIGHTS_OF: Readonly<Record<string, string>> = { sesv2: 'ses' };

export function deployerChecks(stages: Stages): void {
  test('who deploys may make everything that a stage has, by names of the app', () => {
    for (const graph of [stages.dev(), stages.production(), stages.kept()]) {
      const statements = deployerStatements({
        app: graph.app.name,
        account: ACCOUNT,
        region: 'eu-west-1',
        // Production's own.
        configurationSets: ['newsletter*'],
        analysts: ['marketing', 'mail'].map((role) => `arn:aws:iam::${ACCOUNT}:role/${role}*`),
      });
      expect(policyOf(statements).length).toBeLessThan(MOST_MANAGED);
      const mayDo = (action: string): string[] =>
        statements.flatMap(({ actions, resources }) =>
          actions.some((one) => one === action || (one.endsWith(':*') && action.startsWith(one.slice(0, -1))))
            ? 'everything' in resources
              ? ['*']
              : [...resources]
            : [],
        );
      // The mock's name of SST's own bucket lacks the account's mark.
      const lacking = requestsFor(graph).filter(({ action, name }) => {
        const resources = mayDo(action);
        return !resources.some((one) => one === '*' || one.endsWith(':*') || isMeant(one, name));
      });
      expect(lacking).toEqual([]);
    }
  });

  test('and nothing of another app', () => {
    const statements = deployerStatements({ app: 'maillake', account: ACCOUNT, region: 'eu-west-1' });
    const others = statements.flatMap(({ sid, resources }) =>
      'everything' in resources
        ? []
        : resources.filter((one) => !/maillake[-_]\*|sst|glue:.*:catalog$/.test(one)).map(() => sid),
    );
    expect(others).toEqual(['EventSources']);
  });
}

/** What stands for the name in a pattern's last part. */
const isMeant = (pattern: string, name: string): boolean => {
  const last = pattern.replace(/^.*[:/]/, '');
  return last.endsWith('*') && name.startsWith(last.slice(0, -1));
};

function requestsFor(graph: Graph): { action: string; name: string }[] {
  return graph.resources
    .filter(({ custom }) => custom)
    .flatMap((resource) => requestsOf(resource))
    .map(({ service, operation, input }) => ({
      action: `${RIGHTS_OF[service] ?? service}:${operation}`,
      name: (nameIn(input) ?? '').replace(/^sst-asset$/, 'sst-asset-mark'),
    }));
}

function nameIn(input: { readonly [key: string]: Json }): string | undefined {
  const { DatabaseName, DatabaseInput, TopicArn, LogGroupName } = input;
  for (const value of [DatabaseName, LogGroupName, ...NAMES.map((name) => input[name])]) {
    if (typeof value === 'string') return value.replace(/^\/aws\/\w+\//, '');
  }
  if (DatabaseInput !== undefined) return textAt(DatabaseInput, 'Name');
  return typeof TopicArn === 'string' ? TopicArn.replace(/^.*:/, '') : undefined;
}
