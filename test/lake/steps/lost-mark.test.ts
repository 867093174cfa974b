import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Ports } from '#lake/ports.ts';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { transform } from '#lake/steps/transform.ts';
import { ndjson, sesDelivery } from '#test/records.ts';
import { type SmallLake, smallLake } from '#test/small-lake.ts';
import { keysOf } from './aged.ts';

let here: SmallLake;
beforeEach(async () => {
  here = await smallLake();
});
afterEach(() => here.close());

/** The lake's store, of which one kind of call fails, before or after it has had its effect. */
function failing(ports: Ports, fails: { create?: RegExp; list?: RegExp }): Ports {
  const { lake } = ports;
  const fail = (): never => {
    throw new Error('connection reset');
  };
  return {
    ...ports,
    lake: {
      get: (key, options) => lake.get(key, options),
      prefixes: (prefix) => lake.prefixes(prefix),
      remove: (key) => lake.remove(key),
      list: (prefix, options) => (fails.list?.test(prefix) ? fail() : lake.list(prefix, options)),
      create: async (key, bytes) => {
        const isOurs = await lake.create(key, bytes);
        return fails.create?.test(key) ? fail() : isOurs;
      },
    },
  };
}

test("fault 51: a try whose mark the store took in, but said it had not, goes on and is nobody's death", async () => {
  here.put('a', ndjson(sesDelivery()));
  const [unit] = await here.plan();
  if (!unit) throw new Error('nothing was planned');
  const ports = failing(here.lake.ports, { create: /\/tries\/[^/]+\/\d+\.json$/ });
  const outcome = await transform(ports, unit, { settings: DEFAULT_SETTINGS, version: 'abc123' });
  expect(outcome).toMatchObject({ status: 'done', accepted: 1 });
  expect(await keysOf(here, 'v1/state/tries/')).toHaveLength(1);
});

test("fault 51: a try that can't see the others when it has marked itself says that it is excused", async () => {
  here.put('a', ndjson(sesDelivery()));
  const [unit] = await here.plan();
  if (!unit) throw new Error('nothing was planned');
  const options = { settings: DEFAULT_SETTINGS, version: 'abc123' };
  await here.lake.ports.lake.create(`v1/state/tries/${unit.unit}/0.json`, '{}\n');
  let lists = 0;
  const { lake } = here.lake.ports;
  const ports = { ...here.lake.ports, lake: { ...failing(here.lake.ports, {}).lake } };
  ports.lake.list = (prefix, listing) => {
    if (prefix.includes('/tries/') && ++lists === 2) throw new Error('connection reset');
    return lake.list(prefix, listing);
  };
  await expect(transform(ports, unit, options)).rejects.toThrow('connection reset');
  const names = (await keysOf(here, 'v1/state/tries/')).map((key) => key.split('/').at(-1));
  expect(names.sort()).toEqual(['0.json', '1.excused.json', '1.json']);
});
