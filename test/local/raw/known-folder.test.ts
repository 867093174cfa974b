import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keepRaw, RAW_RECORD, refuseOtherRaw } from '#local/raw/known-folder.ts';

let lake: string;
beforeEach(() => {
  lake = mkdtempSync(join(tmpdir(), 'raw-record-'));
});
afterEach(() => rmSync(lake, { recursive: true }));

const known = (): unknown => JSON.parse(readFileSync(join(lake, RAW_RECORD), 'utf8')).folder;
const take = async (raw: string): Promise<void> => {
  await refuseOtherRaw(lake, raw);
  keepRaw(lake, raw);
};

test('a folder of a bucket is kept by its address; one within it is the same, and one around it takes its place', async () => {
  await take('s3://bucket/raw/2025/');
  expect(known()).toBe('s3://bucket/raw/2025/');
  await take('s3://bucket/raw/2025/03/');
  expect(known()).toBe('s3://bucket/raw/2025/');
  await take('s3://bucket/');
  expect(known()).toBe('s3://bucket/');
  await take('s3://bucket/raw/2025/');
  expect(known()).toBe('s3://bucket/');
});

test.each(['s3://bucket/raw/2024/', 's3://other/raw/2025/', 's3://bucket2/'])('%s is other raw data', async (raw) => {
  await take('s3://bucket/raw/2025/');
  await expect(refuseOtherRaw(lake, raw)).rejects.toThrow('is filled from another folder: s3://bucket/raw/2025/');
});

test('a folder of this machine and one of a bucket are never the same, even when the folder has gone', async () => {
  const folder = join(lake, 'raw');
  mkdirSync(folder);
  await take('s3://bucket/');
  await expect(refuseOtherRaw(lake, folder)).rejects.toThrow('is filled from another folder: s3://bucket/');
  rmSync(join(lake, RAW_RECORD));
  await take(folder);
  rmSync(folder, { recursive: true });
  await expect(refuseOtherRaw(lake, 's3://bucket/')).rejects.toThrow('is filled from another folder: ');
});
