/** Checks the inputs of all resources against the limits of their services. */
import { expect, test } from 'vitest';
import type { Graph, Json, Resource } from '../graph.ts';
import { type Request, requestsOf } from '../requests.ts';
import { refusalsOf, sharedRefusals } from '../service-limits.ts';
import { complaintsAbout } from '../service-models.ts';

const requestsFor = ({ resources }: Graph): Request[] =>
  resources.filter(({ custom }) => custom).flatMap((resource) => requestsOf(resource));

const complaints = (request: Request): string[] => [...complaintsAbout(request), ...refusalsOf(request)];

/** `graphs`: of every configuration. */
export function limitChecks(graphs: () => readonly Graph[]): void {
  test('every resource is a request that its service takes, by its own model and the limits that it states elsewhere', () => {
    for (const graph of graphs()) {
      const requests = requestsFor(graph);
      expect(requests.length).toBeGreaterThan(200);
      expect(requests.flatMap(complaints), graph.app.stage).toEqual([]);
      expect(sharedRefusals(requests), graph.app.stage).toEqual([]);
    }
  });

  test('what a service would refuse is found', () => {
    const resources = graphs()[0]?.resources ?? [];
    expect(
      FAULTS.flatMap(([type, change]) => {
        const resource = resources.find((one) => one.type === type);
        if (!resource) throw new Error(`the graph has no ${type}`);
        return requestsOf({ ...resource, inputs: { ...resource.inputs, ...change } }).flatMap(complaints);
      }),
    ).toEqual([
      'CreateTable.TableInput.StorageDescriptor.Columns[0].Comment: has 257 bytes, not 0 to 255',
      'CreateTable.TableInput.ViewOriginalText: has 409601 bytes, not 0 to 409600',
      'CreateTable: bytes of the view: 409601, and 409600 at most',
      'CreateTable.TableInput.Parameters.k: has 512001 bytes, not 0 to 512000',
      'CreateTable: no name that Athena takes unquoted: Events',
      'CreateTable: bytes of parameters: 512009, and 512000 at most',
      'CreateNamedQuery.Name: has 129 bytes, not 1 to 128',
      String.raw`CreateRole.Description: does not match [\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*: a – b`,
      'CreateRole: characters of who may take the role: 2050, and 2048 at most',
      'CreatePolicy: characters of the policy: 6145, and 6144 at most',
      'CreateFunction.Runtime: is none of its words: nodejs8.x',
      'CreateFunction.Environment.Variables.A (key): does not match [a-zA-Z]([a-zA-Z0-9_])+: A',
      // Of the function that the graph has first, which is not always the same.
      expect.stringMatching(/^CreateFunction: bytes of maillake-dev-[a-z-]+'s environment: 4097, and 4096 at most$/),
      'PutMetricAlarm: seconds that late looks back: 90000, and 86400 at most',
      'CreateSchedule.ScheduleExpression: has 261 bytes, not 1 to 256',
      'CreateQueue: seconds of visibility: 43201, not 0 to 43200',
    ]);
  });

  test('an input that no request carries is told', () => {
    const topic: Pick<Resource, 'type' | 'name' | 'inputs'> = {
      type: 'aws:sns/topic:Topic',
      name: 'T',
      inputs: { name: 't', kmsMasterKeyId: 'k' },
    };
    expect(() => requestsOf(topic)).toThrow(
      'aws:sns/topic:Topic T has inputs that are in none of its requests: kmsMasterKeyId',
    );
  });
}

const TABLE = 'aws:glue/catalogTable:CatalogTable';
const FUNCTION = 'aws:lambda/function:Function';
const storage = (comment: string): Json => ({ columns: [{ name: 'c', type: 'string', comment }] });

const FAULTS: readonly (readonly [type: string, change: Resource['inputs']])[] = [
  // The fault of the first deployment: 255 characters.
  [TABLE, { storageDescriptor: storage(`${'a'.repeat(254)}…`) }],
  [TABLE, { storageDescriptor: storage('a'), viewOriginalText: 'v'.repeat(409_601) }],
  [TABLE, { name: 'Events', parameters: { k: 'v'.repeat(512_001) } }],
  ['aws:athena/namedQuery:NamedQuery', { name: 'n'.repeat(129) }],
  ['aws:iam/role:Role', { description: 'a – b', assumeRolePolicy: JSON.stringify('t'.repeat(2048)) }],
  ['aws:iam/policy:Policy', { policy: JSON.stringify('p'.repeat(6143)) }],
  [FUNCTION, { runtime: 'nodejs8.x', environment: { variables: { A: 'v'.repeat(4096) } } }],
  ['aws:cloudwatch/metricAlarm:MetricAlarm', { name: 'late', period: 900, evaluationPeriods: 100 }],
  ['aws:scheduler/schedule:Schedule', { scheduleExpression: `rate(${'1'.repeat(250)} days)` }],
  ['aws:sqs/queue:Queue', { visibilityTimeoutSeconds: 43_201 }],
];
