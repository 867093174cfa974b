import { describe, expect, test } from 'vitest';
import { HOUR_MS } from '#lake/days.ts';
import { MountedRaw } from '#lake/mounted-raw.ts';
import { laneOf } from '#lake/protocol/lanes.ts';
import { meaningOf, meaningsOf } from '#lake/protocol/meaning.ts';
import { openUnits } from '#lake/protocol/open-units.ts';
import { hourPrefix } from '#lake/protocol/raw-prefixes.ts';
import { DEFAULT_SETTINGS, type Settings } from '#lake/settings.ts';
import { audit } from '#lake/steps/audit.ts';
import { planReach } from '#lake/steps/plan.ts';
import { UnplannedHours } from '#lake/steps/settle/watermark.ts';
import { MemoryQueue } from '#local/memory-queue.ts';
import { ManualClock } from '#test/ports/manual-clock.ts';
import { MemoryCatalog } from '#test/ports/memory-catalog.ts';
import { MemoryStore } from '#test/ports/memory-store.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const HOURLY = 'raw/{yyyy}/{MM}/{dd}/{HH}/';
const hoursAgo = (hours: number, zone = 'UTC'): string => hourPrefix(HOURLY, NOW - hours * HOUR_MS, zone);

const ONE: Settings = { ...DEFAULT_SETTINGS, rawTemplate: HOURLY };
const TWO: Settings = {
  ...ONE,
  otherSources: [{ name: 'oregon', rawTemplate: HOURLY, objectNameOffsetHours: 'America/Los_Angeles' }],
};

function lakeOfTwo() {
  const clock = new ManualClock(NOW);
  const [first, oregon, lake] = [0, 1, 2].map(() => new MemoryStore(() => clock.now())) as [
    MemoryStore,
    MemoryStore,
    MemoryStore,
  ];
  const alone = { raw: first, lake, clock, queue: new MemoryQueue(), catalog: new MemoryCatalog() };
  return { first, oregon, alone, ports: { ...alone, raw: new MountedRaw(first, [['oregon', oregon]]) } };
}

const drifts = async (ports: ReturnType<typeof lakeOfTwo>['ports'], settings: Settings) =>
  (await audit(ports, { settings })).drifts.filter(({ kind }) => kind !== 'open_unit');

describe('several raw sources', () => {
  test('a source that is added is planned beside the first one, each by its own clock, and the first stays as it was', async () => {
    const { first, oregon, alone, ports } = lakeOfTwo();
    first.put(`${hoursAgo(1)}a`, 'a');
    expect(await planReach(alone, ONE, 'tick')).toMatchObject({ objects: 1 });
    // The same name in another bucket is another object.
    oregon.put(`${hoursAgo(1, 'America/Los_Angeles')}a`, 'b');
    oregon.put(`${hoursAgo(1)}not-yet`, 'an hour that is still to come there');
    const planned = await planReach(ports, TWO, 'tick');
    expect(planned).toMatchObject({ objects: 1, known: 1, changed: [] });
    expect(Object.fromEntries(planned.objectsOf)).toEqual({ '': 0, '@oregon/': 1 });
    expect(planned.units.map(({ rawPrefix }) => rawPrefix)).toEqual([`@oregon/${hoursAgo(1, 'America/Los_Angeles')}`]);
    expect((await openUnits(ports.lake)).map(({ rawPrefix }) => rawPrefix).sort()).toEqual([
      `@oregon/${hoursAgo(1, 'America/Los_Angeles')}`,
      hoursAgo(1),
    ]);
    expect(await drifts(ports, TWO)).toEqual([
      expect.objectContaining({ kind: 'unplanned_object', key: `@oregon/${hoursAgo(1)}not-yet` }),
    ]);
    expect(await planReach(ports, TWO, 'all')).toMatchObject({ objects: 1, known: 2 });
    expect(await drifts(ports, TWO)).toEqual([]);
  });

  test.each([
    [null, null],
    [null, HOURLY],
    [HOURLY, null],
  ])(
    'templates %s and %s: each object is in one unit, and a new template of one leaves the other alone',
    async (mine, theirs) => {
      const { first, oregon, ports } = lakeOfTwo();
      const settings = (rawTemplate: string | null, other: string | null): Settings => ({
        ...ONE,
        rawTemplate,
        otherSources: [{ name: 'oregon', rawTemplate: other, objectNameOffsetHours: 0 }],
      });
      for (const hours of [1, 30]) {
        first.put(`${hoursAgo(hours)}a`, 'a');
        oregon.put(`${hoursAgo(hours)}a`, 'a');
      }
      expect(await planReach(ports, settings(mine, theirs), 'all')).toMatchObject({ objects: 4, changed: [] });
      expect(await planReach(ports, settings(mine, theirs), 'all')).toMatchObject({ objects: 0, known: 4 });
      const turned = settings(mine, theirs === null ? HOURLY : null);
      expect(await planReach(ports, turned, 'all')).toMatchObject({ objects: 0, known: 4 });
      oregon.put(`${hoursAgo(1)}b`, 'b');
      expect(await planReach(ports, turned, 'all')).toMatchObject({ objects: 1, known: 4 });
      expect(await drifts(ports, turned)).toEqual([]);
      const layouts = await Array.fromAsync(ports.lake.list('v1/state/layouts/'), ({ key }) => key.slice(17));
      expect(layouts.filter((key) => key.startsWith('@oregon/'))).toHaveLength(2);
      expect(layouts.filter((key) => !key.startsWith('@oregon/'))).toHaveLength(1);
    },
  );

  test('an hour of another source that nobody has planned holds its day back', async () => {
    const { oregon, ports } = lakeOfTwo();
    oregon.put(`${hourPrefix(HOURLY, Date.parse('2026-11-20T20:00:00Z'), 'America/Los_Angeles')}a`, 'a');
    expect(await new UnplannedHours(ports, TWO).holdBack('2026-11-20')).toBe(true);
    expect(await new UnplannedHours(ports, ONE).holdBack('2026-11-20')).toBe(false);
    await planReach(ports, TWO, 'all');
    expect(await new UnplannedHours(ports, TWO).holdBack('2026-11-20')).toBe(false);
  });

  test('a unit waits in the lane of its own source, and a lake with one source means what it meant', () => {
    const unit = { rawPrefix: `@oregon/${hoursAgo(30, 'America/Los_Angeles')}` };
    expect(laneOf(unit, TWO, NOW)).toBe('backfill');
    expect(laneOf({ rawPrefix: `@oregon/${hoursAgo(20, 'America/Los_Angeles')}` }, TWO, NOW)).toBe('live');
    expect(meaningOf(DEFAULT_SETTINGS)).toBe('917bcbc41c47f23f');
    expect(meaningsOf(TWO)).toEqual([meaningOf(ONE), meaningOf(TWO, '@oregon/a')]);
  });

  test('a folder of the first source that is called as a mount is refused, not mixed with the other source', async () => {
    const { first, ports } = lakeOfTwo();
    first.put('@oregon/a', 'a');
    await expect(planReach(ports, { ...TWO, rawTemplate: null }, 'all')).rejects.toThrow(
      'the first raw source has a folder @oregon/',
    );
  });
});
