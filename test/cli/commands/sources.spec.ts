/** One lake of several raw folders: an object is known by its folder, and read by its folder's clock. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ndjson, sesDelivery, sesSend } from '#test/records.ts';
import { type Folder, folder } from '../lake.ts';

let here: Folder;
beforeEach(() => {
  here = folder();
  put('Ireland', sesSend());
  put('Oregon (US)', sesDelivery());
});
afterEach(() => here.remove());

/** A name as Firehose makes it, with the time that its clock shows. */
const NAME = 'ses/stream-1-2026-10-05-12-00-00-0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f';

function put(raw: string, record: object): void {
  const path = here.at(`${raw}/${NAME}`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, ndjson(record));
}

const run = (...args: string[]) => here.lake('run', '--lake', here.at('lake'), '--now', '--json', ...args);
const BOTH = (): string[] => ['--raw', here.at('Ireland'), '--raw', here.at('Oregon (US)')];

/** Times as the folders' clocks have them: one is seven hours behind the other. */
async function rows(): Promise<unknown> {
  const sql = "select source_key, format_datetime(delivered_to_lake_at, 'HH:mm') as delivered from events order by 1";
  const { stdout } = await here.lake('query', sql, '--lake', here.at('lake'), '--json');
  return JSON.parse(stdout).map(Object.values);
}

test('two folders fill one lake: the second has a name that begins its keys, and a clock of its own', async () => {
  mkdirSync(here.at('lake'));
  const sources = { 'oregon-us': { objectNameOffsetHours: 'America/Los_Angeles' } };
  writeFileSync(here.at('lake/settings.json'), JSON.stringify({ sources }));
  const first = await run(...BOTH());
  expect(JSON.parse(first.stdout)).toMatchObject({ objects: 2, records: 2, rows: { events: 2 } });
  expect(await rows()).toEqual([
    [`@oregon-us/${NAME}`, '19:00'],
    [NAME, '12:00'],
  ]);
  // What it knows, it reads again without being told.
  expect(JSON.parse((await run()).stdout)).toMatchObject({ objects: 0, known_objects: 2, other_settings_days: [] });
  expect(await here.lake('audit', '--lake', here.at('lake'), '--json')).toMatchObject({ code: 0 });
});

test('a folder is added beside the known one, and makes none of its rows mean something else', async () => {
  await run('--raw', here.at('Ireland'));
  const alone = await run('--raw', here.at('Oregon (US)'));
  expect(alone).toMatchObject({ code: 2, stderr: expect.stringContaining('name both: --raw … --raw …') });
  expect(JSON.parse((await run(...BOTH())).stdout)).toMatchObject({
    objects: 1,
    known_objects: 1,
    other_settings_days: [],
  });
  expect(JSON.parse(readFileSync(here.at('lake/raw-folder.json'), 'utf8')).others).toEqual({
    'oregon-us': expect.stringMatching(/Oregon \(US\)$/),
  });
});

test('a folder in another one, one that is away, and settings for one that is not there are refused in words', async () => {
  const within = await run('--raw', here.at('Ireland'), '--raw', here.at('Ireland/ses'));
  expect(within).toMatchObject({ code: 2, stderr: expect.stringContaining('hold the same objects') });
  await run(...BOTH());
  renameSync(here.at('Oregon (US)'), here.at('away'));
  expect(await run()).toMatchObject({ code: 2, stderr: expect.stringContaining('(its source oregon-us)') });
  renameSync(here.at('away'), here.at('Oregon (US)'));
  writeFileSync(here.at('lake/settings.json'), JSON.stringify({ sources: { oslo: { objectNameOffsetHours: 2 } } }));
  expect(await run()).toMatchObject({ code: 2, stderr: expect.stringContaining('it has: oregon-us') });
});
