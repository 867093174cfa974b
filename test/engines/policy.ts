/** Which IAM rights a request to AWS needs, and which rights a role's policy grants. */
import type { ForwardedRequest } from './gateway.ts';

/** `s3:GetObject` on `arn:aws:s3:::bucket/key`: one of a policy's grants, whose resource may end in a star, or a need. */
export interface Right {
  action: string;
  resource: string;
}

export interface AccountContext {
  account: string;
  region: string;
  /** whose queries are asked after: the API names it only when they are started */
  workgroup: string;
}

/** @throws Error for a request that nobody expected: a right that is overlooked would be a right too many */
export function rightsFor(
  { service, operation, path, body }: ForwardedRequest,
  { account, region, workgroup }: AccountContext,
): Right[] {
  const arn = (of: string, resource: string): string => `arn:aws:${of}:${region}:${account}:${resource}`;
  if (service === 'S3') return [s3Right(operation, path)];
  const input: Record<string, unknown> = JSON.parse(body || '{}');
  const text = (name: string): string => {
    const value = input[name];
    if (typeof value !== 'string') throw new Error(`${operation} has no ${name}`);
    return value;
  };
  switch (service) {
    // "Actions, resources, and condition keys for AWS Glue": a partition's rights are asked of all three.
    case 'AWSGlue': {
      const database = text(operation === 'GetDatabase' ? 'Name' : 'DatabaseName');
      const named = operation === 'GetTable' ? 'Name' : 'TableName';
      const table = operation === 'GetTables' ? '*' : operation === 'GetDatabase' ? null : text(named);
      return [
        arn('glue', 'catalog'),
        arn('glue', `database/${database}`),
        ...(table === null ? [] : [arn('glue', `table/${database}/${table}`)]),
      ].map((resource) => ({ action: `glue:${operation}`, resource }));
    }
    case 'AmazonAthena':
      return [
        { action: `athena:${operation}`, resource: arn('athena', `workgroup/${String(input.WorkGroup ?? workgroup)}`) },
      ];
    // SendMessageBatch is allowed by sqs:SendMessage ("Amazon SQS API permissions").
    case 'AmazonSQS': {
      const queue = text('QueueUrl').split('/').at(-1) ?? '';
      return [{ action: `sqs:${operation.replace(/Batch$/, '')}`, resource: arn('sqs', queue) }];
    }
    case 'SES':
      return [{ action: 'ses:SendEmail', resource: arn('ses', `identity/${text('FromEmailAddress')}`) }];
    default:
      throw new Error(`nobody expected ${service} ${operation}`);
  }
}

function s3Right(method: string, path: string): Right {
  const [, bucket = '', key = '', query = ''] = /^\/([^/?]+)\/?([^?]*)(?:\?(.*))?$/s.exec(path) ?? [];
  const object = `arn:aws:s3:::${bucket}/${key}`;
  if (method === 'GET' && key === '' && /(?:^|&)list-type=2(?:&|$)/.test(query)) {
    return { action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}` };
  }
  const action = { GET: 's3:GetObject', HEAD: 's3:GetObject', PUT: 's3:PutObject', DELETE: 's3:DeleteObject' }[method];
  if (key === '' || action === undefined) throw new Error(`nobody expected ${method} ${path}`);
  return { action, resource: object };
}

interface PolicyText {
  Statement: { Effect: string; Action: string[]; Resource: string | string[] }[];
}

/** Each action on each resource that a policy of allowances names. @throws Error if it forbids something, too */
export function grantsOf(policy: string): Right[] {
  const { Statement }: PolicyText = JSON.parse(policy);
  return Statement.flatMap(({ Effect, Action, Resource }) => {
    if (Effect !== 'Allow') throw new Error(`policy has a statement that is no allowance: ${policy}`);
    return [Resource].flat().flatMap((resource) => Action.map((action) => ({ action, resource })));
  });
}

/** What a policy decides, without a look at conditions: IAM lets a refusal win. */
export function decisionOf(policy: string, need: Right): 'allowed' | 'refused' | 'not allowed' {
  const { Statement }: PolicyText = JSON.parse(policy);
  const isNamed = (effect: string): boolean =>
    Statement.some(
      ({ Effect, Action, Resource }) =>
        Effect === effect &&
        [Resource].flat().some((resource) => Action.some((action) => covers({ action, resource }, need))),
    );
  return isNamed('Deny') ? 'refused' : isNamed('Allow') ? 'allowed' : 'not allowed';
}

/** Stars stand at the end of a resource only; elsewhere they would be met by nothing. */
export const covers = (grant: Right, need: Right): boolean =>
  grant.action === need.action &&
  (grant.resource.endsWith('*')
    ? need.resource.startsWith(grant.resource.slice(0, -1))
    : need.resource === grant.resource);

export const rightText = ({ action, resource }: Right): string => `${action} ${resource}`;
