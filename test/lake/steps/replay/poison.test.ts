/** Raw objects that were quarantined unread, because reading them failed three times, and are read again. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openUnits } from '#lake/protocol/open-units.ts';
import type { Outcome } from '#lake/protocol/records.ts';
import { DEFAULT_SETTINGS as settings } from '#lake/settings.ts';
import { audit } from '#lake/steps/audit.ts';
import { quarantinedRecords } from '#lake/steps/replay/quarantined.ts';
import { planReplay, type ReplayPlanned } from '#lake/steps/replay.ts';
import { type ReadUnit, readUnit } from '#lake/steps/transform/read-unit.ts';
import { transform } from '#lake/steps/transform.ts';
import { ndjson, sesDelivery, sesOpen, sesSend } from '#test/records.ts';
import { settledTables } from '#test/settled-tables.ts';
import { type SmallLake, smallLake } from '#test/small-lake.ts';

const [OLD, NEW] = ['aaa', 'bbb'] as const;
const OBJECTS = {
  good: ndjson(sesSend({ messageId: 'm0' })),
  poison: ndjson(sesSend(), sesDelivery(), sesOpen()),
  zebra: ndjson(sesSend({ messageId: 'm2' })),
};

let small: SmallLake;
beforeEach(async () => {
  small = await smallLake();
  for (const [key, content] of Object.entries(OBJECTS)) small.put(key, content);
});
afterEach(() => small.close());

/** Takes every try of a unit with the poison down. */
const dies: ReadUnit = (raw, unit, attempt, how) => {
  if (unit.objects.some(({ key }) => key === 'poison')) throw new TypeError('x is undefined');
  return readUnit(raw, unit, attempt, how);
};

/** Transforms until nothing is open; outcomes in the order in which they were made. */
async function drain(version: string, read: ReadUnit): Promise<Outcome[]> {
  const { ports } = small.lake;
  const outcomes: Outcome[] = [];
  for (;;) {
    const [unit] = await openUnits(ports.lake);
    if (!unit) return outcomes;
    await transform(ports, unit, { settings, version, read }).then(
      (outcome) => outcomes.push(outcome),
      () => {},
    );
  }
}

const plan = (version: string): Promise<ReplayPlanned> => planReplay(small.lake.ports, { settings, version });
const states = async (): Promise<string[]> =>
  (await quarantinedRecords(small.lake.ports)).records.map(({ reason, state }) => `${reason} ${state}`);
const tables = async () => {
  await small.settle();
  await small.rollup();
  return settledTables(small);
};

test('fault 51: an object that was quarantined unread is read by a replay, also with the same code: then the tables are whole', async () => {
  await small.plan();
  await drain(OLD, dies);
  expect(await states()).toEqual(['poison rejected']);
  expect(await small.rows('select distinct source_key from events order by 1')).toEqual([
    { source_key: 'good' },
    { source_key: 'zebra' },
  ]);

  expect(await plan(OLD)).toMatchObject({ records: 1, objects: 1, unchanged: 0 });
  expect(await drain(OLD, readUnit)).toMatchObject([{ kind: 'replay', records: 3, accepted: 3, quarantined: 0 }]);
  expect(await states()).toEqual(['poison accepted']);
  expect((await audit(small.lake.ports)).drifts).toEqual([]);

  const replayed = await tables();
  const fresh = await smallLake();
  for (const [key, content] of Object.entries(OBJECTS)) fresh.put(key, content);
  await fresh.run();
  expect(replayed).toEqual(await settledTables(fresh));
  await fresh.close();
});

test('fault 51: an object that takes its replay down as well is quarantined again, and the same code lets it be', async () => {
  await small.plan();
  await drain(OLD, dies);
  await plan(OLD);
  expect(await drain(OLD, dies)).toMatchObject([{ kind: 'replay', quarantined_by_reason: { poison: 1 } }]);
  expect((await states()).sort()).toEqual(['poison rejected', 'poison superseded']);
  expect(await plan(OLD)).toMatchObject({ messages: [], records: 0, unchanged: 1 });

  expect(await plan(NEW)).toMatchObject({ records: 1 });
  expect(await drain(NEW, readUnit)).toMatchObject([{ accepted: 3 }]);
  expect((await states()).sort()).toEqual(['poison accepted', 'poison superseded']);
  await tables();
  expect(await small.rows('select count(*) as n, count(distinct event_id) as ids from events')).toEqual([
    { n: 5, ids: 5 },
  ]);
});
