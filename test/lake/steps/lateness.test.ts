import { rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HOUR_MS } from '#lake/days.ts';
import type { RawStore } from '#lake/ports.ts';
import { openUnits } from '#lake/protocol/open-units.ts';
import { hourOfPrefix, hourPrefix, prefixesInReach, type Reach } from '#lake/protocol/raw-prefixes.ts';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { audit } from '#lake/steps/audit.ts';
import { planPrefix } from '#lake/steps/plan.ts';
import { planReplay } from '#lake/steps/replay.ts';
import { transform } from '#lake/steps/transform.ts';
import { ndjson, rawKey, SENT, sesDelivery, sesSend } from '#test/records.ts';
import { NOW, type SmallLake, smallLake } from '#test/small-lake.ts';

let small: SmallLake;

beforeEach(async () => {
  small = await smallLake();
});
afterEach(() => small.close());

const kinds = async (): Promise<string[]> => (await audit(small.lake.ports)).drifts.map(({ kind }) => kind);

describe('late, moving and vanishing raw objects', () => {
  const template = 'raw/{yyyy}/{MM}/{dd}/{HH}/';
  const reaches = (reach: Reach, hoursLate: number): boolean =>
    [...prefixesInReach(template, NOW, reach, 0)].includes(hourPrefix(template, NOW - hoursLate * HOUR_MS, 0));

  test('fault 39: an object 1 h, 26 h, 7 d late is in reach of the 5-minute, hourly, daily pass; the audit finds the rest', async () => {
    expect([reaches('tick', 1), reaches('tick', 26), reaches('hourly', 26)]).toEqual([true, false, true]);
    expect([reaches('hourly', 7 * 24), reaches('daily', 7 * 24), reaches('daily', 10 * 24)]).toEqual([
      false,
      true,
      false,
    ]);

    small.put(rawKey(SENT, 'a'), ndjson(sesSend()));
    await small.run();
    expect(await kinds()).toEqual([]);
    small.put(rawKey(SENT - 40 * 24 * HOUR_MS, 'late'), ndjson(sesDelivery()));
    expect(await kinds()).toEqual(['unplanned_object']);
    await small.run();
    expect(await kinds()).toEqual([]);
  });

  test('an hour prefix and its hour are each other’s inverse, in any offset', () => {
    for (const offset of [0, 2, -7, 5.5]) {
      for (const pattern of [template, 'y={yyyy}/m={MM}/d={dd}/h={HH}/']) {
        const prefix = hourPrefix(pattern, SENT, offset);
        expect(hourPrefix(pattern, hourOfPrefix(pattern, prefix, offset) ?? 0, offset)).toBe(prefix);
      }
    }
    expect(hourOfPrefix(template, 'raw/other/', 0)).toBe(null);
    expect(hourOfPrefix('raw/{yyyy}/{MM}/{dd}/', 'raw/2025/03/10/', 0)).toBe(Date.UTC(2025, 2, 10));
    expect(hourOfPrefix('raw/{yyyy}/{MM}/', 'raw/2025/03/', 0)).toBe(null);
  });

  test('fault 40: an object that appears while the listing is paged is planned by the next pass, once', async () => {
    small.put('a', ndjson(sesSend()));
    small.put('c', ndjson(sesDelivery()));
    const { ports } = small.lake;
    const raw: RawStore = {
      get: (key, options) => ports.raw.get(key, options),
      prefixes: (prefix) => ports.raw.prefixes(prefix),
      async *list(prefix) {
        const all = await Array.fromAsync(ports.raw.list(prefix));
        for (const object of all) {
          yield object;
          if (object.key === 'c' && all.length === 2) small.put('b', ndjson(sesDelivery({ messageId: 'm2' })));
        }
      },
    };
    expect(await planPrefix({ ...ports, raw }, DEFAULT_SETTINGS, '')).toMatchObject({ objects: 2, known: 0 });
    expect(await planPrefix({ ...ports, raw }, DEFAULT_SETTINGS, '')).toMatchObject({ objects: 1, known: 2 });
    expect(await planPrefix({ ...ports, raw }, DEFAULT_SETTINGS, '')).toMatchObject({ objects: 0, known: 3 });
  });

  test('fault 41: a raw object rewritten before it was read is read once, as it is then, and reported', async () => {
    const key = rawKey(SENT, 'a');
    small.put(key, ndjson(sesSend()), NOW - 5000);
    await small.plan();
    small.put(key, ndjson(sesSend({ messageId: 'other' })), NOW - 1000);
    expect(await planPrefix(small.lake.ports, DEFAULT_SETTINGS, '')).toMatchObject({ objects: 0, changed: [key] });
    const [outcome] = await small.run();
    expect(outcome).toMatchObject({ records: 1, changed_objects: 1, problems: [{ key, problem: 'raw_changed' }] });
    expect(await small.rows('select message_id from events')).toEqual([{ message_id: 'other' }]);
    expect(await kinds()).toEqual(['raw_changed']);
  });

  test('fault 41: a raw object rewritten after it was read is reported, and never read again', async () => {
    const key = rawKey(SENT, 'a');
    small.put(key, ndjson(sesSend()), NOW - 5000);
    await small.run();
    // of the same length, so that only its bytes tell
    small.put(key, ndjson(sesSend({ messageId: 'm9' })), NOW - 1000);
    expect(await planPrefix(small.lake.ports, DEFAULT_SETTINGS, '')).toMatchObject({ objects: 0, changed: [key] });
    expect(await small.run()).toEqual([]);
    expect(await small.rows('select message_id from events')).toEqual([{ message_id: 'm1' }]);
    expect(await kinds()).toEqual(['raw_changed']);
  });

  test('fault 73: raw objects that were touched or copied before they were read are read, and nothing is reported', async () => {
    const keys = ['a', 'b', 'c.txt'].map((name) => rawKey(SENT, name));
    for (const [i, key] of keys.entries())
      small.put(key, i < 2 ? ndjson(sesSend({ messageId: `m${i}` })) : 'no,event\n', NOW - 5000);
    await small.plan();
    for (const key of keys) utimesSync(join(small.lake.rawRoot, key), NOW / 1000, NOW / 1000);
    expect(await planPrefix(small.lake.ports, DEFAULT_SETTINGS, '')).toMatchObject({
      objects: 0,
      known: 3,
      changed: [],
    });
    const [outcome] = await small.run();
    expect(outcome).toMatchObject({ objects: 3, accepted: 2, quarantined: 1, changed_objects: 0, problems: [] });
    expect(await kinds()).toEqual([]);
  });

  test('fault 73: a lake copied with its raw data shows no drift, and its bytes are compared once', async () => {
    const keys = ['a', 'b', 'c.csv'].map((name) => rawKey(SENT, name));
    for (const [i, key] of keys.entries())
      small.put(key, i < 2 ? ndjson(sesSend({ messageId: `m${i}` })) : 'a,b\n1,2\n');
    await small.run();
    for (const key of keys) utimesSync(join(small.lake.rawRoot, key), 1, 1);
    expect(await kinds()).toEqual([]);
    const { ports } = small.lake;
    const unread: RawStore = {
      hasTimedEtags: true,
      list: (prefix) => ports.raw.list(prefix),
      prefixes: (prefix) => ports.raw.prefixes(prefix),
      get: () => Promise.reject(new Error('read')),
    };
    expect(await planPrefix({ ...ports, raw: unread }, DEFAULT_SETTINGS, '')).toMatchObject({ known: 3, changed: [] });
    for (const key of keys) utimesSync(join(small.lake.rawRoot, key), 2, 2);
    expect(await planPrefix(ports, DEFAULT_SETTINGS, '')).toMatchObject({ known: 3, changed: [] });
    small.put(keys[0] ?? '', ndjson(sesSend({ messageId: 'mX' })), NOW - 1000);
    expect(await kinds()).toEqual(['raw_changed']);
  });

  test('fault 73: what was rejected before the raw data was copied is replayed from the copy', async () => {
    const key = rawKey(SENT, 'a');
    small.put(key, `${ndjson(sesSend())}{"broken`);
    await small.run();
    utimesSync(join(small.lake.rawRoot, key), 1, 1);
    const { ports, settings } = small.lake;
    const planned = await planReplay(ports, { settings, version: 'def456' });
    expect(planned).toMatchObject({ records: 1, unavailable: [] });
    const [message] = planned.messages;
    if (!message) throw new Error('no unit');
    expect(await transform(ports, message, { settings, version: 'def456' })).toMatchObject({
      quarantined: 1,
      problems: [],
    });
    small.put(key, `${ndjson(sesSend())}{"BROKEN`, NOW - 1000);
    expect(await planReplay(ports, { settings, version: 'aaa111' })).toMatchObject({ records: 1 });
    const open = await openUnits(ports.lake);
    for (const unit of open) {
      expect(await transform(ports, unit, { settings, version: 'aaa111' })).toMatchObject({
        quarantined: 0,
        problems: [{ key, problem: 'raw_changed' }],
      });
    }
    expect(open).toHaveLength(1);
  });

  test('fault 42: a raw object that has gone is an outcome, not a wait; its neighbours are read', async () => {
    const key = rawKey(SENT, 'a');
    small.put(key, ndjson(sesSend()));
    small.put(rawKey(SENT, 'b'), ndjson(sesDelivery()));
    await small.plan();
    rmSync(join(small.lake.rawRoot, key));
    const [outcome] = await small.run();
    expect(outcome).toMatchObject({ accepted: 1, missing_objects: 1, problems: [{ key, problem: 'source_missing' }] });
    expect(await kinds()).toEqual(['source_missing']);
  });
});
