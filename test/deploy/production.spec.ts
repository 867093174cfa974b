/** A stage that keeps its data: it can't be removed by accident, goes back and forth between releases, and changes its mind. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LakeConfig } from '../../stacks/config.ts';
import { leftOf } from './left.ts';
import { type Checkout, done, lasting, madeAnew, named, openWorld, type World } from './world.ts';

const LAKE: LakeConfig = { app: 'maillake', region: 'eu-west-1' };
const withProduction = (production: Partial<LakeConfig>): LakeConfig => ({ ...LAKE, stages: { production } });
let world: World;
let newer: Checkout;
let older: Checkout;
beforeAll(async () => {
  world = await openWorld((line) => console.log(line));
  newer = world.checkout(LAKE);
  older = world.checkout(LAKE);
  // A release that has neither the table of clicks by place nor a mart.
  older.edit(
    'stacks/spec/glue-tables.ts',
    'liveTable(table, bucket), settledTable(table, bucket)])',
    "liveTable(table, bucket), settledTable(table, bucket)]).filter(({ Name }) => Name !== 'clicks_settled')",
  );
});
afterAll(() => world?.stop());

const glueTable = (name: string) =>
  world.account.ask({
    service: 'glue',
    operation: 'GetTable',
    input: { DatabaseName: 'maillake_production', Name: name },
  });

test('upgrade, rollback, upgrade: a table that the newer release has brought stays, and is taken over again', async () => {
  done(await older.sst('deploy', 'production'));
  expect(await glueTable('clicks_settled')).toBeNull();
  done(await newer.sst('deploy', 'production'));
  expect(await glueTable('clicks_settled')).not.toBeNull();
  const rolledBack = done(await older.sst('deploy', 'production'));
  expect(named(rolledBack.operations, 'delete').filter((name) => /Table$|Bucket$|Database$/.test(name))).toEqual([]);
  expect(await glueTable('clicks_settled')).not.toBeNull();
  const again = done(await newer.sst('deploy', 'production'));
  expect(again.said).toContain('takenOver: 1 resources');
  expect(
    done(await newer.sst('deploy', 'production')).operations.filter(({ operation }) => operation !== 'update'),
  ).toEqual([]);
});

test('what would break it is refused in words, before anything is changed', async () => {
  const refusals: [LakeConfig, RegExp][] = [
    [
      withProduction({ raw: { from: 'existing bucket', bucket: 'events-of-ours', template: null } }),
      /raw: this lake was made from maillake-production-raw-.*can't read events-of-ours/,
    ],
    [withProduction({ region: 'us-east-1' }), /region: is eu-west-1/],
  ];
  for (const [config, words] of refusals) {
    newer.configure(config);
    const refused = await newer.sst('deploy', 'production');
    expect(refused.code).toBe(1);
    expect(refused.said).toMatch(words);
    expect(refused.operations).toEqual([]);
  }
  newer.configure(LAKE);
  const removal = await newer.sst('remove', 'production');
  expect(removal.code).toBe(1);
  expect(removal.operations).toEqual([]);
});

test('a configuration set of the user’s is added, and the one that was made goes on', async () => {
  await world.account.send({
    service: 'sesv2',
    operation: 'CreateConfigurationSet',
    input: { ConfigurationSetName: 'ours' },
  });
  newer.configure(withProduction({ ses: { configurationSet: 'ours' } }));
  const { operations, said } = done(await newer.sst('deploy', 'production'));
  expect(lasting(named(operations, 'create'))).toEqual(['OwnSesEvents']);
  expect(lasting(named(operations, 'delete'))).toEqual([]);
  expect(madeAnew(operations)).toEqual([]);
  expect(said).toContain('configurationSet: ours');
  newer.configure(LAKE);
  const back = done(await newer.sst('deploy', 'production')).operations;
  expect(lasting(named(back, 'delete'))).toEqual(['OwnSesEvents']);
});

test('once it no longer keeps its data, it can be removed to nothing', async () => {
  newer.configure(withProduction({ keepsData: false }));
  const { operations } = done(await newer.sst('deploy', 'production'));
  expect(madeAnew(operations)).toEqual([]);
  done(await newer.sst('remove', 'production'));
  expect(await leftOf(world.account, 'maillake', 'production')).toEqual([]);
});
