/** Small mishaps around a unit, over a real lake; the searches for worse ones are the simulator and test/processes. */

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { DAY_MS } from '#lake/days.ts';
import { liveFolder } from '#lake/protocol/keys.ts';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { audit } from '#lake/steps/audit.ts';
import { transform } from '#lake/steps/transform.ts';
import { ndjson, rawKey, SENT, sesDelivery, sesOpen, sesSend } from '#test/records.ts';
import { settledTables } from '#test/settled-tables.ts';
import { type SmallLake, smallLake } from '#test/small-lake.ts';

const lakes: SmallLake[] = [];
async function filled(): Promise<SmallLake> {
  const small = await smallLake();
  lakes.push(small);
  small.put(rawKey(SENT, 'a'), ndjson(sesSend(), sesDelivery(), sesOpen()));
  return small;
}
afterEach(async () => {
  for (const small of lakes.splice(0)) await small.close();
});

const keys = async ({ lake: { ports } }: SmallLake): Promise<string[]> =>
  (await Array.fromAsync(ports.lake.list(''))).map(({ key }) => key);

test('fault 47: a stale message after the outcome does nothing', async () => {
  const small = await filled();
  const [unit] = await small.plan();
  if (!unit) throw new Error('nothing was planned');
  const [outcome] = await small.run();
  const before = await keys(small);
  expect(await transform(small.lake.ports, unit, { settings: DEFAULT_SETTINGS, version: 'fff' })).toEqual(outcome);
  expect(await keys(small)).toEqual(before);
});

test('fault 50: a version deployed while a unit was under way leaves the files of one version in the outcome', async () => {
  const small = await filled();
  const [unit] = await small.plan();
  if (!unit) throw new Error('nothing was planned');
  const { ports } = small.lake;
  const dying = {
    ...ports,
    catalog: { ...ports.catalog, ensurePartitions: () => Promise.reject(new Error('killed')) },
  };
  const old = { settings: DEFAULT_SETTINGS, version: 'aaa' };
  await expect(transform(dying, unit, old)).rejects.toThrow('killed');
  const outcome = await transform(ports, unit, { ...old, version: 'bbb' });
  expect(outcome.attempt).toBe(`${unit.unit}.bbb`);
  expect(outcome.files.every(({ key }) => key.includes('.bbb'))).toBe(true);
  expect((await keys(small)).some((key) => key.includes('.aaa'))).toBe(true);

  // the old one comes back, finds the outcome taken, and what it wrote is read by no settle
  expect(await transform(ports, unit, old)).toEqual(outcome);
  await small.settle();
  await small.rollup();
  const fresh = await filled();
  await fresh.run();
  expect(await settledTables(small)).toEqual(await settledTables(fresh));
});

test.each([-DAY_MS, DAY_MS])(
  'fault 54: a clock that is wrong by a day (%i ms) gives the same tables',
  async (wrong) => {
    const right = await filled();
    await right.run();
    const small = await filled();
    small.clock.now += wrong;
    await small.plan();
    await small.transformAll();
    small.clock.now -= wrong;
    await small.settle();
    small.clock.now += 2 * wrong;
    await small.rollup();
    small.clock.now -= wrong;
    await small.run();
    expect(await settledTables(small)).toEqual(await settledTables(right));
  },
);

test('fault 66: audit names a foreign file in a partition, and a file that was removed', async () => {
  const small = await filled();
  const [outcome] = await small.run();
  const [file] = outcome?.files ?? [];
  if (!file) throw new Error('nothing was written');
  const foreign = `${liveFolder('events', '2026-10-05')}copy of events.parquet`;
  writeFileSync(join(small.lake.lakeRoot, foreign), 'PAR1');
  const [settled] = (await keys(small)).filter(
    (key) => key.includes('/settled/clicks/') || key.includes('/settled/events/'),
  );
  if (!settled) throw new Error('nothing was settled');
  rmSync(join(small.lake.lakeRoot, settled));
  const { drifts } = await audit(small.lake.ports);
  expect(drifts.map(({ kind, key }) => `${kind} ${key}`)).toEqual(
    expect.arrayContaining([`foreign_file ${foreign}`, `settled_file_missing ${settled}`]),
  );
  expect(drifts).toHaveLength(2);
});
