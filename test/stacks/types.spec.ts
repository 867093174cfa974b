import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { preparePlatform, REPOSITORY } from './platform.ts';

test('sst.config.ts and the stacks are what SST’s own types ask for', async () => {
  await preparePlatform();
  const tsc = join(REPOSITORY, 'node_modules', '.bin', 'tsc');
  const { stdout } = await promisify(execFile)(tsc, ['-p', 'stacks'], { cwd: REPOSITORY }).catch(
    (error: { stdout: string }) => error,
  );
  expect(stdout).toBe('');
}, 300_000);
