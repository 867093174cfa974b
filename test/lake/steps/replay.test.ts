import { copyFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { openUnits } from '#lake/protocol/open-units.ts';
import type { Outcome } from '#lake/protocol/records.ts';
import { DEFAULT_SETTINGS, type Settings } from '#lake/settings.ts';
import { quarantinedRecords } from '#lake/steps/replay/quarantined.ts';
import { planReplay, type ReplayPlanned } from '#lake/steps/replay.ts';
import { transform } from '#lake/steps/transform.ts';
import type { Reason } from '#lake/vocabulary.ts';
import { ndjson, rawKey, SENT, sesBounce, sesClick, sesDelivery, sesOpen, sesSend } from '#test/records.ts';
import { settledTables } from '#test/settled-tables.ts';
import { NOW, type SmallLake, smallLake } from '#test/small-lake.ts';

const STRICT: Settings = { ...DEFAULT_SETTINGS, limits: { ...DEFAULT_SETTINGS.limits, recordBytes: 1500 } };
const LARGE = { campaign: ['x'.repeat(2000)] };
const [OLD, NEW, NEWER] = ['aaa', 'bbb', 'ccc'] as const;

/** Objects with records that STRICT rejects: plain, zipped, in an array, in an envelope with neighbours. */
const OBJECTS: Record<string, string | Uint8Array> = {
  a: ndjson(sesSend(), sesSend({ messageId: 'large', tags: LARGE }), sesDelivery(), sesOpen({ tags: LARGE })),
  b: gzipSync(
    ndjson(sesClick({ tags: LARGE }), sesOpen({ ip: '192.0.2.9' }), sesBounce({ messageId: 'm3', tags: LARGE })),
  ),
  c: JSON.stringify([
    sesSend({ messageId: 'm4' }),
    sesSend({ messageId: 'm5', tags: LARGE }),
    { eventType: 'Send', mail: {} },
  ]),
  d: JSON.stringify({
    Records: [sesSend({ messageId: 'm6' }), sesOpen({ messageId: 'm6' })].map((event) => ({
      EventSource: 'aws:sns',
      Sns: { Message: JSON.stringify(event) },
    })),
  }),
};

const lakes: SmallLake[] = [];
/** A lake whose objects are read, and no day of it is settled. */
async function read(settings: Settings, version: string, objects = OBJECTS): Promise<SmallLake> {
  const small = await smallLake(settings);
  lakes.push(small);
  for (const [name, content] of Object.entries(objects)) small.put(rawKey(SENT, name), content);
  await small.plan();
  await small.transformAll(version);
  return small;
}
async function filled(settings: Settings, version: string, objects = OBJECTS): Promise<SmallLake> {
  const small = await read(settings, version, objects);
  await small.settle();
  await small.rollup();
  return small;
}
afterEach(async () => {
  for (const small of lakes.splice(0)) await small.close();
});

const plan = ({ lake: { ports } }: SmallLake, version: string, reason?: Reason): Promise<ReplayPlanned> =>
  planReplay(ports, { settings: DEFAULT_SETTINGS, version, ...(reason ? { reason } : {}) });

async function transformReplays({ lake: { ports } }: SmallLake, version: string, settings = DEFAULT_SETTINGS) {
  const outcomes: Outcome[] = [];
  for (const unit of await openUnits(ports.lake)) outcomes.push(await transform(ports, unit, { settings, version }));
  return outcomes;
}

/** plan and transform */
async function readAgain(small: SmallLake, version: string, settings = DEFAULT_SETTINGS): Promise<Outcome[]> {
  await plan(small, version);
  return transformReplays(small, version, settings);
}

/** plan, transform, settle, rollup */
async function replay(small: SmallLake, version: string, settings = DEFAULT_SETTINGS): Promise<Outcome[]> {
  const outcomes = await readAgain(small, version, settings);
  await small.settle();
  await small.rollup();
  return outcomes;
}

const states = async ({ lake }: SmallLake): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { state } of (await quarantinedRecords(lake.ports)).records) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
};

describe('replay', () => {
  test('gives the tables of a run whose settings were right from the beginning', async () => {
    const good = await filled(DEFAULT_SETTINGS, OLD);
    const small = await filled(STRICT, OLD);
    expect(await settledTables(small)).not.toEqual(await settledTables(good));
    const [outcome] = await replay(small, NEW);
    expect(outcome).toMatchObject({ kind: 'replay', objects: 4, records: 8, accepted: 7, quarantined: 1 });
    expect(await settledTables(small)).toEqual(await settledTables(good));
    expect(await states(small)).toEqual({ accepted: 6, rejected: 1, superseded: 1 });
  });

  test('rows keep the key and ordinal of the record as it was first read', async () => {
    const good = await read(DEFAULT_SETTINGS, OLD);
    const small = await read(STRICT, OLD);
    await readAgain(small, NEW);
    const lineage = 'select event_id, source_key, source_ordinal, delivered_to_lake_at from events order by event_id';
    expect(await small.rows(lineage)).toEqual(await good.rows(lineage));
  });

  test('what was rejected again is read again by another version only, what was accepted never', async () => {
    const small = await read(STRICT, OLD);
    expect(await plan(small, OLD)).toMatchObject({ records: 0, unchanged: 7, messages: [] });
    await readAgain(small, NEW);
    expect(await plan(small, NEW)).toMatchObject({ records: 0, unchanged: 1, messages: [] });
    const [outcome] = await readAgain(small, NEWER);
    expect(outcome).toMatchObject({ objects: 1, records: 1, quarantined_by_reason: { missing_field: 1 } });
    expect(await states(small)).toEqual({ accepted: 6, rejected: 1, superseded: 2 });
  });

  test('a reason can be named', async () => {
    const small = await read(STRICT, OLD);
    expect(await plan(small, NEW, 'missing_field')).toMatchObject({ records: 1, objects: 1 });
    expect(await plan(small, NEW, 'record_too_large')).toMatchObject({ records: 6, objects: 4 });
    expect(await states(small)).toEqual({ waiting: 7 });
    await transformReplays(small, NEW);
    expect(await states(small)).toEqual({ accepted: 6, rejected: 1, superseded: 1 });
  });

  test('two replays at once read each record once', async () => {
    const small = await read(STRICT, OLD);
    const planned = await Promise.all([1, 2, 3, 4].map(() => plan(small, NEW)));
    expect(planned.map(({ records }) => records).sort()).toEqual([0, 0, 0, 7]);
    expect(await openUnits(small.lake.ports.lake)).toHaveLength(1);
    expect((await transformReplays(small, NEW)).map(({ accepted }) => accepted)).toEqual([7]);
  });

  test('the law of the first readings is untouched, and each replay obeys its own', async () => {
    const small = await read(STRICT, OLD);
    const first = "select sum(records) as n, sum(quarantined) as q from units where kind = 'first'";
    const before = await small.rows(first);
    await readAgain(small, NEW);
    expect(await small.rows(first)).toEqual(before);
    expect(
      await small.rows(
        'select kind, count(*) as n from units where records <> accepted + duplicate + skipped + quarantined group by kind',
      ),
    ).toEqual([]);
  });

  test('an object rejected as a whole is read as a whole, and what it still holds back is a record of its own', async () => {
    const small = await filled({ ...STRICT, limits: { ...STRICT.limits, objectBytes: 100 } }, OLD);
    expect(await states(small)).toEqual({ rejected: 4 });
    const [outcome] = await replay(small, NEW);
    expect(outcome).toMatchObject({ objects: 4, records: 12, accepted: 11, quarantined: 1 });
    expect(await states(small)).toEqual({ accepted: 3, superseded: 1, rejected: 1 });
    expect(await settledTables(small)).toEqual(await settledTables(await filled(DEFAULT_SETTINGS, OLD)));
  });

  test('in an envelope the neighbours of a rejected record are read with it, and settled once', async () => {
    const broken = { eventType: 'Send', mail: { messageId: 'm7' } };
    const letters = [sesSend({ messageId: 'm6' }), broken, sesOpen({ messageId: 'm6' })];
    const content = JSON.stringify({
      Records: letters.map((event) => ({ EventSource: 'aws:sns', Sns: { Message: JSON.stringify(event) } })),
    });
    const small = await filled(DEFAULT_SETTINGS, OLD, { a: `${JSON.stringify(sesDelivery())}\n${content}` });
    const before = await settledTables(small);
    const [outcome] = await replay(small, NEW);
    expect(outcome).toMatchObject({ records: 3, accepted: 2, quarantined: 1 });
    expect(await settledTables(small)).toEqual(before);
    expect(await small.rows('select source_ordinal, range_ordinal from quarantine')).toEqual([
      { source_ordinal: 2, range_ordinal: 1 },
      { source_ordinal: 2, range_ordinal: 1 },
    ]);
  });

  test('a raw object that has gone or changed is an outcome; its records wait until it is there as it was planned', async () => {
    const small = await read(STRICT, OLD);
    const [gone, changed] = ['a', 'b'].map((name) => join(small.folder, 'raw', rawKey(SENT, name)));
    if (!gone || !changed) throw new Error('no such object');
    renameSync(gone, `${gone}.away`);
    const { mtime } = statSync(changed);
    copyFileSync(changed, `${changed}.away`);
    small.put(rawKey(SENT, 'b'), 'other bytes');
    const [outcome] = await readAgain(small, NEW);
    expect(outcome).toMatchObject({ missing_objects: 1, changed_objects: 1, accepted: 3, quarantined: 1 });
    expect(await states(small)).toMatchObject({ rejected: 5, accepted: 2 });
    const keys = [rawKey(SENT, 'a'), rawKey(SENT, 'b')];
    expect(await plan(small, NEW)).toMatchObject({ records: 0, unavailable: keys });

    renameSync(`${gone}.away`, gone);
    expect(await plan(small, NEW)).toMatchObject({ records: 2, objects: 1, unavailable: [keys[1]] });
    rmSync(changed);
    renameSync(`${changed}.away`, changed);
    utimesSync(changed, mtime, mtime);
  });

  test('an object that had gone before it was first read is read when it is back', async () => {
    const small = await smallLake();
    lakes.push(small);
    small.put('a', ndjson(sesSend()), NOW - 7_200_000);
    const path = join(small.folder, 'raw', 'a');
    await small.plan();
    renameSync(path, `${path}.away`);
    expect(await small.transformAll(OLD)).toMatchObject([{ missing_objects: 1, records: 0 }]);
    expect(await plan(small, OLD)).toMatchObject({ objects: 0 });
    renameSync(`${path}.away`, path);
    expect(await readAgain(small, OLD)).toMatchObject([{ kind: 'replay', objects: 1, accepted: 1 }]);
    expect(await plan(small, OLD)).toMatchObject({ objects: 0 });
    expect(await small.rows('select message_id from events')).toEqual([{ message_id: 'm1' }]);
  });

  test('of copies in one that is back and in one that was rejected the first by key is kept, as always', async () => {
    const small = await smallLake(STRICT);
    lakes.push(small);
    for (const name of ['a', 'b']) small.put(name, ndjson(sesSend({ tags: LARGE })), NOW - 7_200_000);
    const path = join(small.folder, 'raw', 'a');
    await small.plan();
    renameSync(path, `${path}.away`);
    expect(await small.transformAll(OLD)).toMatchObject([{ missing_objects: 1, quarantined: 1 }]);
    renameSync(`${path}.away`, path);
    expect(await replay(small, NEW)).toMatchObject([{ objects: 2, accepted: 1, duplicate: 1 }]);
    expect(await small.rows('select source_key from events')).toEqual([{ source_key: 'a' }]);
  });
});

/** Dies at the n-th write to a port, before it is made or once it is. Between two writes there is nothing to tell apart. */
function dyingPorts({ lake }: SmallLake, at: number, when: 'before' | 'after') {
  let writes = 0;
  const dying = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name) {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        if (name !== 'create' && name !== 'ensurePartitions') return method.bind(target);
        return async (...given: unknown[]) => {
          const isLast = writes++ === at;
          if (isLast && when === 'before') throw new Error('killed');
          const answer: unknown = await Reflect.apply(method, target, given);
          if (isLast) throw new Error('killed');
          return answer;
        };
      },
    });
  return { ...lake.ports, lake: dying(lake.ports.lake), catalog: dying(lake.ports.catalog) };
}

test('a replay killed before or after any write is completed by the next, with nothing lost or read twice', async () => {
  const objects = { c: OBJECTS.c ?? '' };
  // recipient_messages are made of the events: here no rollup is needed
  const good = await read(DEFAULT_SETTINGS, OLD, objects);
  await good.settle();
  const expected = await settledTables(good);
  const options = { settings: DEFAULT_SETTINGS, version: NEW };
  let points = 0;
  // once a write is made nothing happens before the next: only after the last is another place to die
  const last = 8;
  for (let at = 0; at <= last + 1; at++) {
    const small = await read(STRICT, OLD, objects);
    const ports = dyingPorts(small, Math.min(at, last), at > last ? 'after' : 'before');
    try {
      await planReplay(ports, options);
      for (const unit of await openUnits(small.lake.ports.lake)) await transform(ports, unit, options);
    } catch (error) {
      expect(String(error)).toContain('killed');
      points++;
    }
    await readAgain(small, NEW);
    await small.settle();
    expect(await settledTables(small)).toEqual(expected);
    expect(await states(small)).toEqual({ accepted: 1, rejected: 1, superseded: 1 });
    expect(await small.rows("select sum(records) as n, sum(accepted) as ok from units where kind = 'replay'")).toEqual([
      { n: 2, ok: 1 },
    ]);
    await small.close();
    lakes.splice(lakes.indexOf(small), 1);
  }
  // plan, try, files of events, headers and quarantine, their partitions, outcome
  expect(points).toBe(10);
});
