/** Scripts that fill a lake on a small disk, and read one that is mounted read-only. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { RAW_RECORD } from '#local/raw/known-folder.ts';
import { CLI } from './command.ts';

/** May this user mount a file system of its own, in a namespace of its own (Linux, unshare(1))? */
export const canMount = (): boolean =>
  spawnSync('unshare', ['-Urm', 'sh', '-c', 'mount -t tmpfs -o size=1m tmpfs /mnt']).status === 0;

export interface Script {
  program: string;
  args: string[];
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const lakeOf = (...args: string[]): string => [process.execPath, CLI, ...args].map(quote).join(' ');

/** A shell of its own, to which mounts are private. */
const privately = (...commands: string[]): Script => ({
  program: 'unshare',
  args: ['-Urm', 'sh', '-c', commands.join('; ')],
});

/**
 * A script that runs on a disk too small, says how that ended, makes room and runs again, and copies the lake to `kept`.
 * With a mount of its own the disk is a tmpfs of `kilobytes`; otherwise no file may be larger than 64 KB (ulimit -f counts
 * in 512 bytes, POSIX), which fails writes in the same places, with EFBIG for ENOSPC.
 */
export function fullDiskScript(raw: string, lake: string, kept: string, kilobytes: number): Script {
  const run = lakeOf('run', '--raw', raw, '--lake', lake);
  const after = [`echo "second: $?"`, `cp -a ${quote(lake)}/. ${quote(kept)}`];
  return canMount()
    ? privately(
        `mount -t tmpfs -o size=${kilobytes}k tmpfs ${quote(lake)}`,
        run,
        'echo "first: $?"',
        `mount -o remount,size=2g ${quote(lake)}`,
        run,
        ...after,
      )
    : { program: 'sh', args: ['-c', [`(ulimit -f 128; ${run})`, 'echo "first: $?"', run, ...after].join('; ')] };
}

/**
 * A script that copies a lake onto a disk of its own, makes that read-only, asks and audits the lake, runs, and says how each ended;
 * then runs with the right to write again. Needs a mount of its own.
 */
export function readOnlyScript(raw: string, from: string, lake: string): Script {
  const run = lakeOf('run', '--raw', raw, '--lake', lake);
  return privately(
    `mount -t tmpfs -o size=2g tmpfs ${quote(lake)}`,
    `cp -a ${quote(from)}/. ${quote(lake)}`,
    // The raw folder may be another, too.
    `rm ${quote(join(lake, RAW_RECORD))}`,
    `mount -o remount,ro ${quote(lake)}`,
    lakeOf('query', 'select count(*) > 0 as found from events', '--lake', lake, '--format', 'csv'),
    'echo "query: $?"',
    `${lakeOf('audit', '--raw', raw, '--lake', lake)} | head -1`,
    run,
    'echo "read-only: $?"',
    `mount -o remount,rw ${quote(lake)}`,
    run,
    'echo "writable: $?"',
  );
}
