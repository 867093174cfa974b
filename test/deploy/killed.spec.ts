/** Deployments that are killed, and a state that is lost: what is there is taken over, and a removal leaves nothing. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LakeConfig } from '../../stacks/config.ts';
import { leftOf } from './left.ts';
import { type Checkout, done, openWorld, type World } from './world.ts';

/** Next to a bucket that is there, with a key of the user's and names as long as they can be. */
const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/0f5b6a3c-1111-2222-3333-444455556666';
const LAKE: LakeConfig = { app: 'a-lake-of-much-mail0', region: 'eu-west-1', kmsKeyArn: KEY };
const STAGE = 'a-branch-that-somebody-has-called-by-the-title-of-its-issue';
/** Operations of the provider after which all is killed, one deployment after another. */
const MOMENTS = [3, 10, 15, 20, 25, 25, 30, 30, 30, 30];
let world: World;
let checkout: Checkout;
beforeAll(async () => {
  world = await openWorld((line) => console.log(line));
  checkout = world.checkout(LAKE);
});
afterAll(() => world?.stop());

test('a deployment that is killed at ten moments is made whole by the next one', async () => {
  for (const killAfter of MOMENTS) {
    const killed = await checkout.sst('deploy', STAGE, { killAfter });
    expect(killed.code, killed.said).not.toBe(0);
    await checkout.sst('unlock', STAGE);
  }
  done(await checkout.sst('deploy', STAGE));
  done(await checkout.sst('deploy', STAGE));
  expect(done(await checkout.sst('deploy', STAGE)).operations).toEqual([]);
});

test('a stage whose state is lost is taken over, and can be removed to nothing', async () => {
  const before = await leftOf(world.account, LAKE.app, STAGE.slice(0, 8));
  expect(before.length).toBeGreaterThan(20);
  world.loseState();
  const { said } = done(await checkout.sst('deploy', STAGE));
  expect(said).toMatch(/takenOver: \d{3} resources/);
  expect(await leftOf(world.account, LAKE.app, STAGE.slice(0, 8))).toEqual(before);
  done(await checkout.sst('deploy', STAGE));
  done(await checkout.sst('remove', STAGE));
  expect(await leftOf(world.account, LAKE.app, STAGE.slice(0, 8))).toEqual([]);
});
