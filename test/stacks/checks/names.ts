/** Checks the names of all resources: length, and that no two stages share one. */
import { expect, test } from 'vitest';
import { at, type Graph, type Resource } from '../graph.ts';
import { physicalName } from '../statements.ts';
import { all, type Stages } from './stages.ts';

/** Types whose names AWS keeps by account or wider, with the longest that it takes. Anything else has no name of its own. */
const LONGEST: Readonly<Record<string, number>> = {
  'aws:athena/workgroup:Workgroup': 128,
  'aws:cloudformation/stack:Stack': 128,
  'aws:cloudwatch/dashboard:Dashboard': 255,
  'aws:cloudwatch/logGroup:LogGroup': 512,
  'aws:cloudwatch/metricAlarm:MetricAlarm': 255,
  'aws:glue/catalogDatabase:CatalogDatabase': 255,
  'aws:iam/policy:Policy': 128,
  'aws:iam/role:Role': 64,
  'aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream': 64,
  'aws:lambda/function:Function': 64,
  'aws:s3/bucket:Bucket': 63,
  'aws:scheduler/schedule:Schedule': 64,
  'aws:sesv2/configurationSet:ConfigurationSet': 64,
  'aws:sns/topic:Topic': 256,
  'aws:sqs/queue:Queue': 80,
};

/** Those that lie in something that has a name: `name` is unique there. */
const INSIDE = new Set([
  'aws:athena/namedQuery:NamedQuery',
  'aws:cloudwatch/logStream:LogStream',
  'aws:glue/catalogTable:CatalogTable',
  'aws:iam/rolePolicy:RolePolicy',
]);

/** All regions of an account share their names. */
const WITHOUT_REGIONS = /iam\/(role|policy):|dashboard:/;

const named = (graph: Graph): { resource: Resource; name: string }[] =>
  graph.resources
    .filter(({ type, custom }) => custom && !INSIDE.has(type))
    .flatMap((resource) => {
      const name = physicalName(resource);
      return name === null ? [] : [{ resource, name }];
    });

export function nameChecks(stages: Stages): void {
  test('carry app and stage, and are as long as AWS takes them at most', () => {
    for (const graph of all(stages)) {
      const { name: app, stage } = graph.app;
      for (const { resource, name } of named(graph)) {
        expect(LONGEST[resource.type], `${resource.type} ${name}`).toBeDefined();
        expect(name.length, name).toBeLessThanOrEqual(LONGEST[resource.type] ?? 0);
        expect(name.replaceAll('_', '-'), resource.type).toContain(`${app}-${stage}`);
      }
      expect(named(graph).length).toBeGreaterThan(60);
    }
  });

  test('are no other resource’s of this type, in this stage or another', () => {
    const seen = new Map<string, string>();
    for (const graph of [...all(stages), stages.kept()]) {
      for (const { resource, name } of named(graph)) {
        const key = `${resource.type} ${name}`;
        expect(seen.get(key), key).toBeUndefined();
        seen.set(key, graph.app.stage);
      }
    }
  });

  test('differ from those of the same stage in another account or region only where AWS shares a space of names', () => {
    const buckets = all(stages).map((graph) => at(graph.outputs, 'lake'));
    expect(buckets.every((name) => /-[0-9a-f]{8}$/.test(String(name)))).toBe(true);
    for (const { name } of named(stages.dev()).filter(({ resource }) => WITHOUT_REGIONS.test(resource.type))) {
      // SST's own roles of schedules end with letters of chance.
      expect(name).toMatch(/-eu-west-1(-|$)|ScheduleRole-[a-z]{8}$/);
    }
  });
}
