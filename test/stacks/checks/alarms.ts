/** Checks alarms and dashboard of an evaluated stage. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FIGURES, METRICS_NAMESPACE } from '#aws/metrics.ts';
import { LAMBDAS } from '../../../stacks/spec/lambdas.ts';
import { at, type Graph, type Json, listAt, ofType, textAt } from '../graph.ts';
import { REPOSITORY } from '../platform.ts';
import { physicalName } from '../statements.ts';
import { all, type Stages } from './stages.ts';

const ALARM = 'aws:cloudwatch/metricAlarm:MetricAlarm';

interface Watched {
  namespace: string;
  metric: string;
  dimensions: Record<string, string>;
}

const dimensionsOf = (value: Json): Record<string, string> =>
  Object.fromEntries(
    Object.entries(typeof value === 'object' ? (value ?? {}) : {}).map(([key, text]) => [key, String(text)]),
  );

/** The metrics that an alarm looks at. */
function watchedBy(inputs: Json): Watched[] {
  const queries = at(inputs, 'metricQueries');
  const metrics = Array.isArray(queries) ? queries.flatMap((query) => at(query, 'metric') ?? []) : [inputs];
  return metrics.map((metric) => ({
    namespace: textAt(metric, 'namespace'),
    metric: textAt(metric, 'metricName'),
    dimensions: dimensionsOf(at(metric, 'dimensions')),
  }));
}

/** `<service> <metric>` of all that the handlers send, as their sources say it. */
function sent(): Set<string> {
  const found = new Set<string>();
  for (const { handler } of Object.values(LAMBDAS)) {
    const source = readFileSync(join(REPOSITORY, handler.replace(/\.handler$/, '.ts')), 'utf8');
    const [, service = ''] = /observed\('([^']+)'/.exec(source) ?? [];
    // Of `count(a ? 'X' : 'Y', …)` both.
    for (const [call] of source.matchAll(/\bcount\([^;]*?;/g)) {
      for (const [, name = ''] of call.matchAll(/'([A-Z]\w+)'/g)) found.add(`${service} ${name}`);
    }
    found.add(`${service} Failures`);
  }
  return found;
}

export function alarmChecks(stages: Stages): void {
  const ours = (watched: readonly Watched[]) => watched.filter(({ namespace }) => namespace === METRICS_NAMESPACE);
  const isThere = (graph: Graph, { dimensions }: Watched): boolean =>
    Object.values(dimensions).every((name) => graph.resources.some((resource) => physicalName(resource) === name));

  test('are on metrics that the functions send, by step and stage, or on those of resources of this stage', () => {
    const known = sent();
    expect(known.size).toBeGreaterThan(30);
    for (const graph of all(stages)) {
      const watched = ofType(graph, ALARM).flatMap(({ inputs }) => watchedBy(inputs));
      for (const { metric, dimensions } of ours(watched)) {
        expect(known).toContain(`${dimensions.service} ${metric}`);
        expect(dimensions).toEqual({ app: graph.app.name, service: dimensions.service, stage: graph.app.stage });
      }
      for (const one of watched.filter(({ namespace }) => namespace !== METRICS_NAMESPACE)) {
        expect(isThere(graph, one), JSON.stringify(one)).toBe(true);
      }
    }
  });

  test('there is one for every metric that calls for one, and for every function that runs by itself', () => {
    const watched = ofType(stages.dev(), ALARM).flatMap(({ inputs }) => watchedBy(inputs));
    const calling = Object.entries(FIGURES).flatMap(([name, { sent }]) => (sent === 'log' ? [] : [name]));
    expect(calling.length).toBeGreaterThan(5);
    for (const name of calling) expect(ours(watched).map(({ metric }) => metric)).toContain(name);
    const failing = watched.flatMap(({ metric, dimensions }) => (metric === 'Errors' ? [dimensions.FunctionName] : []));
    expect(failing).toEqual(
      [
        'plan',
        'settle',
        'settle-day',
        'rollup',
        'rollup-days',
        'watch',
        'audit',
        'collect',
        'rebuild',
        'erase',
        'transform',
      ].map((name) => `maillake-dev-${name}`),
    );
  });

  test('say when, and what is to be done', () => {
    const rows = ofType(stages.dev(), ALARM).map(({ inputs }) => [
      textAt(inputs, 'name').replace('maillake-dev-', ''),
      `${lookedAt(inputs)} ${SIGNS[textAt(inputs, 'comparisonOperator')]} ${at(inputs, 'threshold')} for ${at(inputs, 'evaluationPeriods')} × ${periodOf(inputs)} s${SILENCE[textAt(inputs, 'treatMissingData')]}`,
    ]);
    expect(Object.fromEntries(rows)).toMatchInlineSnapshot(`
      {
        "audit-fails": "Errors > 0 for 1 × 3600 s, until it says otherwise",
        "audit-silent": "Invocations < 1 for 26 × 3600 s, or silence",
        "backfill-stands": "IF(FILL(ApproximateNumberOfMessagesVisible, 0) > 0 AND FILL(NumberOfMessagesDeleted, 0) == 0, 1, 0) > 0 for 3 × 3600 s",
        "changed-objects": "FILL(ChangedObjects, 0) + FILL(ChangedObjects, 0) > 0 for 1 × 3600 s",
        "collect-fails": "Errors > 0 for 1 × 3600 s, until it says otherwise",
        "collect-silent": "Invocations < 1 for 26 × 3600 s, or silence",
        "dead-letters-backfill": "ApproximateNumberOfMessagesVisible > 0 for 1 × 300 s",
        "dead-letters-jobs": "ApproximateNumberOfMessagesVisible > 0 for 1 × 300 s",
        "dead-letters-live": "ApproximateNumberOfMessagesVisible > 0 for 1 × 300 s",
        "dead-letters-rollup": "ApproximateNumberOfMessagesVisible > 0 for 1 × 300 s",
        "dead-letters-settle": "ApproximateNumberOfMessagesVisible > 0 for 1 × 300 s",
        "denied-units": "DeniedUnits > 0 for 1 × 3600 s",
        "drift": "Drifts > 0 for 1 × 3600 s, until it says otherwise",
        "erase-fails": "Errors > 0 for 1 × 3600 s, until it says otherwise",
        "failed-days": "FILL(FailedDays, 0) + FILL(FailedDays, 0) > 0 for 1 × 3600 s",
        "firehose-fails": "DeliveryToS3.Success < 1 for 1 × 3600 s",
        "firehose-late": "DeliveryToS3.DataFreshness > 3600 for 1 × 3600 s",
        "freshness": "LagSeconds > 3600 for 2 × 1800 s",
        "missing-objects": "MissingObjects > 0 for 1 × 3600 s",
        "nothing-planned": "IF(FILL(IncomingRecords, 0) > 0 AND FILL(PlannedObjects, 0) == 0, 1, 0) > 0 for 2 × 3600 s",
        "open-unit": "OldestOpenUnitSeconds > 3600 for 1 × 3600 s, until it says otherwise",
        "plan-fails": "Errors > 0 for 1 × 3600 s, until it says otherwise",
        "plan-silent": "Invocations < 1 for 6 × 300 s, or silence",
        "poison-objects": "PoisonObjects > 0 for 1 × 3600 s",
        "quarantine-share": "IF(Records >= 100, QuarantinedRecords / Records, 0) > 0.05 for 1 × 3600 s",
        "rebuild-fails": "Errors > 0 for 1 × 3600 s, until it says otherwise",
        "rollup-days-fails": "Errors > 0 for 1 × 3600 s, until it says otherwise",
        "rollup-fails": "Errors > 0 for 1 × 3600 s, until it says otherwise",
        "rollup-silent": "Invocations < 1 for 3 × 3600 s, or silence",
        "settle-day-fails": "Errors > 0 for 1 × 3600 s, until it says otherwise",
        "settle-fails": "Errors > 0 for 1 × 3600 s, until it says otherwise",
        "settle-silent": "Invocations < 1 for 3 × 3600 s, or silence",
        "source-silent": "IncomingRecords < 1 for 24 × 300 s, or silence",
        "split-units": "SplitUnits > 0 for 1 × 3600 s",
        "transform-fails": "IF(Invocations >= 3, Errors / Invocations, 0) > 0.5 for 1 × 900 s",
        "watch-fails": "Errors > 0 for 1 × 3600 s, until it says otherwise",
        "watch-silent": "Invocations < 1 for 3 × 3600 s, or silence",
      }
    `);
    for (const { inputs } of ofType(stages.dev(), ALARM)) expect(textAt(inputs, 'alarmDescription')).toMatch(/: |\. /);
  });

  test('take their thresholds from the config', () => {
    const thresholdOf = (name: string): Json =>
      at(ofType(stages.production(), ALARM).find((alarm) => alarm.name === name)?.inputs, 'threshold');
    expect(thresholdOf('QuarantineShareAlarm')).toBe(0.01);
    expect(thresholdOf('FreshnessAlarm')).toBe(30 * 60);
  });

  test('of several metrics say one result, of an expression over just these', () => {
    const several = ofType(stages.dev(), ALARM).filter(({ inputs }) => at(inputs, 'metricQueries') !== undefined);
    expect(several.map(({ name }) => name).sort()).toEqual([
      'BackfillStandsAlarm',
      'ChangedObjectsAlarm',
      'FailedDaysAlarm',
      'NothingPlannedAlarm',
      'QuarantineShareAlarm',
      'TransformFailsAlarm',
    ]);
    for (const { inputs } of several) {
      const queries = listAt(inputs, 'metricQueries');
      const [result, ...others] = queries.filter((query) => at(query, 'returnData') === true);
      expect(others).toEqual([]);
      const ids = queries.filter((query) => query !== result).map((query) => textAt(query, 'id'));
      // Functions of metric math are in capitals.
      expect([...new Set(textAt(result, 'expression').match(/\b[a-z]\w*/g))].sort()).toEqual(ids.sort());
    }
  });

  test('tell the topic, and it the address of the config', () => {
    for (const graph of all(stages)) {
      const topic = at(graph.outputs, 'alarms');
      for (const { inputs } of ofType(graph, ALARM)) {
        expect(at(inputs, 'alarmActions')).toEqual([topic]);
        expect(at(inputs, 'okActions')).toEqual([topic]);
      }
    }
    const mails = (graph: Graph) =>
      ofType(graph, 'aws:sns/topicSubscription:TopicSubscription').map(({ inputs }) => at(inputs, 'endpoint'));
    expect(mails(stages.production())).toEqual(['ops@example.com']);
    expect(mails(stages.dev())).toEqual([]);
  });

  test('of silence there are none where nothing runs by itself, and those for times of the user’s own fit these', () => {
    const silent = (graph: Graph) =>
      ofType(graph, ALARM)
        .map(({ inputs }) => textAt(inputs, 'name'))
        .filter((name) => name.endsWith('-silent'))
        .sort();
    expect(silent(stages.dev())).toEqual(SILENT.map((name) => `maillake-dev-${name}-silent`));
    expect(silent(stages.production())).toEqual([...SILENT].map((name) => `maillake-production-${name}-silent`));
    // Every 15 minutes, as its config says, in place of every 5.
    const [planner] = ofType(stages.production(), ALARM).filter(({ name }) => name === 'PlanSilentAlarm');
    expect(at(planner?.inputs, 'alarmDescription')).toContain('has not been called for 90 minutes');
    expect(silent(stages.existing())).toEqual([]);
  });

  test('the dashboard shows metrics that are sent, of resources that are there, and all alarms', () => {
    const known = sent();
    for (const graph of all(stages)) {
      const [dashboard] = ofType(graph, 'aws:cloudwatch/dashboard:Dashboard');
      const body: Json = JSON.parse(textAt(dashboard?.inputs, 'dashboardBody'));
      const [alarms, ...charts] = listAt(body, 'widgets');
      expect(listAt(alarms, 'properties', 'alarms')).toHaveLength(ofType(graph, ALARM).length);
      expect(charts.length).toBeGreaterThan(8);
      const [logs, metrics] = [
        charts.filter((one) => at(one, 'type') === 'log'),
        charts.filter((one) => at(one, 'type') === 'metric'),
      ];
      expect(logs.length + metrics.length).toBe(charts.length);
      for (const chart of logs) {
        const query = textAt(chart, 'properties', 'query');
        const [, name = ''] = /^SOURCE '\/aws\/lambda\/([^']+)'/.exec(query) ?? [];
        const lambda = graph.resources.find((resource) => physicalName(resource) === name);
        expect(lambda, query).toBeDefined();
        const service = name.replace(`${graph.app.name}-${graph.app.stage}-`, '');
        for (const [, figure = ''] of query.matchAll(/figures\.(\w+)/g))
          expect(known).toContain(`${service} ${figure}`);
      }
      for (const chart of metrics) {
        for (const line of listAt(chart, 'properties', 'metrics')) {
          const words = Array.isArray(line) ? line.slice(0, -1).map(String) : [];
          const [namespace = '', metric = '', ...pairs] = words;
          const dimensions = Object.fromEntries(
            pairs.flatMap((word, i) => (i % 2 ? [] : [[word, pairs[i + 1] ?? '']])),
          );
          if (namespace === METRICS_NAMESPACE) expect(known).toContain(`${dimensions.service} ${metric}`);
          else expect(isThere(graph, { namespace, metric, dimensions }), words.join(' ')).toBe(true);
        }
      }
    }
  });
}

const SILENT = ['audit', 'collect', 'plan', 'rollup', 'settle', 'source', 'watch'];

/** A metric, or an expression with the metrics' own names. */
function lookedAt(inputs: Json): string {
  const queries = at(inputs, 'metricQueries');
  if (!Array.isArray(queries)) return textAt(inputs, 'metricName');
  const names = new Map(queries.map((query) => [at(query, 'id'), at(query, 'metric', 'metricName')]));
  const expression = queries.map((query) => at(query, 'expression')).find((text) => typeof text === 'string');
  return String(expression).replace(/\b[a-z]\b/g, (id) => String(names.get(id)));
}

const SILENCE: Readonly<Record<string, string>> = {
  breaching: ', or silence',
  notBreaching: '',
  ignore: ', until it says otherwise',
};

const SIGNS: Readonly<Record<string, string>> = {
  GreaterThanThreshold: '>',
  GreaterThanOrEqualToThreshold: '≥',
  LessThanThreshold: '<',
};

const periodOf = (inputs: Json): Json => at(inputs, 'period') ?? at(inputs, 'metricQueries', 0, 'metric', 'period');
