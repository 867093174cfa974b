/** What was computed with other SQL, seeds or settings than there are today. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ExpiredDays } from '#lake/protocol/expired.ts';
import { recipeKey, recipesRoot } from '#lake/protocol/keys.ts';
import { openUnits } from '#lake/protocol/open-units.ts';
import { createState, type Generation, readState } from '#lake/protocol/records.ts';
import type { Settings } from '#lake/settings.ts';
import type { View } from '#lake/sql/views/view.ts';
import { type AuditReport, acknowledge, audit } from '#lake/steps/audit.ts';
import { rollup } from '#lake/steps/rollup.ts';
import { outdatedDays } from '#lake/steps/settle/outdated.ts';
import { settleRecipe } from '#lake/steps/settle/select.ts';
import { settle } from '#lake/steps/settle.ts';
import { ndjson, rawKey, SENT, sesDelivery, sesOpen, sesSend } from '#test/records.ts';
import { type SmallLake, smallLake } from '#test/small-lake.ts';
import { age, keysOf } from './aged.ts';

const DAY = 86_400_000;
const NOTHING = new ExpiredDays();
let small: SmallLake;
beforeEach(async () => {
  small = await smallLake();
});
afterEach(() => small.close());

/** Mail sent on each of so many days, opened once. */
async function days(n: number): Promise<void> {
  for (let day = 0; day < n; day++) {
    const parts = { messageId: `m${day}`, sentAt: SENT + day * DAY };
    small.put(rawKey(parts.sentAt, 'a'), ndjson(sesSend(parts), sesDelivery(parts), sesOpen(parts)));
  }
  await small.run();
}

/** The views as they are once somebody has edited one of them, or a seed. */
const edited = (name: string, edit: (sql: string) => string): View[] =>
  small.lake.views.map((view) => (view.name === name ? { ...view, sql: edit(view.sql) } : view));
const rollupWith = (views: readonly View[], mostOutdated?: number) => {
  const { ports, settings, rollupSelect: select } = small.lake;
  const options = { settings, views, select, ...(mostOutdated === undefined ? {} : { mostOutdated }) };
  return rollup(ports, options).then((done) => done.map(({ dt }) => dt));
};
const auditWith = (views: readonly View[], settings = small.lake.settings): Promise<AuditReport> =>
  audit(small.lake.ports, { views, select: small.lake.rollupSelect, settings });
const found = ({ drifts }: AuditReport): string[] => drifts.map(({ kind, key }) => `${kind} ${key}`);

describe('fault 77: recipient_messages', () => {
  test('is computed again once a seed that it reads has been edited, and the audit says so before', async () => {
    const agent = 'Mozilla/5.0 (via ggpht.com GoogleImageProxy)';
    small.put(rawKey(SENT, 'a'), ndjson(sesSend(), sesDelivery(), sesOpen({ at: SENT + 3_600_000, agent })));
    await small.run();
    const counted = (): Promise<unknown> => small.rows('select human_opens from recipient_messages');
    const views = edited('seed_machine_agents', (sql) =>
      sql.replace(/\('googleimageproxy', 'contains', ('\w+'), true,/i, "('googleimageproxy', 'contains', $1, false,"),
    );
    expect(await counted()).toEqual([{ human_opens: 1 }]);
    expect(found(await auditWith(small.lake.views))).toEqual([]);
    expect(found(await auditWith(views))).toEqual(['outdated_day recipient_messages dt=2026-10-05']);
    expect(await rollupWith(views)).toEqual(['2026-10-05']);
    expect(await rollupWith(views)).toEqual([]);
    expect(found(await auditWith(views))).toEqual([]);
    expect(await counted()).toEqual([{ human_opens: 0 }]);
    expect(await rollupWith(small.lake.views)).toEqual(['2026-10-05']);
    expect(await counted()).toEqual([{ human_opens: 1 }]);
  });

  test('stays as it is when a seed is edited that it does not read, or a comment is', async () => {
    await days(1);
    expect(
      await rollupWith(edited('seed_thresholds', (sql) => sql.replace('values', "values\n('x', 0.5, 'y'),"))),
    ).toEqual([]);
    expect(await rollupWith(edited('email_events', (sql) => `-- a word\n  ${sql}\n`))).toEqual([]);
  });

  test('is computed again from the newest day on, some days each time, beside what else is stale', async () => {
    await days(4);
    const views = edited('email_events', (sql) => `${sql}\nlimit 1000000`);
    const late = { messageId: 'm0', sentAt: SENT, at: SENT + 9000 };
    small.put(rawKey(SENT, 'late'), ndjson(sesOpen(late)));
    await small.plan();
    await small.transformAll();
    await small.settle();
    expect(await rollupWith(views, 1)).toEqual(['2026-10-05', '2026-10-08']);
    expect(await rollupWith(views, 1)).toEqual(['2026-10-07']);
    expect(await rollupWith(views, 1)).toEqual(['2026-10-06']);
    expect(await rollupWith(views, 1)).toEqual([]);
  });
});

describe('fault 77: settled days', () => {
  /** As a settle of other rules would have made it. */
  async function age77(table: string): Promise<void> {
    const { lake } = small.lake.ports;
    for (const key of await keysOf(small, 'v1/state/generations/')) {
      if (!key.includes(`/${table}/`)) continue;
      const generation = await readState<Generation>(lake, key);
      await lake.remove(key);
      await createState(lake, key, { ...generation, recipe: '0123456789abcdef' });
    }
    for (const key of await keysOf(small, recipesRoot)) await lake.remove(key);
    await createState(lake, recipeKey(0, '0123456789abcdef'), {});
  }

  test('are computed again by the rules of today, also where the collector has been; the audit names them before', async () => {
    await days(3);
    age(small, 30);
    small.clock.now += DAY;
    const { ports, settings } = small.lake;
    await age77('headers');
    expect(found(await auditWith(small.lake.views))).toEqual([
      'outdated_day headers dt=2026-10-05',
      'outdated_day headers dt=2026-10-06',
      'outdated_day headers dt=2026-10-07',
    ]);
    const before = await small.rows('select message_id, position, name, dt from headers order by 1, 2');
    const some = await settle(ports, {
      settings,
      open: await openUnits(ports.lake),
      mostOutdated: 2,
      ignorePace: true,
    });
    expect(some.map(({ table, dt }) => `${table} ${dt}`)).toEqual(expect.arrayContaining(['headers 2026-10-07']));
    await settle(ports, { settings, open: [], ignorePace: true });
    expect(found(await auditWith(small.lake.views))).toEqual([]);
    expect(await small.rows('select message_id, position, name, dt from headers order by 1, 2')).toEqual(before);
  });

  test('are looked for once: then a mark says that there are none, until the rules change', async () => {
    await days(2);
    const { lake } = small.lake.ports;
    await age77('clicks');
    expect(await outdatedDays(lake, 9, NOTHING)).toEqual([]);
    expect(await keysOf(small, recipesRoot)).toHaveLength(2);
    const reading = {
      ...lake,
      list: lake.list.bind(lake),
      create: lake.create.bind(lake),
      get: () => Promise.reject(new Error('read')),
    };
    expect(await outdatedDays(reading, 9, NOTHING)).toEqual([]);
    // back to other rules and forth: the newest mark counts
    await createState(lake, recipeKey(2, '0123456789abcdef'), {});
    await expect(outdatedDays(reading, 9, NOTHING)).rejects.toThrow('read');
  });

  test('know their rules whatever columns are added', () => {
    expect(settleRecipe('events')).toMatch(/^[0-9a-f]{16}$/);
    expect(new Set(['events', 'headers', 'clicks'].map(settleRecipe)).size).toBe(3);
  });

  test('whose rows were decoded with other settings are named until a person has seen it', async () => {
    await days(1);
    const settings: Settings = { ...small.lake.settings, tags: [['autumn', 'campaign_id']] };
    const named = found(await auditWith(small.lake.views, settings));
    expect(named).toEqual(['other_settings events dt=2026-10-05', 'other_settings headers dt=2026-10-05']);
    const { drifts, acknowledged } = await acknowledge(small.lake.ports, { settings });
    expect([drifts, acknowledged.length]).toEqual([[], 2]);
  });
});
