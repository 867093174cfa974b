import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openUnits } from '#lake/protocol/open-units.ts';
import { beginTry, endTry, VISIBILITY_MS } from '#lake/steps/transform/tries.ts';
import { transform } from '#lake/steps/transform.ts';
import { openLake } from '#local/lake.ts';
import { ndjson, sesSend } from '#test/records.ts';
import { folder } from '../lake.ts';

const here = folder();
const raw = here.at('.lake/raw');
let unit = '';

/** A unit of two objects whose three tries failed, so that it was split, by somebody who died before its halves. */
beforeAll(async () => {
  mkdirSync(raw, { recursive: true });
  for (const name of ['a', 'b']) writeFileSync(here.at(`.lake/raw/${name}`), ndjson(sesSend({ messageId: name })));
  expect((await here.lake('plan')).code).toBe(0);
  const { ports, settings, version, close } = await openLake({ raw, lake: here.at('.lake/lake') });
  const [open] = await openUnits(ports.lake);
  if (!open) throw new Error('nothing was planned');
  for (let k = 0; k < 3; k++) {
    await beginTry(ports, open.unit, VISIBILITY_MS);
    await endTry(ports, open.unit, k, 'failed', 'died');
  }
  expect((await transform(ports, open, { settings, version })).status).toBe('split');
  unit = open.unit;
  await close();
});
afterAll(() => here.remove());

describe('transform', () => {
  test('of a half reads that half; of the unit, what is open of its halves; then there is nothing to do', async () => {
    const half = await here.lake('transform', `${unit}a`, '--json');
    expect(JSON.parse(half.stdout)).toMatchObject({ units: 1, objects: 1, records: 1, accepted: 1 });
    expect(half.code).toBe(0);
    const rest = await here.lake('transform', unit, '--workers', '1', '--worker-memory', '400MB');
    expect(rest.stdout).toContain('1 unit: 1 record of 1 object');
    expect(rest.code).toBe(0);
    for (const done of [unit, `${unit}a`]) {
      const again = await here.lake('transform', done);
      expect(again.stdout).toBe(`Nothing to do: ${done} has its outcome.\n`);
      expect(again.code).toBe(0);
    }
    expect((await here.lake('audit')).code).toBe(0);
  });

  test.concurrent.for([
    { args: ['2026-01-31-0123456789ab-0-0'], says: 'no plan has a unit 2026-01-31-0123456789ab-0-0' },
    { args: ['--workers', '0'], says: 'whole number' },
    { args: ['--worker-memory', '100MB'], says: 'It takes a size such as 800MB or 1.5GB, from 200 MB.' },
  ])('refuses $args in words', async ({ args, says }, { expect }) => {
    const { code, stdout, stderr } = await here.lake('transform', ...args);
    expect(stderr).toContain(says);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});
