import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generate } from '#generate/index.ts';
import { folder } from '../lake.ts';

const here = folder();
beforeAll(async () => {
  await generate({ out: here.at('raw'), messages: 60, days: 2, seed: 5 });
  await here.lake('run', '--raw', 'raw');
  writeFileSync(
    here.at('.lake/lake/settings.json'),
    JSON.stringify({ tags: { 'ses:operation': 'journey_activity_id' } }),
  );
}, 120_000);
afterAll(() => here.remove());

const COUNT = 'select count(journey_activity_id) as activities from events';
const counts = async (): Promise<unknown> => JSON.parse((await here.lake('query', COUNT, '--json')).stdout);

test('a changed tag is named, shown after --switch, and taken back with --back', async () => {
  const warned = await here.lake('run', '--raw', 'raw');
  expect(warned.stderr).toContain('make them alike: npm run lake -- rebuild');
  const before = await counts();
  const { stdout, code } = await here.lake('rebuild');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Rebuild 0 of all days: \d+ records read again/);
  expect(stdout).toMatch(/events\.journey_activity_id +\d+ rows on \d+ days?, such as NULL → \S/);
  expect(stdout).toContain('Readers see none of it yet. Switch them: npm run lake -- rebuild --switch');
  expect(await counts()).toEqual(before);

  expect((await here.lake('rebuild', '--switch')).stdout).toMatch(/^Readers see rebuild 0: \d+ days of tables/);
  expect(await counts()).not.toEqual(before);
  expect((await here.lake('audit', '--raw', 'raw')).code).toBe(0);

  expect((await here.lake('rebuild', '--back')).stdout).toMatch(/^Readers see what they had before rebuild 0/);
  expect(await counts()).toEqual(before);
}, 120_000);

test('wrong usage is said in words', async () => {
  const both = await here.lake('rebuild', '--switch', '--drop');
  expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('only one at a time')]);
  const late = await here.lake('rebuild', '--from', '2026-01-02', '--to', '2026-01-01');
  expect([late.code, late.stderr]).toEqual([2, expect.stringContaining('--from 2026-01-02 is after --to 2026-01-01')]);
  const dropped = await here.lake('rebuild', '--drop');
  expect([dropped.code, dropped.stderr]).toEqual([
    2,
    expect.stringContaining('readers have been switched to rebuild 0'),
  ]);
});
