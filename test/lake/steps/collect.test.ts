import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DAY_MS } from '#lake/days.ts';
import { DeniedObject, type Store } from '#lake/ports.ts';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { audit } from '#lake/steps/audit.ts';
import { COLLECT_RULES } from '#lake/steps/collect/rules.ts';
import { collect } from '#lake/steps/collect.ts';
import { ndjson, rawKey, SENT, sesClick, sesDelivery, sesOpen, sesSend } from '#test/records.ts';
import { type SmallLake, smallLake } from '#test/small-lake.ts';
import { age, keysOf } from './aged.ts';

const DT = '2026-10-05';
let small: SmallLake;
afterEach(() => small.close());

const rows = async (): Promise<unknown> => [
  await small.rows('select event_id, attempt from events order by 1, 2'),
  await small.rows('select message_id, opens from recipient_messages order by 1'),
];

/** Two rounds: events and recipient_messages have generations 0 and 1. */
let settledTwice: SmallLake;
beforeAll(async () => {
  settledTwice = await smallLake();
  settledTwice.put(rawKey(SENT, 'a'), ndjson(sesSend(), sesDelivery(), sesClick()));
  await settledTwice.run();
  settledTwice.put(rawKey(SENT + 1000, 'b'), ndjson(sesDelivery(), sesOpen()));
  await settledTwice.run();
});
afterAll(() => settledTwice.close());

/**
 * As in a bucket, whose etags hold no times and so are those of before, for a role that may read records only
 * (stacks/spec/permissions.ts).
 */
const asItsRoleSeesIt = (lake: Store, etags: ReadonlyMap<string, string>): Store => ({
  async *list(prefix, options) {
    for await (const object of lake.list(prefix, options))
      yield { ...object, etag: etags.get(object.key) ?? object.etag };
  },
  prefixes: (prefix) => lake.prefixes(prefix),
  create: (key, bytes) => lake.create(key, bytes),
  remove: (key) => lake.remove(key),
  get: (key, options) =>
    key.startsWith('v1/state/') ? lake.get(key, options) : Promise.reject(new DeniedObject(key, 'AccessDenied')),
});

const newestEvents = async (): Promise<string> =>
  (await small.lake.ports.catalog.locations('events', [DT]))[0]?.location ?? '';

/** As a settle that died before the switch leaves a day: two generations, and readers at the older one. */
async function readersAtOlder(): Promise<{ newest: string; old: string | undefined }> {
  small = await smallLake(DEFAULT_SETTINGS, settledTwice);
  const newest = await newestEvents();
  const [old] = (await keysOf(small, `v1/settled/events/dt=${DT}/`)).filter((key) => !key.startsWith(newest));
  const location = old?.slice(0, old.lastIndexOf('/') + 1) ?? '';
  await small.lake.ports.catalog.switchPartition('events', { dt: DT, location });
  return { newest, old };
}

describe('collect', () => {
  test('removes after a day what nobody reads any more, and no row of any table', async () => {
    small = await smallLake(DEFAULT_SETTINGS, settledTwice);
    const before = await rows();
    age(small, 24);
    expect(await collect(small.lake.ports)).toEqual([]);

    age(small, 25);
    const live = await keysOf(small, 'v1/live/');
    const removed = await collect(small.lake.ports);
    expect(
      removed
        .filter(({ why }) => why === 'settled')
        .map(({ key }) => key)
        .sort(),
    ).toEqual([...live].sort());
    expect(
      removed
        .filter(({ why }) => why === 'superseded')
        .map(({ key }) => key.split('/')[2])
        .sort(),
    ).toEqual(['events', 'recipient_messages']);
    expect(removed.every(({ bytes }) => bytes > 0)).toBe(true);
    expect(await rows()).toEqual(before);
    expect(await keysOf(small, 'v1/live/')).toEqual([]);
    expect((await audit(small.lake.ports)).drifts).toEqual([]);
    expect(await collect(small.lake.ports)).toEqual([]);
  });

  test('a day whose live files are gone is settled and rolled up on, when something late comes', async () => {
    small = await smallLake(DEFAULT_SETTINGS, settledTwice);
    age(small, 25);
    await collect(small.lake.ports);
    expect(await small.rollup()).toEqual([]);
    small.put(rawKey(SENT, 'late'), ndjson(sesOpen({ at: SENT + 120_000 })));
    await small.run();
    expect(await small.rows('select opens from recipient_messages')).toEqual([{ opens: 2 }]);
    expect((await audit(small.lake.ports)).drifts).toEqual([]);
  });

  test('fault 49: after a settle that died before the switch it heals first, and leaves the old files for another day', async () => {
    const { newest, old } = await readersAtOlder();
    age(small, 30);
    const first = await collect(small.lake.ports);
    expect(first.map(({ key }) => key)).not.toContain(old);
    expect(first.filter(({ key }) => key.includes('/live/events/'))).toEqual([]);
    expect(await newestEvents()).toBe(newest);
    // Whoever began to read them just before has the whole grace, also from collectors of another process.
    expect((await collect(small.lake.ports)).map(({ key }) => key)).not.toContain(old);
    age(small, 25);
    expect((await collect(small.lake.ports)).map(({ key }) => key)).toContain(old);
    expect((await audit(small.lake.ports)).drifts).toEqual([]);
  });

  test('fault 49: when somebody else healed just before, the old files have their day all the same', async () => {
    const { newest, old } = await readersAtOlder();
    age(small, 30);
    await small.settle();
    expect(await newestEvents()).toBe(newest);
    const removed = (await collect(small.lake.ports)).map(({ key }) => key);
    expect(removed.filter((key) => key === old || key.includes('/live/events/'))).toEqual([]);
    age(small, 25);
    expect((await collect(small.lake.ports)).map(({ key }) => key)).toContain(old);
  });

  test('without asking the catalog it would remove what readers see', async () => {
    const { old } = await readersAtOlder();
    age(small, 30);
    const asks = await collect(small.lake.ports, { ...COLLECT_RULES, healsFirst: false });
    expect(asks.map(({ key }) => key)).not.toContain(old);
    const blind = await collect(small.lake.ports, { ...COLLECT_RULES, healsFirst: false, isUnread: () => true });
    expect(blind.map(({ key }) => key)).toContain(old);
  });

  test('what a settle under way has written stays, however old; what one left that lost is removed', async () => {
    small = await smallLake(DEFAULT_SETTINGS, settledTwice);
    const { lake } = small.lake.ports;
    const underWay = `v1/settled/events/dt=${DT}/2-00000000000000ff/x.parquet`;
    const lost = `v1/settled/events/dt=${DT}/1-00000000000000ff/x.parquet`;
    for (const key of [underWay, lost]) await lake.create(key, 'rows');
    age(small, 25);
    const removed = (await collect(small.lake.ports)).map(({ key }) => key);
    expect([removed.includes(underWay), removed.includes(lost)]).toEqual([false, true]);
    const early = await collect(small.lake.ports, {
      ...COLLECT_RULES,
      isSuperseded: ({ location }, { newest }) => location !== newest?.location,
    });
    expect(early.map(({ key }) => key)).toEqual([underWay]);
  });

  test('fault 49: files of attempts that lost are removed, of a table once its day is settled; those of open units stay', async () => {
    small = await smallLake();
    small.put(rawKey(SENT, 'a'), ndjson(sesSend()));
    const [unit] = await small.plan();
    await small.transformAll();
    small.put(rawKey(SENT, 'b'), ndjson(sesOpen()));
    const [open] = await small.plan();
    const file = (table: string, id = ''): string => `v1/live/${table}/dt=${DT}/${id}.fff.parquet`;
    const lost = ['events', 'quarantine'].map((table) => file(table, unit?.unit));
    const waits = ['events', 'quarantine'].map((table) => file(table, open?.unit));
    for (const key of [...lost, ...waits]) await small.lake.ports.lake.create(key, 'rows');
    age(small, 23);
    expect(await collect(small.lake.ports)).toEqual([]);
    age(small, 25);
    const lostOnes = async (): Promise<string[]> =>
      (await collect(small.lake.ports)).flatMap(({ key, why }) => (why === 'lost' ? [key] : []));
    // Readers of an open day have listed the others with it; nobody settles quarantine.
    expect(await lostOnes()).toEqual([lost[1]]);
    await small.settle({ ignorePace: true, includeUnfinished: true });
    expect(await lostOnes()).toEqual([]);
    age(small, 25);
    expect(await lostOnes()).toEqual([lost[0]]);
    expect(await keysOf(small, 'v1/live/')).toEqual(expect.arrayContaining(waits));
  });

  test('opens no file of a table: one of another etag than its record has keeps the older ones, and audit names it', async () => {
    small = await smallLake(DEFAULT_SETTINGS, settledTwice);
    const etags = new Map<string, string>();
    for await (const { key, etag } of small.lake.ports.lake.list('v1/')) etags.set(key, etag);
    const ports = { ...small.lake.ports, lake: asItsRoleSeesIt(small.lake.ports.lake, etags) };
    const [file = ''] = await keysOf(small, await newestEvents());
    // Put back from an older version: the same bytes, to which a key of KMS gives another etag.
    etags.set(file, 'another');
    age(small, 25);
    const tables = (await collect(ports)).map(({ key }) => key.split('/')[2]);
    expect(new Set(tables)).toEqual(new Set(['headers', 'clicks', 'recipient_messages']));
    expect((await audit(ports)).drifts).toContainEqual(
      expect.objectContaining({
        kind: 'settled_file_differs',
        key: file,
        detail: expect.stringContaining('another etag'),
      }),
    );
  });

  test('a file that is missing from the newest generation keeps the live files', async () => {
    small = await smallLake();
    small.put(rawKey(SENT, 'a'), ndjson(sesSend()));
    await small.run();
    const [file] = await keysOf(small, await newestEvents());
    await small.lake.ports.lake.remove(file ?? '');
    small.clock.now += 2 * DAY_MS;
    age(small, 25);
    expect((await collect(small.lake.ports)).filter(({ key }) => key.includes('/live/events/'))).toEqual([]);
  });
});
