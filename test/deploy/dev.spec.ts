/** A stage that keeps nothing: deployed, deployed again, changed, changed back, beside another one, and removed. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LakeConfig } from '../../stacks/config.ts';
import { leftOf } from './left.ts';
import { type Checkout, done, madeAnew, named, openWorld, type World } from './world.ts';

/** The second stage reads a bucket that is there. */
const OURS = 'events-of-ours';
const LAKE: LakeConfig = {
  app: 'maillake',
  region: 'eu-west-1',
  stages: { test: { raw: { from: 'existing bucket', bucket: OURS, template: 'e/{yyyy}/{MM}/{dd}/{HH}/' } } },
};
let world: World;
let checkout: Checkout;
beforeAll(async () => {
  world = await openWorld((line) => console.log(line));
  await world.makeBucket(OURS);
  checkout = world.checkout(LAKE);
});
afterAll(() => world?.stop());

test('a first deployment makes everything, and says where it is', async () => {
  const { said, operations } = done(await checkout.sst('deploy', 'dev'));
  expect(named(operations, 'create').length).toBeGreaterThan(150);
  expect(operations.filter(({ operation }) => operation !== 'create')).toEqual([]);
  expect(said).toMatch(/database: maillake_dev/);
});

test('a second deployment changes nothing, nor does a refresh', async () => {
  expect(done(await checkout.sst('deploy', 'dev')).operations).toEqual([]);
  expect(done(await checkout.sst('refresh', 'dev')).operations).toEqual([]);
});

const CHANGED: LakeConfig = {
  ...LAKE,
  schedules: { at: { settle: 'cron(25 * * * ? *)' } },
  alarms: { freshnessMinutes: 90 },
  retention: { resultDays: 3 },
};
const CLICKS = 'functions/lake/tables/clicks.ts';
const VIEW = 'sql/marts/bounce_diagnostics.sql';
const EDITS = [
  [
    CLICKS,
    "    link_host: string('Host in ASCII (IDNA), lower case.', few),\n",
    "    link_host: string('Host in ASCII (IDNA), lower case.', few),\n    link_note: string('A note.', few),\n",
  ],
  [VIEW, "'<address>'", "'<mailbox>'"],
] as const;

test('a column, a view, a schedule, an alarm and a period that change are updates of what is there; and so back', async () => {
  checkout.configure(CHANGED);
  for (const [path, before, after] of EDITS) checkout.edit(path, before, after);
  const planned = done(await checkout.sst('diff', 'dev')).operations;
  const { operations } = done(await checkout.sst('deploy', 'dev'));
  const expected = [
    'BounceDiagnosticsView',
    'ClicksLiveTable',
    'ClicksSettledTable',
    'ClicksTable',
    'FreshnessAlarm',
    'ResultsLifecycle',
    'SettleScheduleSchedule',
  ];
  expect(named(planned, 'will update')).toEqual(expect.arrayContaining(expected));
  expect(named(operations, 'update')).toEqual(expect.arrayContaining(expected));
  for (const of of [planned, operations]) {
    expect(named(of, 'will replace')).toContain('BounceDiagnosticsQuery');
    expect(madeAnew(of)).toEqual([]);
  }
  checkout.configure(LAKE);
  for (const [path, before, after] of EDITS) checkout.edit(path, after, before);
  const back = done(await checkout.sst('deploy', 'dev')).operations;
  expect(named(back, 'update')).toEqual(named(operations, 'update'));
});

test('a second stage is made beside it, next to a bucket that is there, also where a saved query could not be read after it was made', async () => {
  const broken = await checkout.sst('deploy', 'test', { fault: 'DeliverabilityDailyQuery' });
  expect(broken.code).toBe(1);
  expect(broken.said).toContain('read failed');
  const { operations } = done(await checkout.sst('deploy', 'test'));
  expect(madeAnew(operations)).toEqual([]);
  expect(operations.filter(({ name }) => name.startsWith('DeliverabilityDailyQuery'))).toEqual([
    expect.objectContaining({ operation: 'create', name: 'DeliverabilityDailyQueryAgain' }),
    expect.objectContaining({ operation: 'delete', name: 'DeliverabilityDailyQuery' }),
  ]);
  expect(done(await checkout.sst('deploy', 'test')).operations).toEqual([]);
});

test('one that is removed leaves nothing behind, and the other one as it was', async () => {
  const before = await leftOf(world.account, 'maillake', 'test');
  expect(before.length).toBeGreaterThan(60);
  done(await checkout.sst('remove', 'dev'));
  expect(await leftOf(world.account, 'maillake', 'dev')).toEqual([]);
  expect(await leftOf(world.account, 'maillake', 'test')).toEqual(before);
  done(await checkout.sst('remove', 'test'));
  expect(await leftOf(world.account, 'maillake', 'test')).toEqual([]);
  expect(await leftOf(world.account, 'events', 'of')).toEqual([`s3 ${OURS}`]);
});
