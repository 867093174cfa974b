import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { liveFolder } from '#lake/protocol/keys.ts';
import { newestGeneration } from '#lake/protocol/records.ts';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { collect } from '#lake/steps/collect.ts';
import { transform } from '#lake/steps/transform.ts';
import { ndjson, sesClick, sesDelivery } from '#test/records.ts';
import { type SmallLake, smallLake } from '#test/small-lake.ts';
import { age } from '../aged.ts';

const settings = DEFAULT_SETTINGS;
let here: SmallLake;
beforeEach(async () => {
  here = await smallLake();
});
afterEach(() => here.close());

const clicks = (): Promise<unknown[]> => here.rows('select event_id from clicks');

/**
 * A worker that dies before its outcome leaves the click of an object behind. Then the object goes, and whoever reads the
 * unit again finds no click.
 */
async function leftBehind(): Promise<string> {
  here.put('a', ndjson(sesClick()));
  here.put('b', ndjson(sesDelivery()));
  const [unit] = await here.plan();
  if (!unit) throw new Error('nothing was planned');
  const { ports } = here.lake;
  const dying = {
    ...ports,
    lake: {
      ...ports.lake,
      get: ports.lake.get.bind(ports.lake),
      list: ports.lake.list.bind(ports.lake),
      prefixes: ports.lake.prefixes.bind(ports.lake),
      remove: ports.lake.remove.bind(ports.lake),
      create: (key: string, bytes: Uint8Array | string) =>
        key.startsWith('v1/state/units/') ? Promise.reject(new Error('killed')) : ports.lake.create(key, bytes),
    },
  };
  await expect(transform(dying, unit, { settings, version: 'abc123' })).rejects.toThrow('killed');
  rmSync(join(here.folder, 'raw', 'a'));
  await here.transformAll('abc123');
  const [day] = await ports.catalog.locations('clicks');
  if (!day) throw new Error('the click has no day');
  return day.dt;
}

describe('a day of which only a lost attempt has rows', () => {
  test('fault 45: is seen until the day is settled, and then no more, with nobody collecting', async () => {
    const dt = await leftBehind();
    expect(await clicks()).toHaveLength(1);
    await here.settle();
    expect(await clicks()).toEqual([]);
    expect(await newestGeneration(here.lake.ports.lake, 'clicks', dt)).toMatchObject({
      generation: 0,
      attempt_list: [],
      rows_in: 0,
      rows_out: 0,
    });
  });

  test('is settled so once, and takes in what comes late', async () => {
    const dt = await leftBehind();
    await here.settle();
    expect(await here.settle()).toEqual([]);
    here.put('late', ndjson(sesClick()));
    await here.run();
    expect(await clicks()).toHaveLength(1);
    expect(await newestGeneration(here.lake.ports.lake, 'clicks', dt)).toMatchObject({ generation: 1, rows_out: 1 });
  });

  test('has its files collected after a day', async () => {
    const dt = await leftBehind();
    await here.settle();
    age(here, 25);
    const removed = await collect(here.lake.ports);
    expect(removed.filter(({ key }) => key.startsWith(liveFolder('clicks', dt)))).toMatchObject([{ why: 'lost' }]);
    expect(await clicks()).toEqual([]);
  });
});
