import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UsageError } from '#host/failure.ts';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { readRetention, readSettings } from '#local/settings-file.ts';
import { ndjson, rawKey, SENT, sesOpen, sesSend } from '#test/records.ts';
import { smallLake } from '#test/small-lake.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'settings-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (content: unknown): void =>
  writeFileSync(join(folder, 'settings.json'), typeof content === 'string' ? content : JSON.stringify(content));

describe('settings of a lake', () => {
  test('are the defaults where the lake says nothing', async () => {
    expect(await readSettings(folder, DEFAULT_SETTINGS)).toEqual(DEFAULT_SETTINGS);
  });

  test('say what differs, tags named there first', async () => {
    write({
      tags: { mailing: 'campaign_id', campaign: 'journey_id' },
      objectNameOffsetHours: -7,
      limits: { depth: 50 },
    });
    const { tags, objectNameOffsetHours, limits } = await readSettings(folder, DEFAULT_SETTINGS);
    expect(tags.slice(0, 3)).toEqual([
      ['mailing', 'campaign_id'],
      ['campaign', 'journey_id'],
      ['campaign_id', 'campaign_id'],
    ]);
    expect(tags.filter(([tag]) => tag === 'campaign')).toHaveLength(1);
    expect(objectNameOffsetHours).toBe(-7);
    expect(limits).toEqual({ ...DEFAULT_SETTINGS.limits, depth: 50 });
  });

  test.each([
    ['{', /not JSON: .*settings\.json/],
    [{ parquet: 'fast' }, /parquet/],
    [{ campaigns: [] }, /campaigns/],
    [{ limits: { depth: -1 } }, /limits\.depth/],
    [{ tags: { mailing: 'subject' } }, /tags\.mailing/],
  ])('that are wrong are named with file and place: %j', async (content, message) => {
    write(content);
    await expect(readSettings(folder, DEFAULT_SETTINGS)).rejects.toThrow(UsageError);
    await expect(readSettings(folder, DEFAULT_SETTINGS)).rejects.toThrow(message);
  });

  test('say for how long what is kept, which is no part of the settings and of the version', async () => {
    expect(await readRetention(folder)).toEqual({});
    const days = { events: 730, headers: 400, clicks: 400, recipient_messages: null, quarantine: 90 };
    write({ retention: { rawDays: 800, days } });
    expect(await readRetention(folder)).toEqual({ rawDays: 800, days });
    expect(await readSettings(folder, DEFAULT_SETTINGS)).toEqual(DEFAULT_SETTINGS);
    for (const [wrong, message] of [
      [{ rawDays: 0 }, /retention\.rawDays/],
      [{ days: { events: 1.5, headers: 9, clicks: 9, recipient_messages: 9 } }, /retention\.days\.events/],
      [{ days: { units: 30 } }, /units/],
      [{ days: { events: 730 } }, /not of each of events, headers, clicks and recipient_messages/],
    ] as const) {
      write({ retention: wrong });
      await expect(readRetention(folder), JSON.stringify(wrong)).rejects.toThrow(message);
    }
    write({ retention: { days: { quarantine: 60 } } });
    expect(await readRetention(folder)).toEqual({ days: { quarantine: 60 } });
  });

  test('decide what the tables hold', async () => {
    write({ tags: { mailing: 'campaign_id' }, headerCarriers: ['open'], parquet: 'compatible' });
    const small = await smallLake(await readSettings(folder, DEFAULT_SETTINGS));
    const tags = { mailing: ['summer'] };
    small.put(rawKey(SENT, 'a'), ndjson(sesSend({ tags }), sesOpen({ tags })));
    await small.run();
    expect(await small.rows('select distinct campaign_id from events')).toEqual([{ campaign_id: 'summer' }]);
    expect(await small.rows('select distinct source_ordinal from headers')).toEqual([{ source_ordinal: 1 }]);
    await small.close();
  });
});
