import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { config as shipped } from '../../maillake.config.ts';
import {
  ConfigError,
  configOf,
  hasCopies,
  isCopiedHourly,
  type LakeConfig,
  refuseOtherAccounts,
  refuseShortRetention,
  retentionOf,
  StageSchema,
  settingsOf,
} from '../../stacks/config.ts';
import { SCHEDULES } from '../../stacks/spec/lambdas.ts';

const LEAST: LakeConfig = { app: 'maillake', region: 'eu-west-1' };

test('the file that is shipped can be deployed as it is', () => {
  for (const stage of ['dev', 'production', 'pr-12']) expect(configOf(shipped, stage).raw.from).toBe('new bucket');
});

test('name and region are enough: everything else has a default', () => {
  expect(configOf(LEAST, 'dev')).toEqual({
    region: 'eu-west-1',
    raw: { from: 'new bucket', archiveAfterDays: null, buffer: { seconds: 300, megabytes: 64 } },
    otherRaw: [],
    ses: {
      configurationSet: 'new',
      events: expect.arrayContaining(['SEND', 'DELIVERY', 'BOUNCE', 'COMPLAINT', 'OPEN', 'CLICK', 'SUBSCRIPTION']),
    },
    tags: {},
    dimensions: [],
    analysts: { principals: [], withoutPersons: false, refreshAfter: 'each rollup' },
    dashboards: null,
    report: null,
    headerCarriers: ['send'],
    parquet: 'best',
    addresses: 'plain',
    erasures: false,
    attributionDays: null,
    reportTimeZone: null,
    schedules: { enabled: true, at: {} },
    atOnce: {},
    retention: {
      rawDays: null,
      days: {},
      quarantineDays: 90,
      resultDays: 7,
      graceDays: 14,
      reportDays: 400,
      logDays: 30,
    },
    kmsKeyArn: null,
    formerKmsKeyArns: [],
    alarms: { email: null, quarantineShare: 0.05, freshnessMinutes: 60, silentMinutes: 120 },
    alerts: { email: null, enabled: true },
    queryGigabytes: 100,
    keepsData: false,
  });
  expect(configOf(LEAST, 'production').keepsData).toBe(true);
});

test('stacks/README.md says of every option what it is, and what happens when it is changed', () => {
  const readme = readFileSync(new URL('../../stacks/README.md', import.meta.url), 'utf8');
  const tables = ['| Option | Says | Default |', '| Option | A change |'].map((head) => {
    const [rows = ''] = readme.slice(readme.indexOf(head)).split('\n\n');
    const firsts = rows.split('\n').map((row) => row.split('|')[1] ?? '');
    return new Set(firsts.join().match(/(?<=`)[a-zA-Z]+(?=[`.])/g));
  });
  // A config file says further sources in `raw`.
  const options = Object.keys(StageSchema.shape).filter((option) => option !== 'otherRaw');
  const said = (table: Set<string> | undefined) => options.filter((option) => !table?.has(option));
  // The first one is in README's own example.
  expect(tables.map(said)).toEqual([['region'], []]);
});

test('a stage lays its sections over those for all, key by key, and takes the place of lists and of the raw source', () => {
  const lake: LakeConfig = {
    ...LEAST,
    alarms: { email: 'all@example.com', quarantineShare: 0.2 },
    headerCarriers: ['delivered'],
    raw: { from: 'new bucket', archiveAfterDays: 60 },
    stages: {
      production: {
        region: 'us-east-1',
        alarms: { email: 'ops@example.com' },
        headerCarriers: ['send'],
        raw: { from: 'existing bucket', bucket: 'ours', template: null },
      },
      test: { keepsData: true },
    },
  };
  const production = configOf(lake, 'production');
  expect(production.region).toBe('us-east-1');
  expect(production.alarms).toEqual({
    email: 'ops@example.com',
    quarantineShare: 0.2,
    freshnessMinutes: 60,
    silentMinutes: 120,
  });
  expect(production.headerCarriers).toEqual(['send']);
  expect(production.raw).toEqual({
    from: 'existing bucket',
    bucket: 'ours',
    template: null,
    timeZone: 'UTC',
    kmsKeyArn: null,
  });
  expect(configOf(lake, 'dev').alarms.email).toBe('all@example.com');
  expect(configOf(lake, 'test').keepsData).toBe(true);
  // A name that every object has is no stage.
  expect(configOf(lake, 'constructor').region).toBe('eu-west-1');
});

test('settings of the functions: the user’s tags first, the layout of the bucket, its clock', () => {
  const settings = settingsOf(
    configOf(
      {
        ...LEAST,
        tags: { newsletter: 'campaign_id', campaign: 'journey_id' },
        parquet: 'compatible',
        raw: { from: 'existing bucket', bucket: 'ours', template: 'e/{yyyy}/{MM}/{dd}/', timeZone: 'Asia/Kathmandu' },
      },
      'dev',
    ),
  );
  expect(settings.tags.slice(0, 3)).toEqual([
    ['newsletter', 'campaign_id'],
    ['campaign', 'journey_id'],
    ['campaign_id', 'campaign_id'],
  ]);
  expect(settings.tags.filter(([tag]) => tag === 'campaign')).toHaveLength(1);
  expect(settings).toMatchObject({
    rawTemplate: 'e/{yyyy}/{MM}/{dd}/',
    objectNameOffsetHours: 5.75,
    parquet: 'compatible',
    limits: DEFAULT_SETTINGS.limits,
  });
});

test('further sources have names, layouts and clocks of their own, and a stage may have fewer', () => {
  const history = { from: 'existing bucket', name: 'pinpoint', bucket: 'history', template: null } as const;
  const lake: LakeConfig = {
    ...LEAST,
    raw: [
      { from: 'new bucket' },
      history,
      {
        ...history,
        name: 'oregon',
        bucket: 'west',
        region: 'us-west-2',
        template: 'e/{yyyy}/{MM}/{dd}/',
        timeZone: 'Asia/Tokyo',
      },
    ],
    stages: { dev: { raw: { from: 'new bucket' } } },
  };
  expect(settingsOf(configOf(lake, 'production'))).toMatchObject({
    rawTemplate: 'raw/{yyyy}/{MM}/{dd}/{HH}/',
    otherSources: [
      { name: 'pinpoint', rawTemplate: null, objectNameOffsetHours: 0 },
      { name: 'oregon', rawTemplate: 'e/{yyyy}/{MM}/{dd}/', objectNameOffsetHours: 9 },
    ],
  });
  expect(configOf(lake, 'production').ses).not.toBeNull();
  expect(configOf(lake, 'dev').otherRaw).toEqual([]);
  const refused = (...raw: unknown[]) => expect(() => configOf(fromFile(JSON.stringify({ ...LEAST, raw })), 'dev'));
  refused(history, history).toThrow(/Unrecognized key: "name"[\s\S]*at raw/);
  refused({ from: 'new bucket' }, history, history).toThrow(/names a source twice[\s\S]*at raw/);
  refused({ from: 'new bucket' }, { ...history, name: 'A B' }).toThrow(/is no name of a source[\s\S]*at raw\[1\].name/);
  refused({ from: 'new bucket' }, history, { ...history, name: 'again' }).toThrow(
    /two sources hold the same objects of history/,
  );
  const key = 'arn:aws:kms:eu-west-1:123456789012:key/1';
  refused({ from: 'new bucket' }, { ...history, region: 'us-west-2', kmsKeyArn: key }).toThrow(
    /raw\[1\].kmsKeyArn: is in another region than the bucket \(us-west-2\)/,
  );
});

test('with a bucket that is there SES is left alone, unless the config asks for it, which can’t be', () => {
  const raw = { from: 'existing bucket', bucket: 'ours', template: null } as const;
  expect(configOf({ ...LEAST, raw }, 'dev').ses).toBeNull();
  expect(() => configOf({ ...LEAST, raw, ses: { configurationSet: 'x' } }, 'dev')).toThrow(
    /ses: needs raw: .*new bucket/,
  );
});

test('every declared schedule, and others of its kind, may be said', () => {
  const others = ['rate(1 minute)', 'rate(15 minutes)', 'cron(0/15 8-18 ? * MON-FRI *)', 'cron(30 2 1 * ? *)'] as const;
  for (const expression of [...SCHEDULES.map((schedule) => schedule.expression), ...others]) {
    const lake: LakeConfig = { ...LEAST, schedules: { at: { settle: expression } } };
    expect(configOf(lake, 'dev').schedules.at.settle).toBe(expression);
  }
});

test('a retention says days by table, and is refused where a table is needed for longer', () => {
  const days = { events: 730, headers: 730, clicks: 730, recipient_messages: null };
  const config = configOf({ ...LEAST, retention: { rawDays: 800, days } }, 'dev');
  expect(retentionOf(config)).toEqual({ rawDays: 800, days });
  expect(retentionOf(configOf(LEAST, 'dev'))).toEqual({});
  refuseShortRetention(config, 'dev', 365);
  expect(() => refuseShortRetention(config, 'dev', 721)).toThrow(
    /wrong for stage dev:\n {2}retention.days.events: 730 days are too few, it is needed for 731/,
  );
});

test('who may see no persons is an analyst or a reader of the dashboard, and their copies are made when one of them wants it', () => {
  const role = (name: string): string => `arn:aws:iam::123456789012:role/${name}`;
  const of = (options: Partial<LakeConfig>): [boolean, boolean] => {
    const config = configOf({ ...LEAST, ...options }, 'dev');
    return [hasCopies(config), isCopiedHourly(config)];
  };
  const owners = ['arn:aws:quicksight:us-east-1:123456789012:user/default/ann'];
  const nightly = { refreshAfter: 'nightly rollup' } as const;
  expect(of({})).toEqual([false, false]);
  expect(of({ analysts: { withoutPersons: true } })).toEqual([true, true]);
  expect(of({ analysts: { principals: [{ principal: role('a') }], ...nightly } })).toEqual([true, false]);
  expect(of({ analysts: { principals: [{ principal: role('a'), persons: true }] } })).toEqual([false, false]);
  expect(of({ dashboards: { owners, persons: true } })).toEqual([false, false]);
  expect(of({ dashboards: { owners, ...nightly } })).toEqual([true, false]);
  expect(of({ dashboards: { owners, ...nightly }, analysts: { withoutPersons: true } })).toEqual([true, true]);
  const config = configOf({ ...LEAST, analysts: { principals: [{ principal: role('a') }] } }, 'dev');
  refuseOtherAccounts(config, 'dev', '123456789012');
  expect(() => refuseOtherAccounts(config, 'dev', '210987654321')).toThrow(
    /wrong for stage dev:\n {2}analysts.principals: a role of another account than the stage's \(210987654321\): arn:/,
  );
});

/** The file may be changed by people whose editor checks no types. */
const fromFile = (text: string): LakeConfig => z.custom<LakeConfig>().parse(JSON.parse(text));

test.each([
  ['{"app":"Mail Lake","region":"eu-west-1"}', /app: lower-case letters/],
  ['{"app":"m","region":"Ireland"}', /is no region, such as eu-west-1[\s\S]*at region/],
  ['{"app":"m","region":"eu-west-1","retentoin":{}}', /Unrecognized key: "retentoin"/],
  ['{"app":"m","region":"eu-west-1","retention":{"quarantineDays":7}}', />=30[\s\S]*at retention.quarantineDays/],
  ['{"app":"m","region":"eu-west-1","retention":{"logDays":31}}', /at retention.logDays/],
  ['{"app":"m","region":"eu-west-1","retention":{"rawDays":-1}}', />0[\s\S]*at retention.rawDays/],
  [
    '{"app":"m","region":"eu-west-1","retention":{"days":{"events":730}}}',
    /not of each of events, headers, clicks and recipient_messages[\s\S]*at retention.days/,
  ],
  ['{"app":"m","region":"eu-west-1","retention":{"days":{"units":90}}}', /"units"[\s\S]*at retention.days/],
  [
    '{"app":"m","region":"eu-west-1","retention":{"days":{"quarantine":91}}}',
    /retention.days.quarantine: quarantineDays \(90\) removes what was rejected first/,
  ],
  [
    '{"app":"m","region":"eu-west-1","retention":{"rawDays":90},"raw":{"from":"new bucket","archiveAfterDays":90}}',
    /retention.rawDays: 90 days are over before raw.archiveAfterDays \(90\) is/,
  ],
  ['{"app":"m","region":"eu-west-1","kmsKeyArn":"alias/ours"}', /is not the ARN of a KMS key[\s\S]*at kmsKeyArn/],
  ['{"app":"m","region":"eu-west-1","alarms":{"email":"ops"}}', /is no e-mail address[\s\S]*at alarms.email/],
  ['{"app":"m","region":"eu-west-1","schedules":{"at":{"settle":"every hour"}}}', /is no schedule: rate\(5 minutes\)/],
  [
    '{"app":"m","region":"eu-west-1","schedules":{"at":{"planTick":"rate(1 hour)"}}}',
    /Unrecognized key: "planTick"[\s\S]*at schedules.at/,
  ],
  [
    '{"app":"m","region":"eu-west-1","schedules":{"at":{"settle":"rate(5)"}}}',
    /is no schedule[\s\S]*at schedules.at.settle/,
  ],
  ['{"app":"m","region":"eu-west-1","schedules":{"at":{"audit":"cron(5 6 * * *)"}}}', /is no schedule/],
  ['{"app":"m","region":"eu-west-1","schedules":{"at":{"audit":"cron(5 6 * * * *)"}}}', /is no schedule/],
  [
    '{"app":"m","region":"eu-west-1","kmsKeyArn":"arn:aws:kms:eu-central-1:123456789012:key/1"}',
    /kmsKeyArn: is in another region than the stage \(eu-west-1\)/,
  ],
  [
    '{"app":"m","region":"eu-west-1","raw":{"from":"existing bucket","bucket":"ours","template":null,"kmsKeyArn":"arn:aws:kms:us-east-1:123456789012:key/1"}}',
    /raw.kmsKeyArn: is in another region/,
  ],
  ['{"app":"m","region":"eu-west-1","report":{"to":[],"from":"a@b.example"}}', /at report.to/],
  [
    '{"app":"m","region":"eu-west-1","analysts":{"principals":[{"principal":"ann"}]}}',
    /is not the ARN of a role [\s\S]*at analysts.principals\[0\].principal/,
  ],
  [
    '{"app":"m","region":"eu-west-1","analysts":{"principals":[{"principal":"arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/x"}]}}',
    /for users, groups and permission sets say withoutPersons: true/,
  ],
  [
    '{"app":"m","region":"eu-west-1","analysts":{"principals":[{"principal":"arn:aws:iam::123456789012:role/a"},{"principal":"arn:aws:iam::123456789012:role/a","persons":true}]}}',
    /name a role twice[\s\S]*at analysts.principals/,
  ],
  ['{"app":"m","region":"eu-west-1","analysts":{"refreshAfter":"noon"}}', /at analysts.refreshAfter/],
  [
    '{"app":"m","region":"eu-west-1","report":{"to":["ann"],"from":"a@b.example"}}',
    /is no e-mail address[\s\S]*at report.to\[0\]/,
  ],
  ['{"app":"m","region":"eu-west-1","report":{"to":["a@b.example"]}}', /at report.from/],
  [
    JSON.stringify({ ...LEAST, report: { to: Array(19).fill('a@b.example'), from: 'a@b.example' } }),
    /are more than 200 characters: use the address of a list[\s\S]*at report.to/,
  ],
  [
    '{"app":"m","region":"eu-west-1","report":{"to":["a@b.example"],"from":"a@b.example","at":"monday"}}',
    /is no schedule[\s\S]*at report.at/,
  ],
  ['{"app":"m","region":"eu-west-1","report":{"to":["a@b.example"],"from":"a@b.example","days":0}}', /at report.days/],
  [
    '{"app":"m","region":"eu-west-1","schedules":{"at":{"report":"rate(7 days)"}}}',
    /Unrecognized key: "report"[\s\S]*at schedules.at/,
  ],
  ['{"app":"m","region":"eu-west-1","reportTimeZone":"Berlin"}', /is no time zone, such as Europe\/Berlin/],
  ['{"app":"m","region":"eu-west-1","ses":{"events":["SENT"]}}', /at ses.events\[0\]/],
  ['{"app":"m","region":"eu-west-1","tags":{"x":"campaign"}}', /at tags.x/],
  [
    '{"app":"m","region":"eu-west-1","raw":{"from":"existing bucket","bucket":"ours","template":"e/{MM}/{yyyy}/"}}',
    /must name \{yyyy\}, \{MM\} and \{dd\}, in this order[\s\S]*at raw.template/,
  ],
  [
    '{"app":"m","region":"eu-west-1","raw":{"from":"existing bucket","bucket":"ours","template":null,"timeZone":"Mars/Olympus"}}',
    /no time zone[\s\S]*at raw.timeZone/,
  ],
])('a wrong config says where and what: %s', (text, message) => {
  expect(() => configOf(fromFile(text), 'dev')).toThrow(ConfigError);
  expect(() => configOf(fromFile(text), 'dev')).toThrow(message);
  expect(() => configOf(fromFile(text), 'dev')).toThrow(/maillake.config.ts is wrong for stage dev/);
});

test('a Firehose may have a time zone with summer time: its folders are known by the zone', () => {
  const text =
    '{"app":"m","region":"eu-west-1","raw":{"from":"existing bucket","bucket":"ours","timeZone":"Europe/Berlin","template":"e/{yyyy}/{MM}/{dd}/{HH}/"}}';
  expect(settingsOf(configOf(fromFile(text), 'dev'))).toMatchObject({
    rawTemplate: 'e/{yyyy}/{MM}/{dd}/{HH}/',
    objectNameOffsetHours: 'Europe/Berlin',
  });
});
