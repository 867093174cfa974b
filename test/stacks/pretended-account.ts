/** Gives the answers of AWS while a stage is evaluated: addresses, ids, account and region. */
import type { Json } from './graph.ts';

interface Place {
  account: string;
  region: string;
}

type Inputs = Readonly<Record<string, Json>>;

/** The state of a resource that has been made, or one that is there and has an id. */
export function outputsOf(
  { type, name, id: known, inputs }: { type: string; name: string; id?: string; inputs: Inputs },
  { account, region }: Place,
): { id: string; state: Record<string, Json> } {
  const called = String(inputs.name ?? inputs.bucket ?? inputs.configurationSetName ?? (known || name));
  const made = (id: string, outputs: Inputs): { id: string; state: Record<string, Json> } => ({
    id,
    state: { ...inputs, ...outputs },
  });
  const arn = (service: string, resource: string): string => `arn:aws:${service}:${region}:${account}:${resource}`;
  switch (type) {
    case 'aws:s3/bucket:Bucket':
      return made(called, { bucket: called, arn: `arn:aws:s3:::${called}` });
    case 'aws:sqs/queue:Queue': {
      const url = `https://sqs.${region}.amazonaws.com/${account}/${called}`;
      return made(url, { name: called, url, arn: arn('sqs', called) });
    }
    case 'aws:iam/role:Role':
      return made(called, { name: called, arn: `arn:aws:iam::${account}:role/${called}` });
    case 'aws:iam/policy:Policy':
      return made(called, { name: called, arn: `arn:aws:iam::${account}:policy/${called}` });
    case 'aws:lambda/function:Function':
      return made(called, { name: called, arn: arn('lambda', `function:${called}`), version: '1', publish: false });
    case 'aws:glue/catalogDatabase:CatalogDatabase':
      return made(`${account}:${called}`, { name: called, arn: arn('glue', `database/${called}`) });
    case 'aws:glue/catalogTable:CatalogTable':
      return made(`${account}:${String(inputs.databaseName)}:${called}`, { name: called });
    case 'aws:athena/workgroup:Workgroup':
      return made(called, { name: called, arn: arn('athena', `workgroup/${called}`) });
    case 'aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream':
      return made(called, { name: called, arn: arn('firehose', `deliverystream/${called}`) });
    case 'aws:sns/topic:Topic':
      return made(called, { name: called, arn: arn('sns', called) });
    case 'aws:cloudwatch/metricAlarm:MetricAlarm':
      return made(called, { name: called, arn: arn('cloudwatch', `alarm:${called}`) });
    case 'aws:cloudwatch/logGroup:LogGroup':
      return made(called, { name: called, arn: arn('logs', `log-group:${called}`) });
    case 'random:index/randomBytes:RandomBytes':
      return made(name, { base64: Buffer.alloc(Number(inputs.length)).toString('base64') });
    default:
      return made(called, { name: called });
  }
}

/** What a look-up answers. @throws Error for one that nobody expected */
export function answerOf({ token, inputs }: { token: string; inputs: Inputs }, { account, region }: Place): Inputs {
  switch (token) {
    case 'aws:index/getPartition:getPartition':
      return { id: 'aws', partition: 'aws', dnsSuffix: 'amazonaws.com' };
    case 'aws:index/getRegion:getRegion':
      return { id: region, name: region, region };
    case 'aws:index/getCallerIdentity:getCallerIdentity':
      return { id: account, accountId: account, arn: `arn:aws:iam::${account}:root` };
    case 'aws:iam/getPolicyDocument:getPolicyDocument':
      return { ...inputs, json: policyJson(inputs) };
    default:
      throw new Error(`nobody expected this look-up: ${token}`);
  }
}

function policyJson({ statements }: Inputs): string {
  const made = (Array.isArray(statements) ? statements : []).map((statement) => ({
    Effect: statement.effect ?? 'Allow',
    Action: statement.actions,
    Resource: statement.resources,
    ...(statement.principals ? { Principal: principalsOf(statement.principals) } : {}),
    ...(statement.conditions?.length ? { Condition: conditionsOf(statement.conditions) } : {}),
  }));
  return JSON.stringify({ Version: '2012-10-17', Statement: made });
}

const principalsOf = (principals: readonly { type: string; identifiers: readonly string[] }[]): Json =>
  principals.some(({ type }) => type === '*')
    ? '*'
    : Object.fromEntries(principals.map(({ type, identifiers }) => [type, identifiers]));

function conditionsOf(conditions: readonly { test: string; variable: string; values: readonly string[] }[]): Json {
  const made: Record<string, Record<string, readonly string[]>> = {};
  for (const { test, variable, values } of conditions) made[test] = { ...made[test], [variable]: values };
  return made;
}
