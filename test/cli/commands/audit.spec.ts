import { rmSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { folder } from '../lake.ts';

const here = folder();
afterAll(() => here.remove());

test('audit exits with 3 while drift remains; --repair mends what it can and says what it cannot', async () => {
  await here.lake('generate', '--messages', '60', '--days', '2');
  expect((await here.lake('run')).code).toBe(0);
  rmSync(here.at('.lake/lake/catalog/clicks'), { recursive: true });
  writeFileSync(here.at('.lake/raw/late.json'), '{"eventType": nonsense}\n');
  const found = await here.lake('audit');
  expect(found.code).toBe(3);
  expect(found.stdout).toMatch(/missing_partition \(\d+\): a day with data is not in the catalog/);
  expect(found.stdout).toContain('unplanned_object (1): a raw object is in no plan: run plan');

  const repaired = await here.lake('audit', '--repair');
  expect(repaired.stderr).not.toMatch(/error/i);
  expect(repaired.stdout).toMatch(/drifts repaired:/);
  expect(repaired.stdout).toContain('Everything is accounted for.');
  expect(repaired.code).toBe(0);

  writeFileSync(here.at('.lake/raw/late.json'), '{"eventType": "rewritten"}\n');
  const left = await here.lake('audit', '--repair', '--json');
  expect(left.code).toBe(3);
  expect(JSON.parse(left.stdout)).toMatchObject({
    drift_count: 1,
    drifts: [{ kind: 'raw_changed', key: 'late.json' }],
    repaired: [],
    failures: [],
    removed: [],
  });
});

test('what stays for good can be acknowledged: it is listed, and audit exits with 0 until something else happens', async () => {
  const changed = await here.lake('audit');
  expect(changed.code).toBe(3);
  expect(changed.stdout).toContain('1 of it stays for good');
  const other = await here.lake('audit', '--acknowledge', 'other.json', '--json');
  expect(other.code).toBe(3);
  expect(JSON.parse(other.stdout)).toMatchObject({ drift_count: 1, acknowledged: [] });

  const acknowledged = await here.lake('audit', '--acknowledge');
  expect(acknowledged.code).toBe(0);
  expect(acknowledged.stdout).toContain('Everything is accounted for, but for what was acknowledged.');
  const after = await here.lake('audit', '--json');
  expect(after.code).toBe(0);
  expect(JSON.parse(after.stdout)).toMatchObject({
    drift_count: 0,
    drifts: [],
    acknowledged: [{ kind: 'raw_changed', key: 'late.json' }],
  });

  writeFileSync(here.at('.lake/raw/late.json'), '{"eventType": "rewritten again"}\n');
  expect((await here.lake('audit')).code).toBe(3);
  const both = await here.lake('audit', '--repair', '--acknowledge');
  expect(both.code).toBe(2);
});
