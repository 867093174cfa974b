import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS } from '#lake/days.ts';
import type { SqlValue } from '#lake/ports.ts';
import { openUnits } from '#lake/protocol/open-units.ts';
import { DEFAULT_SETTINGS, type Settings } from '#lake/settings.ts';
import { audit } from '#lake/steps/audit.ts';
import { planReach } from '#lake/steps/plan.ts';
import { rollup } from '#lake/steps/rollup.ts';
import { settle } from '#lake/steps/settle.ts';
import { transform } from '#lake/steps/transform.ts';
import { TABLES } from '#lake/tables/index.ts';
import { ndjson, rawKey, sesBounce, sesClick, sesDelivery, sesOpen, sesSend } from '#test/records.ts';
import { NOW, type SmallLake, smallLake } from '#test/small-lake.ts';

const SENT = NOW - 3 * DAY_MS;
const settings: Settings = { ...DEFAULT_SETTINGS, rawTemplate: 'ses/{yyyy}/{MM}/{dd}/{HH}/' };

const CONTENT: readonly [at: number, content: string][] = [
  [SENT, ndjson(sesSend({ sentAt: SENT }), sesDelivery({ sentAt: SENT }))],
  [SENT + HOUR_MS, ndjson(sesDelivery({ sentAt: SENT }), sesOpen({ sentAt: SENT, at: SENT + HOUR_MS }))],
  [SENT + DAY_MS, `${ndjson(sesClick({ sentAt: SENT, at: SENT + DAY_MS }))}{"broken`],
  [SENT + 2 * DAY_MS, ndjson(sesBounce({ messageId: 'm2', sentAt: SENT + 2 * DAY_MS }))],
];

const put = (small: SmallLake, part: (typeof CONTENT)[number], i: number): void =>
  small.put(rawKey(part[0], `f${i}`), part[1], part[0]);

/** Every table without what says where a row came from, and when it was made. */
async function tables(small: SmallLake): Promise<unknown> {
  const found: Record<string, Record<string, SqlValue>[]> = {};
  for (const name of ['events', 'headers', 'clicks', 'recipient_messages', 'quarantine']) {
    const { columns = {} } = TABLES[name] ?? {};
    const kept = Object.keys(columns).filter(
      (column) => !columns[column]?.lineage && !['as_of', 'attempt'].includes(column),
    );
    found[name] = await small.rows(
      `select dt, ${kept.join(', ')} from ${name} order by ${kept.slice(0, 4).join(', ')}`,
    );
  }
  return found;
}

/** What the schedule does in an hour of its clock. */
async function work({ lake }: SmallLake, reach: 'tick' | 'hourly' | 'daily' | 'all'): Promise<void> {
  const { ports, views, rollupSelect: select } = lake;
  await planReach(ports, settings, reach);
  for (const unit of await openUnits(ports.lake)) await transform(ports, unit, { settings, version: 'abc123' });
  await settle(ports, { settings, open: await openUnits(ports.lake) });
  await rollup(ports, { settings, views, select });
}

/** The tables of a lake to which nothing has happened. */
let expected: unknown;
beforeAll(async () => {
  const small = await smallLake(settings);
  for (const [i, part] of CONTENT.entries()) put(small, part, i);
  await work(small, 'daily');
  expected = await tables(small);
  await small.close();
});

test('fault 53: with state/ and all tables deleted, a run makes the same tables again', async () => {
  const small = await smallLake(settings);
  try {
    for (const [i, part] of CONTENT.entries()) {
      put(small, part, i);
      await work(small, 'daily');
    }
    expect(await tables(small)).toEqual(expected);
    for (const folder of ['v1', 'catalog']) rmSync(join(small.lake.lakeRoot, folder), { recursive: true });
    small.clock.now += 3 * DAY_MS + 5 * HOUR_MS;
    await work(small, 'all');
    expect(await tables(small)).toEqual(expected);
    expect((await audit(small.lake.ports, { settings })).drifts).toEqual([]);
  } finally {
    await small.close();
  }
});

test('fault 53: with only state/ deleted, files of the life before are nobody’s, and the tables are the same', async () => {
  const small = await smallLake(settings);
  try {
    for (const [i, part] of CONTENT.entries()) put(small, part, i);
    await work(small, 'all');
    rmSync(join(small.lake.lakeRoot, 'v1/state'), { recursive: true });
    small.clock.now += 3 * DAY_MS;
    await work(small, 'all');
    const { quarantine: _, ...settled } = Object(await tables(small));
    const { quarantine: __, ...whole } = Object(expected);
    expect(settled).toEqual(whole);
  } finally {
    await small.close();
  }
});

test.each([-1, 1])(
  'fault 54: with clocks wrong by %i day while data arrives, the tables are the same in the end',
  async (days) => {
    const small = await smallLake(settings);
    try {
      for (const [i, part] of CONTENT.entries()) {
        put(small, part, i);
        // Every other machine's clock is wrong.
        small.clock.now = part[0] + HOUR_MS + (i % 2 === 0 ? days * DAY_MS : 0);
        await work(small, 'tick');
      }
      small.clock.now = NOW;
      await work(small, 'daily');
      small.clock.now = NOW + DAY_MS;
      await work(small, 'daily');
      expect(await tables(small)).toEqual(expected);
      expect((await audit(small.lake.ports, { settings })).drifts).toEqual([]);
    } finally {
      await small.close();
    }
  },
);
