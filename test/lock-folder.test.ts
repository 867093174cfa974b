import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { takeLock } from './lock-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'lock-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('one process has it, until it has done', () => {
  const lock = join(folder, 'held');
  expect(takeLock(lock)).toBe(true);
  expect(takeLock(lock)).toBe(false);
  rmSync(lock, { recursive: true });
  expect(takeLock(lock)).toBe(true);
});

test('one whose holder has died is freed', () => {
  const lock = join(folder, 'orphan');
  mkdirSync(lock);
  writeFileSync(join(lock, 'pid'), String(spawnSync(process.execPath, ['-e', '']).pid));
  // Old enough to be no number that is still being written.
  spawnSync('touch', ['-d', '1 minute ago', lock]);
  expect(takeLock(lock)).toBe(false);
  expect(takeLock(lock)).toBe(true);
});
