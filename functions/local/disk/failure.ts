/** Turns errors of the file system into those of the ports. */
import { DeniedObject, MissingObject } from '#lake/ports.ts';

/** The code of a system call's error, such as `ENOENT`; empty for any other. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** There is no such file: it or a folder on the way isn't there, or a file stands in the folder's place. */
export const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(codeOf(error));

/** What a failed read of an object means. */
export function readFailure(error: unknown, key: string): unknown {
  if (isMissing(error) || codeOf(error) === 'EISDIR') return new MissingObject(key);
  if (['EACCES', 'EPERM'].includes(codeOf(error))) return new DeniedObject(key, codeOf(error));
  const remedy = REMEDIES[codeOf(error)];
  return remedy ? new Error(`object can't be read, ${remedy}: ${key} (${codeOf(error)})`, { cause: error }) : error;
}

/** What a failed write of an object means, and what to do. */
export function writeFailure(error: unknown, key: string): unknown {
  const remedy = REMEDIES[codeOf(error)];
  return remedy ? new Error(`object can't be written, ${remedy}: ${key} (${codeOf(error)})`, { cause: error }) : error;
}

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: make room and run again',
  EDQUOT: 'the disk quota is used up: make room and run again',
  EFBIG: 'it is larger than the disk or a limit allows (ulimit -f): raise it and run again',
  EROFS: 'the file system is read-only: choose another folder',
  EACCES: 'access to its folder is denied: grant write access and run again',
  EPERM: 'access to its folder is denied: grant write access and run again',
  ENOTDIR: 'a file stands where its folder should be: move that file away',
  EEXIST: 'a file stands where its folder should be: move that file away',
  EISDIR: 'a folder stands in its place: move that folder away',
  ENAMETOOLONG: 'its name is longer than the file system allows',
  EIO: 'the disk reports an error: check it, then run again',
  EMFILE: 'too many files are open: raise the limit (ulimit -n)',
  ENFILE: 'too many files are open on this machine',
};
