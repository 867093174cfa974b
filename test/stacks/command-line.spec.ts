import { execFile } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { logicalName } from '#aws/stage-names.ts';
import { buildPackages, filesOf } from '#test/bundles/build.ts';
import { ACCOUNT } from './graph.ts';
import { PLATFORM, preparePlatform, QUIET_SST, REPOSITORY } from './platform.ts';
import { pretendAws } from './pretended-aws.ts';

/** A copy of what a stage is made from: SST writes beside it. */
const folder = mkdtempSync(join(tmpdir(), 'stage-'));
const copy = join(folder, 'maillake');
/** of the repository */
const copied = [
  'functions',
  'sql',
  'stacks',
  'maillake.config.ts',
  'sst.config.ts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];
let said = '';

beforeAll(async () => {
  await preparePlatform();
  mkdirSync(join(copy, '.sst'), { recursive: true });
  for (const name of copied) {
    cpSync(join(REPOSITORY, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(REPOSITORY, 'node_modules'), join(copy, 'node_modules'));
  symlinkSync(PLATFORM, join(copy, '.sst', 'platform'));
  cpSync(join(PLATFORM, '..', 'provider-lock.json'), join(copy, '.sst', 'provider-lock.json'));
  said = await sst('diff', '--stage', 'dev');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** SST's command line, with an account on loopback and an engine that changes nothing. */
async function sst(...words: string[]): Promise<string> {
  const aws = await pretendAws(ACCOUNT);
  const engine = join(folder, 'config', 'sst', 'bin', 'pulumi');
  mkdirSync(join(engine, '..'), { recursive: true });
  writeFileSync(
    engine,
    `#!/bin/sh\nexec '${process.execPath}' --no-warnings '${join(import.meta.dirname, 'pretended-pulumi.ts')}' "$@"\n`,
  );
  chmodSync(engine, 0o755);
  try {
    const { stdout, stderr } = await promisify(execFile)(join(REPOSITORY, 'node_modules', '.bin', 'sst'), words, {
      cwd: copy,
      timeout: 240_000,
      maxBuffer: 1 << 26,
      env: {
        ...process.env,
        ...QUIET_SST,
        XDG_CONFIG_HOME: join(folder, 'config'),
        AWS_ENDPOINT_URL: aws.address,
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        AWS_REGION: 'eu-west-1',
      },
    });
    return stdout + stderr;
  } catch (error) {
    throw new Error(`sst failed: ${String(Object(error).stdout)}${String(error)}`, { cause: error });
  } finally {
    await aws.close();
  }
}

test('SST’s command line takes config and stacks, and finds what there is to make', () => {
  expect(said).toMatch(/App:\s+maillake/);
  expect(said).toMatch(/Stage:\s+dev/);
  expect(said).toContain('Generated');
  expect(said).not.toMatch(/✕|Failed|Error/);
});

test('what it writes beside the sources is none of the repository’s files', () => {
  const ignored = readFileSync(join(REPOSITORY, '.gitignore'), 'utf8').split('\n');
  const written = readdirSync(copy).filter((name) => !copied.includes(name));
  expect(written.filter((name) => !ignored.some((line) => line.replace(/\/$/, '') === name))).toEqual([]);
});

test('it builds the package of each function that is tested elsewhere, file by file, of less than 10 MB', async () => {
  const ours = await buildPackages(join(folder, 'ours'));
  for (const { name, folder: built } of ours) {
    const zip = join(copy, '.sst', 'artifacts', logicalName(name), 'code.zip');
    expect(existsSync(zip), name).toBe(true);
    console.log(`${name}: ${(statSync(zip).size / 1e6).toFixed(2)} MB`);
    expect(statSync(zip).size).toBeLessThan(10_000_000);
    // SST adds what a function is linked to, which is nothing. A file twice would be named twice.
    expect(namesIn(readFileSync(zip)), name).toEqual([...filesOf(built), 'resource.enc'].sort());
  }
});

/** Files of a zip by its central directory (PKWARE's APPNOTE, 4.3.12). */
function namesIn(zip: Buffer): string[] {
  const names: string[] = [];
  for (let at = zip.indexOf('PK\x01\x02'); at >= 0; at = zip.indexOf('PK\x01\x02', at + 46)) {
    const name = zip.toString('utf8', at + 46, at + 46 + zip.readUInt16LE(at + 28));
    if (!name.endsWith('/')) names.push(name);
  }
  return names.sort();
}
