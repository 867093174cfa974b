/**
 * SST's platform folder (.sst/platform): its components' sources and the providers' types, which evaluation and type check
 * need. Made by SST's own command line: half a minute the first time, nothing after that. It needs npm's registry, and no account.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { takeLock } from '../lock-folder.ts';

export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
export const PLATFORM = join(REPOSITORY, '.sst', 'platform');
/** Written when the folder is whole: which SST made it. */
const MARK = join(REPOSITORY, '.sst', 'prepared');
const LOCK = join(REPOSITORY, '.sst', 'preparing');
const MOST_MINUTES = 10;

/** No question asked, nothing sent, no engine fetched, no account looked for. */
export const QUIET_SST = {
  SST_SKIP_DEPENDENCY_CHECK: 'true',
  SST_NO_BUN: 'true',
  SST_TELEMETRY_DISABLED: '1',
  AWS_EC2_METADATA_DISABLED: 'true',
};

/** Once for all processes that ask at a time. @throws Error with what SST said */
export async function preparePlatform(): Promise<void> {
  const wanted = versionOfSst();
  while (!isPrepared(wanted)) {
    mkdirSync(join(REPOSITORY, '.sst'), { recursive: true });
    if (!takeLock(LOCK)) {
      await setTimeout(500);
      continue;
    }
    try {
      await promisify(execFile)(join(REPOSITORY, 'node_modules', '.bin', 'sst'), ['install', '--stage', 'dev'], {
        cwd: REPOSITORY,
        env: { ...process.env, ...QUIET_SST },
        timeout: MOST_MINUTES * 60_000,
      }).catch((error: { stdout?: string; stderr?: string }) => {
        // It says "unexpected error" where npm can't reach its registry.
        throw new Error(
          `sst install failed, which has npm fetch packages: ${error.stdout ?? ''}${error.stderr ?? ''}${String(error)}`,
        );
      });
      writeFileSync(MARK, wanted);
    } finally {
      rmSync(LOCK, { recursive: true });
    }
  }
}

const isPrepared = (wanted: string): boolean =>
  existsSync(MARK) && readFileSync(MARK, 'utf8') === wanted && existsSync(join(PLATFORM, 'config.d.ts'));

function versionOfSst(): string {
  const path = join(REPOSITORY, 'node_modules', 'sst', 'package.json');
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(path, 'utf8'))).version;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await preparePlatform();
