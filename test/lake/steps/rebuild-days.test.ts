/** Raw data is read again beside the lake, compared, and switched to: rebuilds on a disk, with DuckDB. */
import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS } from '#lake/days.ts';
import { newestRebuild, type Rebuild, rebuildNumbers } from '#lake/protocol/rebuilds.ts';
import { DEFAULT_SETTINGS, type Settings } from '#lake/settings.ts';
import { audit } from '#lake/steps/audit.ts';
import { collect } from '#lake/steps/collect.ts';
import { previewRebuild, type RebuildDifference } from '#lake/steps/rebuild/preview.ts';
import { goBack, switchToRebuild } from '#lake/steps/rebuild/switch.ts';
import { beginRebuild, dropRebuild, type MadeDays, makeDays, planRebuild } from '#lake/steps/rebuild.ts';
import { repair } from '#lake/steps/repair.ts';
import { planReplay } from '#lake/steps/replay.ts';
import { ndjson, rawKey, SENT, sesBounce, sesClick, sesDelivery, sesOpen, sesSend } from '#test/records.ts';
import { reread } from '#test/reread.ts';
import { type SmallLake, smallLake } from '#test/small-lake.ts';
import { age, keysOf } from './aged.ts';

const TODAY: Settings = {
  ...DEFAULT_SETTINGS,
  tags: [['campaign', 'treatment_id'], ...DEFAULT_SETTINGS.tags.filter(([tag]) => tag !== 'campaign')],
};
const TAGS = { campaign: ['spring'] };

let whole: SmallLake;
let small: SmallLake;

beforeAll(async () => {
  whole = await smallLake();
  whole.put(rawKey(SENT, 'a'), ndjson(sesSend({ tags: TAGS }), sesDelivery({ tags: TAGS })));
  whole.put(rawKey(SENT + 1000, 'b'), ndjson(sesOpen({ tags: TAGS }), sesClick({ tags: TAGS, at: SENT + DAY_MS })));
  await whole.run();
});
afterAll(() => whole.close());
beforeEach(async () => {
  small = await smallLake(DEFAULT_SETTINGS, whole);
});
afterEach(() => small.close());

const only = { from: null, to: null };

interface Made extends MadeDays {
  rebuild: Rebuild;
  difference: RebuildDifference;
}

interface Wanted {
  settings?: Settings;
  version?: string;
  from?: string;
}

async function rebuilt({ settings = TODAY, version = 'def456', from }: Wanted = {}): Promise<Made> {
  const { ports, views, rollupSelect: select } = small.lake;
  const rebuild = await beginRebuild(ports, { version, from: from ?? null, to: from ?? null });
  await reread(small.lake.ports, rebuild, settings);
  const days = await makeDays(ports, rebuild);
  return { rebuild, ...days, difference: await previewRebuild(ports, rebuild, { settings, views, select }) };
}

const campaigns = (): Promise<unknown> =>
  small.rows('select event_type, campaign_id, treatment_id from events order by 1, 2');
const OF_THEN = ['click', 'delivered', 'open', 'send'].map((event_type) => ({
  event_type,
  campaign_id: 'spring',
  treatment_id: null,
}));
const OF_TODAY = OF_THEN.map((row) => ({ ...row, campaign_id: null, treatment_id: 'spring' }));
const newestFiles = async (table: string, dt: string): Promise<string[]> => {
  const [partition] = await small.lake.ports.catalog.locations(table, [dt]);
  return keysOf(small, partition?.location ?? '');
};

describe('a changed tag', () => {
  test('is named, column by column, and readers see none of it', async () => {
    const { difference, unmade } = await rebuilt();
    expect(unmade).toEqual([]);
    expect(difference.columns.map(({ table, column, rows }) => `${table}.${column} ${rows}`).sort()).toEqual([
      'clicks.campaign_id 1',
      'clicks.treatment_id 1',
      'events.campaign_id 4',
      'events.treatment_id 4',
      'recipient_messages.campaign_id 1',
      'recipient_messages.treatment_id 1',
    ]);
    expect(difference.columns.find(({ column }) => column === 'treatment_id')?.example).toMatchObject({
      before: null,
      after: 'spring',
    });
    expect(difference.days.every(({ before, after, gone, added }) => before === after && gone + added === 0)).toBe(
      true,
    );
    expect(difference.daily).toEqual([]);
    expect(await campaigns()).toEqual(OF_THEN);
  });

  test('says which records today’s settings refuse, by reason', async () => {
    expect((await rebuilt()).difference.rejected).toEqual([]);
    const strict = { ...TODAY, limits: { ...TODAY.limits, depth: 3 } };
    const { difference, rebuild } = await rebuilt({ settings: strict, version: 'strict' });
    expect(difference.rejected).toEqual([{ reason: 'too_deep', before: 0, after: 4 }]);
    expect(difference.days.find(({ table }) => table === 'events')).toMatchObject({ after: 0, gone: 3 });
    // Nor is a send day left as it was that has no event any more.
    await switchToRebuild(small.lake.ports, rebuild, rebuild);
    expect(await small.rows('select * from events')).toEqual([]);
    expect(await small.rows('select * from recipient_messages')).toEqual([]);
  });

  test('is seen after the switch in every table, and audit and rollup have nothing to do', async () => {
    const { rebuild } = await rebuilt();
    expect(await switchToRebuild(small.lake.ports, rebuild, rebuild)).toMatchObject({ left: [] });
    expect(await campaigns()).toEqual(OF_TODAY);
    expect(await small.rows('select campaign_id, treatment_id from recipient_messages')).toEqual([
      { campaign_id: null, treatment_id: 'spring' },
    ]);
    expect(await small.rollup()).toEqual([]);
    const report = await audit(small.lake.ports, { settings: TODAY });
    expect(report.drifts).toEqual([]);
    expect(report.rebuilds).toMatchObject([{ rebuild: 0, records: 4 }]);
  });

  test('a late copy and new mail of a rebuilt day are taken in on top of it', async () => {
    const { rebuild } = await rebuilt();
    await switchToRebuild(small.lake.ports, rebuild, rebuild);
    small.put(rawKey(SENT + 2000, 'c'), ndjson(sesOpen({ tags: TAGS }), sesBounce({ messageId: 'm2' })));
    await small.run();
    const rows = await small.rows('select count(*) as n, count(distinct event_id) as ids from events');
    expect(rows).toEqual([{ n: 5, ids: 5 }]);
    expect(
      (await audit(small.lake.ports, { settings: DEFAULT_SETTINGS })).drifts.map(({ kind }) => kind),
    ).not.toContain('unsettled_day');
  });

  test('mail that is settled between the making and the switch has the day made once more', async () => {
    const { rebuild } = await rebuilt();
    small.put(rawKey(SENT + 2000, 'c'), ndjson(sesBounce({ messageId: 'm2' })));
    await small.run();
    expect((await switchToRebuild(small.lake.ports, rebuild, rebuild)).left).toEqual([]);
    expect(await small.rows('select count(*) as n from events')).toEqual([{ n: 5 }]);
  });

  test('the way back gives readers what they had, and is closed after a day', async () => {
    const { rebuild } = await rebuilt();
    await switchToRebuild(small.lake.ports, rebuild, rebuild);
    expect((await goBack(small.lake.ports, rebuild)).left).toEqual([]);
    expect(await campaigns()).toEqual(OF_THEN);
    small.clock.now += DAY_MS;
    await expect(goBack(small.lake.ports, rebuild)).rejects.toThrow(/too late to go back from rebuild 0/);
  });

  test('only the days that were asked for are made', async () => {
    const { difference } = await rebuilt({ from: '2026-10-06' });
    expect(difference.days.map(({ table, dt }) => `${table} ${dt}`).sort()).toEqual([
      'clicks 2026-10-06',
      'events 2026-10-06',
      'recipient_messages 2026-10-05',
    ]);
  });
});

describe('a rebuild', () => {
  test('by other code or settings than today’s is not switched to, and the next one takes its place', async () => {
    const { rebuild } = await rebuilt();
    await expect(switchToRebuild(small.lake.ports, rebuild, { version: 'abc999' })).rejects.toThrow(/rebuild again/);
    const next = await beginRebuild(small.lake.ports, { version: 'abc999', ...only });
    expect(next.n).toBe(1);
    await expect(switchToRebuild(small.lake.ports, rebuild, rebuild)).rejects.toThrow(/was dropped/);
  });

  test('that is not read to the end is not switched to', async () => {
    const { ports } = small.lake;
    const rebuild = await beginRebuild(ports, { version: 'def456', ...only });
    expect(await planRebuild(ports, rebuild)).not.toEqual([]);
    await expect(switchToRebuild(ports, rebuild, rebuild)).rejects.toThrow(/not whole.*not read yet/);
    expect(await campaigns()).toEqual(OF_THEN);
  });

  test('leaves a day as it is whose object only a replay had read, and that was rewritten since', async () => {
    const [key, content] = [rawKey(SENT + 2000, 'c'), ndjson(sesBounce({ messageId: 'm2' }))];
    const path = join(small.folder, 'raw', key);
    small.put(key, content);
    await small.plan();
    rmSync(path);
    await small.transformAll();
    small.put(key, content);
    const { ports, settings } = small.lake;
    const { messages } = await planReplay(ports, { settings, version: 'abc123' });
    expect(messages).toHaveLength(1);
    await small.run();
    expect(await small.rows('select count(*) as n from events')).toEqual([{ n: 5 }]);
    small.put(key, '{"is":"something else"}');
    const { rebuild, unmade } = await rebuilt();
    expect(unmade).toContainEqual(expect.objectContaining({ table: 'events', keys: [key] }));
    await switchToRebuild(ports, rebuild, rebuild);
    expect(await small.rows('select count(*) as n from events')).toEqual([{ n: 5 }]);
  });

  test('leaves a day as it is whose raw object is gone or was rewritten', async () => {
    rmSync(join(small.folder, 'raw', rawKey(SENT + 1000, 'b')));
    const { rebuild, unmade, made } = await rebuilt();
    expect(made).toEqual([]);
    expect(new Set(unmade.map(({ why }) => why))).toEqual(
      new Set(['raw objects are gone, were rewritten or could not be read']),
    );
    expect(unmade[0]?.keys).toEqual([rawKey(SENT + 1000, 'b')]);
    expect(await switchToRebuild(small.lake.ports, rebuild, rebuild)).toEqual({ days: 0, left: [] });
    expect(await campaigns()).toEqual(OF_THEN);
  });

  test('that was dropped leaves no file behind after two days, and one that was switched to keeps what readers see', async () => {
    const { ports } = small.lake;
    const { rebuild } = await rebuilt();
    await dropRebuild(ports, rebuild.n);
    expect(await collect(ports)).toEqual([]);
    small.clock.now += 3 * DAY_MS;
    age(small, 72);
    const removed = await collect(ports);
    expect(removed.filter(({ why }) => why === 'rebuild').length).toBeGreaterThan(0);
    expect((await keysOf(small, 'v1/settled/')).filter((key) => key.includes('/rebuild-0/'))).toEqual([]);

    const again = await rebuilt();
    await switchToRebuild(ports, again.rebuild, again.rebuild);
    small.clock.now += 3 * DAY_MS;
    age(small, 72);
    await collect(ports);
    expect((await keysOf(small, 'v1/settled/')).filter((key) => key.includes('/rebuild-1/'))).toEqual([]);
    expect(await campaigns()).toEqual(OF_TODAY);
    expect((await audit(ports, { settings: TODAY })).drifts).toEqual([]);
  });
});

describe('fault 76: what is damaged and nowhere else', () => {
  const mended = (isDeep = false) => {
    const { ports, settings, views, rollupSelect: select } = small.lake;
    const rebuildDay = async (dt: string): Promise<void> => {
      const rebuild = await beginRebuild(ports, { version: 'def456', from: dt, to: dt });
      await reread(small.lake.ports, rebuild, DEFAULT_SETTINGS);
      await switchToRebuild(ports, rebuild, rebuild);
    };
    return repair(ports, { settings, views, select, ignorePace: true, isDeep, rebuildDay });
  };

  test('a settled file whose live files have gone is made again from raw data', async () => {
    small.clock.now += 2 * DAY_MS;
    age(small, 48);
    await collect(small.lake.ports);
    const [file = ''] = await newestFiles('events', '2026-10-05');
    rmSync(join(small.lake.lakeRoot, file));
    const report = await mended();
    expect(report.failures).toEqual([]);
    expect(report.drifts).toEqual([]);
    expect(report.repaired?.map(({ kind }) => kind)).toContain('settled_file_missing');
    expect(await campaigns()).toEqual(OF_THEN);
    expect(await rebuildNumbers(small.lake.ports.lake)).toEqual([0]);
    expect((await newestRebuild(small.lake.ports.lake))?.from).toBe('2026-10-05');
  });

  test('so is a day whose record is damaged', async () => {
    small.clock.now += 2 * DAY_MS;
    age(small, 48);
    await collect(small.lake.ports);
    const [record = ''] = (await keysOf(small, 'v1/state/generations/dt=2026-10-05/events/')).slice(-1);
    writeFileSync(join(small.lake.lakeRoot, record), '{"half');
    const report = await mended();
    expect(report).toMatchObject({ drifts: [], failures: [] });
    expect(await campaigns()).toEqual(OF_THEN);
  });

  test('other bytes of the same length in a live file are found by a deep audit, and mended', async () => {
    small.put(rawKey(SENT + 2000, 'c'), ndjson(sesBounce({ messageId: 'm2' })));
    await small.plan();
    const [outcome] = await small.transformAll();
    const path = join(small.lake.lakeRoot, outcome?.files.find(({ table }) => table === 'events')?.key ?? '');
    const { mtimeMs } = statSync(path);
    const bytes = readFileSync(path);
    bytes.fill(0xff, 8, 40);
    writeFileSync(path, bytes);
    utimesSync(path, mtimeMs / 1000, mtimeMs / 1000);
    const { settings } = small.lake;
    expect((await audit(small.lake.ports, { settings })).drifts.map(({ kind }) => kind)).not.toContain(
      'live_file_differs',
    );
    const report = await mended(true);
    expect(report.failures).toEqual([]);
    expect(report.repaired?.map(({ kind }) => kind)).toContain('live_file_differs');
    expect(await small.rows('select count(*) as n from events')).toEqual([{ n: 5 }]);
    small.clock.now += HOUR_MS;
    expect((await audit(small.lake.ports, { settings })).drifts.map(({ kind }) => kind)).toEqual([]);
  });
});
