import { expect, test } from 'vitest';
import {
  CLOUD_SETTINGS,
  type EnvironmentVariables,
  readEnvironment,
  settingsOfParameters,
  settingsParameter,
  VARIABLES,
} from '#aws/environment.ts';

const variables: EnvironmentVariables = {
  RAW_BUCKET: 'raw',
  OTHER_RAW_BUCKETS: '{}',
  LAKE_BUCKET: 'lake',
  REPORTS_BUCKET: 'reports',
  DATABASE: 'mail',
  WORKGROUP: 'settle',
  LIVE_QUEUE_URL: 'https://queue/live',
  BACKFILL_QUEUE_URL: 'https://queue/backfill',
  SETTLE_QUEUE_URL: 'https://queue/settle',
  ROLLUP_QUEUE_URL: 'https://queue/rollup',
  LAKE_VERSION: 'abc123',
  LAKE_SETTINGS: JSON.stringify(CLOUD_SETTINGS),
  ERASES_RAW: 'true',
  RETENTION: '{"rawDays":400,"days":{"quarantine":60}}',
  DASHBOARD: 'null',
  COPIES: 'null',
  REPORT: 'null',
  APP: 'maillake',
  STAGE: 'dev',
};

test('the variables that the stack sets are what the functions read', () => {
  expect(readEnvironment(variables)).toEqual({
    rawBucket: 'raw',
    otherRawBuckets: {},
    lakeBucket: 'lake',
    reportsBucket: 'reports',
    database: 'mail',
    workgroup: 'settle',
    queues: {
      live: 'https://queue/live',
      backfill: 'https://queue/backfill',
      settle: 'https://queue/settle',
      rollup: 'https://queue/rollup',
    },
    version: 'abc123',
    settings: CLOUD_SETTINGS,
    erasesRaw: true,
    retention: { rawDays: 400, days: { quarantine: 60 } },
    dashboard: null,
    copies: null,
    report: null,
    app: 'maillake',
    stage: 'dev',
  });
});

test('every variable that is missing is named, with what it means', () => {
  expect(() => readEnvironment({})).toThrow(/RAW_BUCKET \(bucket of the raw events\)/);
  for (const name of Object.keys(VARIABLES)) {
    expect(() => readEnvironment({ ...variables, [name]: '' }), name).toThrow(name);
  }
});

test('settings that are no JSON, lack something or have too much are refused', () => {
  const { parquet: _, ...lacking } = CLOUD_SETTINGS;
  for (const text of ['{', '{}', JSON.stringify(lacking), JSON.stringify({ ...CLOUD_SETTINGS, more: 1 })]) {
    expect(() => readEnvironment({ ...variables, LAKE_SETTINGS: text }), text).toThrow('LAKE_SETTINGS');
  }
});

test('a stage says its settings as a parameter of its database, also to another release', () => {
  const settings = { ...CLOUD_SETTINGS, dimensions: ['team'], rawTemplate: null };
  expect(settingsOfParameters(settingsParameter(settings))).toEqual(settings);
  expect(settingsOfParameters({ of: 'others' })).toEqual(CLOUD_SETTINGS);
  const older = { maillake_settings: '{"dimensions":["team"],"rawTemplate":null,"gone":1}' };
  expect(settingsOfParameters(older)).toEqual(settings);
  expect(() => settingsOfParameters({ maillake_settings: '{"dimensions":1}' })).toThrow('maillake_settings is wrong');
});

test('a dashboard is read with its data sets, and one that names none is refused', () => {
  const dashboard = { account: '123456789012', id: 'maillake-dev', dataSets: ['facts'], isRefreshedHourly: true };
  expect(readEnvironment({ ...variables, DASHBOARD: JSON.stringify(dashboard) }).dashboard).toEqual(dashboard);
  for (const text of ['{', '{}', JSON.stringify({ ...dashboard, dataSets: [] })]) {
    expect(() => readEnvironment({ ...variables, DASHBOARD: text }), text).toThrow('DASHBOARD');
  }
});

test('who gets the report is read, and a report that nobody gets is refused', () => {
  const report = { to: ['ann@example.com'], from: 'lake@example.com', days: 7 };
  expect(readEnvironment({ ...variables, REPORT: JSON.stringify(report) }).report).toEqual(report);
  for (const text of ['{', '{}', JSON.stringify({ ...report, to: [] })]) {
    expect(() => readEnvironment({ ...variables, REPORT: text }), text).toThrow('REPORT');
  }
});
