/**
 * Lists every statement of every IAM policy of a graph as a readable table: who, which actions, on what, under which
 * conditions.
 */
import { at, type Graph, type Json, listAt, ofType, type Resource, textAt } from './graph.ts';

export interface Grant {
  /** a role's or policy's name without app and stage, `bucket raw` for a bucket's own policy */
  who: string;
  effect: string;
  actions: readonly string[];
  resources: readonly string[];
  /** as JSON, sorted; empty if there is none */
  conditions: string;
}

export function grantsOf(graph: Graph): Grant[] {
  const short = shortener(graph);
  const texts: [who: string, policy: Json][] = [
    ...ofType(graph, 'aws:iam/rolePolicy:RolePolicy').map(({ name, inputs }): [string, Json] => [
      `role ${name.replace(/Policy$/, '')}`,
      at(inputs, 'policy'),
    ]),
    ...ofType(graph, 'aws:iam/role:Role').flatMap(({ name, inputs }) =>
      inlineOf(inputs).map((policy): [string, Json] => [`role ${name.replace(/Role$/, '')}`, policy]),
    ),
    ...ofType(graph, 'aws:iam/policy:Policy').map(({ name, inputs }): [string, Json] => [
      `policy ${name}`,
      at(inputs, 'policy'),
    ]),
    ...ofType(graph, 'aws:s3/bucketPolicy:BucketPolicy').map(({ name, inputs }): [string, Json] => [
      `bucket ${name.replace(/Policy$/, '')}`,
      at(inputs, 'policy'),
    ]),
  ];
  return texts
    .flatMap(([who, policy]) => statementsOf(policy).map((statement) => grantOf(who, statement, short)))
    .sort((a, b) => (a.who < b.who ? -1 : a.who > b.who ? 1 : 0));
}

/** Who may take which role. */
export const trustsOf = (graph: Graph): string[] =>
  ofType(graph, 'aws:iam/role:Role')
    .flatMap(({ name, inputs }) =>
      statementsOf(at(inputs, 'assumeRolePolicy')).map(
        (statement) =>
          `${name}: ${Object.values(record(at(statement, 'Principal'))).join(', ')}${short(graph, at(statement, 'Condition'))}`,
      ),
    )
    .sort();

/** The table, one action a line. */
export function tableOf(grants: readonly Grant[]): string {
  const lines: string[] = [];
  let last = '';
  for (const { who, effect, actions, resources, conditions } of grants) {
    if (who !== last) lines.push('', who);
    last = who;
    lines.push(`  ${effect === 'Deny' ? 'never ' : ''}${actions.join(' ')}`);
    lines.push(...resources.map((resource) => `    ${resource}`));
    if (conditions !== '') lines.push(`    if ${conditions}`);
  }
  return `${lines.slice(1).join('\n')}\n`;
}

const grantOf = (who: string, statement: Json, shorten: (text: string) => string): Grant => ({
  who,
  effect: textAt(statement, 'Effect'),
  actions: manyOf(at(statement, 'Action')),
  resources: manyOf(at(statement, 'Resource')).map(shorten),
  conditions: at(statement, 'Condition') === undefined ? '' : shorten(JSON.stringify(at(statement, 'Condition'))),
});

const statementsOf = (policy: Json): readonly Json[] => {
  const document: Json = typeof policy === 'string' ? JSON.parse(policy) : policy;
  return listAt(document, 'Statement');
};

const inlineOf = (inputs: Json): Json[] => {
  const policies = at(inputs, 'inlinePolicies');
  return Array.isArray(policies) ? policies.map((policy) => at(policy, 'policy')) : [];
};

const manyOf = (value: Json): string[] => (Array.isArray(value) ? value.map(String) : [String(value)]);
const record = (value: Json): Record<string, Json> => Object.fromEntries(Object.entries(value ?? {}));

const short = (graph: Graph, condition: Json): string =>
  condition === undefined ? '' : ` if ${shortener(graph)(JSON.stringify(condition))}`;

/** Addresses as `{lake}/v1/live/*`, `{sqs live}`: without what differs from account to account. */
function shortener(graph: Graph): (text: string) => string {
  const buckets = ofType(graph, 'aws:s3/bucket:Bucket').map(({ name, inputs }) => [
    `arn:aws:s3:::${textAt(inputs, 'bucket')}`,
    `{${name.replace(/Bucket$/, '').toLowerCase()}}`,
  ]);
  const known = new Map<string, string>();
  for (const [arn = '', called = ''] of buckets) known.set(arn, called);
  const { name, stage } = graph.app;
  return (text) => {
    let made = text;
    for (const [arn, called] of known) made = made.replaceAll(arn, called);
    return made
      .replaceAll(/arn:aws:([a-z0-9]+):[a-z0-9-]*:\d{12}:([^"\s]+)/g, '{$1 $2}')
      .replaceAll(new RegExp(`${name}[-_]${stage}(?=[/"}*])`, 'g'), '<stage>')
      .replaceAll(new RegExp(`${name}[-_]${stage}[-_]`, 'g'), '')
      .replaceAll(/\{iam role\/[a-z]+-[a-z]+-\d-/g, '{role ');
  };
}

/** A resource's own name as AWS has it; null where it has none of its own. */
export function physicalName({ type, inputs }: Resource): string | null {
  const field = NAMED[type] ?? 'name';
  const value = at(inputs, field);
  return typeof value === 'string' ? value : null;
}

const NAMED: Readonly<Record<string, string>> = {
  'aws:s3/bucket:Bucket': 'bucket',
  'aws:sesv2/configurationSet:ConfigurationSet': 'configurationSetName',
  'aws:cloudwatch/dashboard:Dashboard': 'dashboardName',
};
