/** A rebuild that workers make, handed to them call by call: on a disk, with DuckDB. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS } from '#lake/days.ts';
import { MissingObject } from '#lake/ports.ts';
import { type Rebuild, rebuildPorts } from '#lake/protocol/rebuilds.ts';
import { DEFAULT_SETTINGS, type Settings } from '#lake/settings.ts';
import { audit } from '#lake/steps/audit.ts';
import {
  goBackNow,
  type Moved,
  makeHanded,
  moveOn,
  rebuildThatGoesOn,
  standing,
  switchNow,
} from '#lake/steps/rebuild/hand-out.ts';
import { rollupHanded } from '#lake/steps/rebuild/preview.ts';
import { takeBack } from '#lake/steps/rebuild/switch.ts';
import { beginRebuild, dropRebuild } from '#lake/steps/rebuild.ts';
import { transform } from '#lake/steps/transform.ts';
import { ndjson, rawKey, SENT, sesClick, sesDelivery, sesOpen, sesSend } from '#test/records.ts';
import { type SmallLake, smallLake } from '#test/small-lake.ts';

const TODAY: Settings = { ...DEFAULT_SETTINGS, tags: [['campaign', 'treatment_id']] };
const VERSION = 'def456';

let small: SmallLake;
let rebuild: Rebuild;
beforeAll(async () => {
  small = await smallLake();
  small.put(rawKey(SENT, 'a'), ndjson(sesSend(), sesDelivery()));
  small.put(rawKey(SENT + 1000, 'b'), ndjson(sesOpen(), sesClick({ at: SENT + DAY_MS })));
  await small.run();
  rebuild = await beginRebuild(small.lake.ports, { version: VERSION, from: null, to: null });
});
afterAll(() => small.close());

const options = () => ({ settings: TODAY, views: small.lake.views, select: small.lake.rollupSelect });
const now = (isOutOfTime = false) => ({ today: rebuild, rollup: options(), isOutOfTime: () => isOutOfTime });
const move = (): Promise<Moved> => moveOn(small.lake.ports, rebuild, now());
const change = (isOutOfTime = false): Promise<Moved> => switchNow(small.lake.ports, rebuild, now(isOutOfTime));
const goesOn = (version = VERSION) => rebuildThatGoesOn(small.lake.ports.lake, { version });
const campaigns = (): Promise<unknown> =>
  small.rows('select campaign_id, treatment_id, count(*) as n from events group by 1, 2');
const OF_THEN = [{ campaign_id: 'autumn', treatment_id: null, n: 4 }];
const OF_TODAY = [{ campaign_id: null, treatment_id: 'autumn', n: 4 }];

async function makeAll({ days }: Moved): Promise<void> {
  for (const day of days) {
    if ('work' in day) expect(await makeHanded(small.lake.ports, day.rebuild, day.work)).toMatchObject({ dt: day.dt });
    else expect(await takeBack(small.lake.ports, day.back, day)).toBe(true);
  }
}

test('units are handed out once an hour, until they are read', async () => {
  const { ports } = small.lake;
  const { is, units, left } = await move();
  expect({ is, left }).toEqual({ is: 'reading', left: units.length });
  expect(units[0]).toMatchObject({ rebuild: 0 });
  expect((await move()).units).toEqual([]);
  small.clock.now += HOUR_MS;
  expect((await move()).units).toEqual(units);
  expect(await rebuildPorts(ports, 0, 'of other code')).toBeNull();
  const own = await rebuildPorts(ports, 0, VERSION);
  if (!own) throw new Error('nobody may read');
  for (const unit of units) await transform(own, unit, { settings: TODAY, version: VERSION });
  expect(await standing(ports.lake, VERSION)).toMatchObject({ is: 'under way', isOfToday: true, units_left: 0 });
});

test('then days, which two workers may have, and send days; then it waits for a person', async () => {
  const { ports } = small.lake;
  const due = await move();
  expect(due).toMatchObject({ is: 'making days', left: due.days.length });
  expect((await move()).days).toEqual([]);
  await makeAll(due);
  for (const day of due.days) if ('work' in day) expect(await makeHanded(ports, 0, day.work)).toBeNull();
  const { is, sendDays } = await move();
  expect({ is, sendDays }).toEqual({ is: 'rolling up', sendDays: [{ days: ['2026-10-05'], rebuild: 0 }] });
  expect((await move()).sendDays).toEqual([]);
  for (const { days } of sendDays) expect(await rollupHanded(ports, 0, options(), days)).toHaveLength(1);
  expect((await goesOn())?.n).toBe(0);
  expect(await goesOn('other code')).toBeNull();
  expect((await move()).is).toBe('made');
  expect(await goesOn()).toBeNull();
  expect(await campaigns()).toEqual(OF_THEN);
});

test('a day that changes after it was handed out is made of what is there, or again', async () => {
  small.put(rawKey(SENT + 2000, 'late'), ndjson(sesOpen({ messageId: 'm2' })));
  await small.plan();
  await small.transformAll();
  await small.settle();
  const waits = await change();
  expect(waits).toMatchObject({ is: 'making days', left: 1, days: [{ table: 'events', dt: '2026-10-05' }] });
  await makeAll(waits);
});

test('a switch that has no time is gone on with', async () => {
  const cut = await change(true);
  expect(cut).toMatchObject({ is: 'switched' });
  expect(cut.left).toBeGreaterThan(2);
  expect((await goesOn('other code'))?.n).toBe(0);
  expect(await move()).toMatchObject({ is: 'switched', left: 0 });
  expect(await goesOn()).toBeNull();
  const [today] = OF_TODAY;
  expect(await campaigns()).toContainEqual(today);
  expect(await rollupHanded(small.lake.ports, 0, options(), ['2026-10-05'])).toEqual([]);
  expect(await rebuildPorts(small.lake.ports, 0, VERSION)).toBeNull();
});

test('the way back is handed out, too', async () => {
  const back = await goBackNow(small.lake.ports, rebuild);
  expect(back).toMatchObject({ is: 'going back', left: back.days.length });
  expect((await goBackNow(small.lake.ports, rebuild)).days).toEqual([]);
  await makeAll(back);
  expect(await goBackNow(small.lake.ports, rebuild)).toMatchObject({ left: 0 });
  expect(await campaigns()).toContainEqual({ ...OF_THEN[0], n: 5 });
});

/** Units, days and send days of the newest rebuild, until it is made. */
async function through(): Promise<void> {
  const { ports } = small.lake;
  for (let moved = await move(); moved.is !== 'made'; moved = await move()) {
    const own = await rebuildPorts(ports, rebuild.n, VERSION);
    for (const unit of moved.units) if (own) await transform(own, unit, { settings: TODAY, version: VERSION });
    await makeAll(moved);
    for (const { days } of moved.sendDays) await rollupHanded(ports, rebuild.n, options(), days);
    small.clock.now += HOUR_MS;
  }
}

test('a switch that was cut off is not gone on with once readers were to be given back what they had', async () => {
  const { ports, settings } = small.lake;
  const wanted = { version: VERSION, from: null, to: null };
  rebuild = await beginRebuild(ports, wanted);
  await through();
  expect((await change(true)).left).toBeGreaterThan(2);
  const unfinished = async () =>
    (await audit(ports, { settings })).drifts.filter(({ kind }) => kind === 'unfinished_switch').length;
  expect(await unfinished()).toBeGreaterThan(2);
  expect(await goBackNow(ports, rebuild)).toMatchObject({ is: 'going back', left: 0 });
  expect(await goesOn()).toBeNull();
  expect(await unfinished()).toBe(0);
  expect((await beginRebuild(ports, wanted)).n).toBe(rebuild.n + 1);
});

test('of one that was dropped nothing is made', async () => {
  const { ports } = small.lake;
  rebuild = await beginRebuild(ports, { version: VERSION, from: '2026-10-06', to: null });
  const { units } = await move();
  const own = await rebuildPorts(ports, rebuild.n, VERSION);
  for (const unit of units) if (own) await transform(own, unit, { settings: TODAY, version: VERSION });
  const { days } = await move();
  expect(days.length).toBeGreaterThan(0);
  await dropRebuild(ports, rebuild.n);
  for (const day of days) if ('work' in day) expect(await makeHanded(ports, rebuild.n, day.work)).toBeNull();
  expect(await goesOn()).toBeNull();
  await expect(change()).rejects.toThrow('was dropped');
  await expect(goBackNow(ports, rebuild)).rejects.toThrow('never switched');
  await expect(ports.lake.get(`v1/state/rebuilds/${rebuild.n}/over.json`)).rejects.toThrow(MissingObject);
});
