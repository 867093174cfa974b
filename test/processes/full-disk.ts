import { spawnSync } from 'node:child_process';
import { CLI } from './command.ts';

/** May this user mount a file system of its own, in a namespace of its own (Linux, unshare(1))? */
export const canMount = (): boolean =>
  spawnSync('unshare', ['-Urm', 'sh', '-c', 'mount -t tmpfs -o size=1m tmpfs /mnt']).status === 0;

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * A script that runs on a disk too small, says how that ended, makes room and runs again, and copies the lake to `kept`.
 * With a mount of its own the disk is a tmpfs of `kilobytes`; otherwise no file may be larger than 64 KB (ulimit -f counts
 * in 512 bytes, POSIX), which fails writes in the same places, with EFBIG for ENOSPC.
 */
export function fullDiskScript(
  raw: string,
  lake: string,
  kept: string,
  kilobytes: number,
): { program: string; args: string[] } {
  const run = `${quote(process.execPath)} ${quote(CLI)} run --raw ${quote(raw)} --lake ${quote(lake)}`;
  const after = `echo "second: $?"; cp -a ${quote(lake)}/. ${quote(kept)}`;
  return canMount()
    ? {
        program: 'unshare',
        args: [
          '-Urm',
          'sh',
          '-c',
          `mount -t tmpfs -o size=${kilobytes}k tmpfs ${quote(lake)}; ${run}; echo "first: $?"; mount -o remount,size=2g ${quote(lake)}; ${run}; ${after}`,
        ],
      }
    : { program: 'sh', args: ['-c', `(ulimit -f 128; ${run}); echo "first: $?"; ${run}; ${after}`] };
}
