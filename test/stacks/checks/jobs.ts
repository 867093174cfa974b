/** Checks functions, schedules and queues of an evaluated stage. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ADDRESS_KEY, OF_SOME, readEnvironment, VARIABLES } from '#aws/environment.ts';
import { logicalName } from '#aws/stage-names.ts';
import { keyedVersion } from '#host/attempt-version.ts';
import { codeVersion } from '#host/code-version.ts';
import { keyedHash } from '#host/keyed-hash.ts';
import { TABLES } from '#lake/tables/index.ts';
import { LAMBDAS, type Lambda } from '../../../stacks/spec/lambdas.ts';
import { ADDRESS_KEY_SET } from '../address-key-set.ts';
import { at, type Graph, type Json, listAt, ofType, resourceOf, textAt } from '../graph.ts';
import { REPOSITORY } from '../platform.ts';
import { grantsOf } from '../statements.ts';
import { all, type Stages } from './stages.ts';

const FUNCTION = 'aws:lambda/function:Function';
const SCHEDULE = 'aws:scheduler/schedule:Schedule';
const QUEUE = 'aws:sqs/queue:Queue';
const MAPPING = 'aws:lambda/eventSourceMapping:EventSourceMapping';
const lambdas: [string, Lambda][] = Object.entries(LAMBDAS);

const variablesOf = (inputs: Json): Record<string, string> =>
  Object.fromEntries(
    Object.entries(at(inputs, 'environment', 'variables') ?? {}).map(([name, value]) => [name, String(value)]),
  );

const functionOf = (graph: Graph, name: string): Json => {
  const found = ofType(graph, FUNCTION).find(
    ({ inputs }) => at(inputs, 'name') === `${graph.app.name}-${graph.app.stage}-${name}`,
  );
  if (!found) throw new Error(`there is no function ${name}`);
  return found.inputs;
};

/** Ids of the data sets in a graph's dashboard that QuickSight has a schedule for: those in its memory. */
const refreshedIn = (graph: Graph): string[] =>
  ofType(graph, 'aws:s3/bucketObjectv2:BucketObjectv2')
    .filter(({ name }) => name === 'DashboardTemplate')
    .flatMap(({ inputs }) => Object.values(Object(JSON.parse(textAt(inputs, 'content')).Resources)) as Json[])
    .filter((resource) => at(resource, 'Type') === 'AWS::QuickSight::RefreshSchedule')
    .map((resource) => textAt(resource, 'Properties', 'DataSetId'));

export function jobChecks(stages: Stages): void {
  test('every function has the limits of its declaration, runs Node 24 on arm64, and holds nothing in reserve', () => {
    for (const graph of all(stages)) {
      expect(ofType(graph, FUNCTION)).toHaveLength(lambdas.length);
      for (const [name, { timeoutSeconds, memory, what }] of lambdas) {
        const inputs = functionOf(graph, name);
        expect(inputs).toMatchObject({
          runtime: 'nodejs24.x',
          architectures: ['arm64'],
          timeout: timeoutSeconds,
          memorySize: memory,
          description: what,
        });
        expect(at(inputs, 'reservedConcurrentExecutions')).toBeUndefined();
        expect(at(inputs, 'role')).toBe(
          `arn:aws:iam::123456789012:role/${graph.app.name}-${graph.app.stage}-${regionOf(graph)}-${name}`,
        );
      }
    }
  });

  test('a function and its schedules come after the rights of its role', () => {
    for (const type of [FUNCTION, SCHEDULE]) {
      for (const { name, dependsOn } of ofType(stages.dev(), type)) {
        expect(
          dependsOn.filter((one) => one.endsWith('Policy')),
          name,
        ).toHaveLength(1);
      }
    }
  });

  test('a function comes after all tables, as it writes them from its first call', () => {
    const tables = Object.keys(TABLES).map((name) => `${logicalName(name)}Table`);
    for (const graph of all(stages)) {
      for (const { name, dependsOn } of ofType(graph, FUNCTION)) {
        expect(dependsOn, name).toEqual(expect.arrayContaining(tables));
      }
    }
  });

  test('every function is built from its own handler, with what its declaration says it needs', () => {
    const { builds } = stages.dev();
    expect(builds.map(({ handler }) => handler).sort()).toEqual(lambdas.map(([, { handler }]) => handler).sort());
    for (const [, { handler, needsSql }] of lambdas) {
      const build = builds.find((one) => one.handler === handler);
      expect(build?.runtime).toBe('nodejs24.x');
      expect(at(build?.properties, 'minify')).toBe(true);
      expect(build?.copyFiles.map(({ from }) => from)).toEqual(needsSql ? [expect.stringMatching(/\/sql$/)] : []);
    }
  });

  test('what the functions find in their environment is what they read, and the settings of the config', () => {
    const environment = (graph: Graph, name = 'plan') => readEnvironment(variablesOf(functionOf(graph, name)));
    for (const graph of all(stages)) {
      for (const [name, { reads = [] }] of lambdas) {
        const variables = variablesOf(functionOf(graph, name));
        for (const variable of Object.keys(VARIABLES)) expect(variables[variable], variable).toBeTruthy();
        // "Lambda quotas": all variables together.
        expect(JSON.stringify(variables).length).toBeLessThan(4096);
        for (const variable of OF_SOME)
          if (!reads.includes(variable)) expect(variables[variable], `${name} ${variable}`).toBe('null');
        const own = { dashboard: null, copies: null, report: null };
        expect({ ...environment(graph, name), ...own }).toEqual({ ...environment(graph), ...own });
      }
      expect(environment(graph)).toMatchObject({
        rawBucket: at(graph.outputs, 'raw'),
        lakeBucket: at(graph.outputs, 'lake'),
        database: at(graph.outputs, 'database'),
        stage: graph.app.stage,
        workgroup: `${graph.app.name}-${graph.app.stage}-pipeline`,
        version: keyedVersion(
          codeVersion(environment(graph).settings),
          environment(graph).settings.addresses === 'hashed' ? keyedHash(ADDRESS_KEY_SET).fingerprint : null,
        ),
      });
    }
    // The key of addresses is handed to who reads and who forgets, as a secret, and where they stay as they are to nobody.
    for (const graph of all(stages)) {
      const holders = lambdas.filter(([name]) => ADDRESS_KEY in variablesOf(functionOf(graph, name)));
      const isHashed = environment(graph).settings.addresses === 'hashed';
      expect(holders.map(([name]) => name)).toEqual(isHashed ? ['transform', 'erase'] : []);
    }
    expect(variablesOf(functionOf(stages.existing(), 'transform'))[ADDRESS_KEY]).toBe(ADDRESS_KEY_SET);
    const kept = stages.existing().resources.filter(({ secrets }) => secrets.length > 0);
    expect(kept.map(({ name, secrets }) => [name, secrets])).toEqual([
      ['AddressKeyLinkRef', ['properties']],
      ['TransformFunction', ['environment']],
      ['EraseFunction', ['environment']],
    ]);
    // What is read anew are the template's data sets in memory, and the right to it goes as far.
    for (const graph of all(stages)) {
      const { dashboard } = environment(graph, 'rollup-days');
      const ids = dashboard?.dataSets.map((dataSet) => `${dashboard.id}-${dataSet}`) ?? [];
      expect(ids).toEqual(refreshedIn(graph));
      const granted = grantsOf(graph).filter(({ actions }) => actions.includes('quicksight:CreateIngestion'));
      expect(granted.map(({ who }) => who)).toEqual(dashboard ? ['role RollupDays'] : []);
      expect(granted.flatMap(({ resources }) => resources)).toEqual(
        dashboard?.dataSets.map((dataSet) => `{quicksight dataset/${dataSet}/ingestion/*}`) ?? [],
      );
    }
    expect(environment(stages.existing()).settings).toMatchObject({
      rawTemplate: 'events/{yyyy}/{MM}/{dd}/{HH}/',
      objectNameOffsetHours: 5.5,
      otherSources: [{ name: 'oregon', rawTemplate: 'ses/{yyyy}/{MM}/{dd}/{HH}/', objectNameOffsetHours: 0 }],
    });
    expect(environment(stages.existing()).otherRawBuckets).toEqual({
      oregon: { bucket: 'ses-events-of-ours', region: 'us-west-2' },
    });
    expect(environment(stages.production()).settings.tags[0]).toEqual(['newsletter', 'campaign_id']);
    expect(environment(stages.dev()).settings.rawTemplate).toBe('raw/{yyyy}/{MM}/{dd}/{HH}/');
  });

  test('logs are kept for as long as the config says', () => {
    const kept = (graph: Graph) =>
      new Set(ofType(graph, 'aws:cloudwatch/logGroup:LogGroup').map(({ inputs }) => at(inputs, 'retentionInDays')));
    expect(kept(stages.dev())).toEqual(new Set([30]));
    expect(kept(stages.production())).toEqual(new Set([365]));
    for (const [name] of lambdas) {
      const group = at(functionOf(stages.dev(), name), 'loggingConfig', 'logGroup');
      expect(group).toBe(`/aws/lambda/maillake-dev-${name}`);
    }
  });

  test('schedules call their functions at the declared times, try again, and give up into a queue', () => {
    for (const graph of all(stages)) {
      const declared = lambdas.flatMap(([name, { schedules = [] }]) =>
        schedules.map((schedule) => ({ ...schedule, function: name })),
      );
      const isOn = (name: string) =>
        graph !== stages.existing() && (name !== 'report' || graph === stages.production());
      expect(ofType(graph, SCHEDULE)).toHaveLength(declared.length);
      for (const { name, expression, event, function: called } of declared) {
        const made = ofType(graph, SCHEDULE).find(({ inputs }) =>
          textAt(inputs, 'name').endsWith(`-${graph.app.stage}-${name}`),
        );
        const own = graph === stages.production() ? OWN_TIMES[name] : undefined;
        expect(made?.inputs).toMatchObject({
          scheduleExpression: own ?? expression,
          scheduleExpressionTimezone: 'UTC',
          state: isOn(name) ? 'ENABLED' : 'DISABLED',
          target: {
            arn: arnOf(graph, 'lambda', `function:${graph.app.name}-${graph.app.stage}-${called}`),
            input: JSON.stringify(event),
            retryPolicy: { maximumRetryAttempts: 2 },
            deadLetterConfig: { arn: arnOf(graph, 'sqs', `${graph.app.name}-${graph.app.stage}-jobs-dead`) },
          },
        });
      }
      const failing = ofType(graph, 'aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig');
      expect(failing.map(({ inputs }) => at(inputs, 'functionName')).sort()).toEqual(
        [...new Set(declared.map((schedule) => `${graph.app.name}-${graph.app.stage}-${schedule.function}`))].sort(),
      );
      for (const { inputs } of failing) {
        expect(inputs).toMatchObject({ maximumRetryAttempts: 2, maximumEventAgeInSeconds: 3600 });
        const destination = arnOf(graph, 'sqs', `${graph.app.name}-${graph.app.stage}-jobs-dead`);
        expect(at(inputs, 'destinationConfig'), textAt(inputs, 'functionName')).toEqual(
          textAt(inputs, 'functionName').endsWith('-erase') ? undefined : { onFailure: { destination } },
        );
      }
    }
  });

  test('no call that may name persons lies in a queue once it has failed, nor may its function send it there', () => {
    // Who takes addresses says so in its declaration; schedules name nobody.
    const takers = lambdas.filter(([, { handler }]) => TAKES_ADDRESSES.test(sourceOf(handler))).map(([name]) => name);
    expect(takers).toEqual(['erase']);
    expect(lambdas.filter(([, { namesPersons }]) => namesPersons).map(([name]) => name)).toEqual(takers);
    for (const graph of all(stages)) {
      const senders = grantsOf(graph).filter(({ resources }) => resources.includes('{sqs jobs-dead}'));
      expect(senders.map(({ who }) => who)).toContain('role Settle');
      expect(senders.map(({ who }) => who)).not.toContain('role Erase');
    }
  });

  test('a message is out of sight for six times as long as its worker may take, and has enough receipts to be split', () => {
    for (const graph of all(stages)) {
      for (const queue of ['live', 'backfill', 'settle', 'rollup'] as const) {
        const inputs = queueOf(graph, queue);
        const workers = lambdas.filter(([, { queues = [] }]) => queues.some((one) => one.queue === queue));
        expect(workers).toHaveLength(1);
        expect(at(inputs, 'visibilityTimeoutSeconds')).toBe(6 * (workers[0]?.[1].timeoutSeconds ?? 0));
        const redrive: Json = JSON.parse(textAt(inputs, 'redrivePolicy'));
        expect(redrive).toEqual({
          deadLetterTargetArn: arnOf(graph, 'sqs', `${graph.app.name}-${graph.app.stage}-${queue}-dead`),
          maxReceiveCount: 5,
        });
      }
      expect(ofType(graph, QUEUE)).toHaveLength(9);
      for (const { inputs } of ofType(graph, QUEUE)) {
        expect(inputs).toMatchObject({
          sqsManagedSseEnabled: true,
          // A dead letter's days are counted from when the message was first sent.
          messageRetentionSeconds: (textAt(inputs, 'name').endsWith('-dead') ? 14 : 4) * 86_400,
          fifoQueue: false,
        });
      }
    }
  });

  test('a queue’s worker takes one message at a time, so many at once as declared, and says which failed', () => {
    for (const graph of all(stages)) {
      const made = ofType(graph, MAPPING).map(({ inputs, dependsOn }) => ({
        queue: textAt(inputs, 'eventSourceArn').replace(/.*-/, ''),
        worker: textAt(inputs, 'functionName').replace(new RegExp(`.*:${graph.app.name}-${graph.app.stage}-`), ''),
        batch: at(inputs, 'batchSize'),
        atOnce: at(inputs, 'scalingConfig', 'maximumConcurrency'),
        answers: listAt(inputs, 'functionResponseTypes'),
        afterRights: dependsOn.some((name) => name.endsWith('Policy')),
      }));
      const declared = lambdas.flatMap(([worker, { queues = [] }]) =>
        queues.map(({ queue, batchSize, maximumConcurrency }) => ({
          queue,
          worker,
          batch: batchSize,
          atOnce: (graph === stages.existing() ? FEW[queue] : undefined) ?? maximumConcurrency,
          answers: ['ReportBatchItemFailures'],
          afterRights: true,
        })),
      );
      const inOrder = <T extends { queue: string }>(list: readonly T[]): T[] =>
        list.toSorted((a, b) => (a.queue < b.queue ? -1 : 1));
      expect(inOrder(made)).toEqual(inOrder(declared));
      expect(made.every(({ atOnce }) => Number(atOnce) >= 2)).toBe(true);
    }
  });
}

/** In a handler's source: what an event is checked for. */
const TAKES_ADDRESSES = /\b(recipients?|address(es)?) ?[:=] z\./;
const sourceOf = (handler: string): string =>
  readFileSync(join(REPOSITORY, handler.replace(/\.handler$/, '.ts')), 'utf8');

/** As the configuration has it. */
const OWN_TIMES: Readonly<Record<string, string>> = { 'plan-tick': 'rate(15 minutes)', report: 'cron(30 5 ? * TUE *)' };
const FEW: Readonly<Record<string, number>> = { live: 3, backfill: 2 };

const regionOf = (graph: Graph): string => textAt(graph.outputs, 'alarms').split(':')[3] ?? '';
const arnOf = (graph: Graph, service: string, resource: string): string =>
  `arn:aws:${service}:${regionOf(graph)}:123456789012:${resource}`;

const queueOf = (graph: Graph, name: string): Json => {
  const logical = `${name[0]?.toUpperCase()}${name.slice(1)}QueueQueue`;
  return resourceOf(graph, QUEUE, logical).inputs;
};
