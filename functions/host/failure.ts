/** What went wrong, in words for a person: what happened to which object, and what to do. */
import { safeLines } from './safe-text.ts';

/** Exit codes of the command line. */
export const EXIT = { done: 0, failed: 1, usage: 2, drift: 3, news: 4, interrupted: 130 } as const;

/** What the person asked for is impossible: an unknown option, a folder that is not there. Exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError';
  readonly hint: string | undefined;
  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** The work failed for a reason that is understood without a stack trace. Exit code 1. */
export class WorkError extends Error {
  override name = 'WorkError';
  readonly hint: string | undefined;
  constructor(message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

/** A statement that does more than read. Its message says what was refused, and what is allowed. */
export class RefusedStatement extends WorkError {
  override name = 'RefusedStatement';
}

export interface Failure {
  message: string;
  hint?: string;
  exitCode: number;
}

/** Explains any error in words. MAILLAKE_DEBUG=1 adds the stack trace. */
export function explain(error: unknown): Failure {
  if (error instanceof UsageError) return failure(error.message, error.hint, EXIT.usage);
  if (error instanceof WorkError) return failure(error.message, error.hint);
  if (error instanceof AggregateError) {
    const all = error.errors.map((one: unknown) => explain(one).message);
    const shown = all.slice(0, 5).concat(all.length > 5 ? [`and ${all.length - 5} more`] : []);
    return failure(shown.join('\n'), 'the rest is done and kept; run it again to try these once more');
  }
  if (!(error instanceof Error)) return failure(`unexpected: ${String(error)}`, UNEXPECTED);
  if (KNOWN.has(error.name)) return failure(error.message);
  if (FAULTS.has(error.name)) return failure(`a fault in maillake itself: ${error.message}`, UNEXPECTED);
  return failure(error.message, systemHint(error) ?? UNEXPECTED);
}

const failure = (message: string, hint?: string, exitCode: number = EXIT.failed): Failure => ({
  message: safeLines(message),
  ...(hint === undefined ? {} : { hint: safeLines(hint) }),
  exitCode,
});

/** Errors of the ports already say what to do. */
const KNOWN = new Set(['MissingObject', 'ChangedObject', 'DeniedObject']);

/** Errors that are thrown only by a mistake in the program. */
const FAULTS = new Set(['TypeError', 'ReferenceError', 'SyntaxError']);

const UNEXPECTED =
  'what is in the lake is safe: running it again does what is missing; for the stack trace set MAILLAKE_DEBUG=1';

const SYSTEM: Record<string, string> = {
  ENOSPC: 'the disk is full: make room and run it again, it goes on where it stopped',
  EDQUOT: 'the disk quota is used up: make room and run it again, it goes on where it stopped',
  EFBIG: 'a file grew larger than the disk or a limit allows (ulimit -f): raise it and run it again',
  EACCES: 'this user may not do that: check the permissions of the folder',
  EPERM: 'this user may not do that: check the permissions of the folder',
  EROFS: 'the file system is read-only: choose another folder with --lake or --out',
  EMFILE: 'too many open files: raise the limit (ulimit -n) and run it again',
  EISDIR: 'that is a folder: name a file',
  ENOTDIR: 'a file stands where a folder should be: choose another name',
};

function systemHint(error: Error): string | undefined {
  if ('code' in error && typeof error.code === 'string') return SYSTEM[error.code];
  // DuckDB gives the system's words and no code
  const words = Object.keys(WORDS).find((text) => error.message.includes(text));
  return words === undefined ? undefined : SYSTEM[WORDS[words] ?? ''];
}

/** The C library's texts for some errors (POSIX, strerror). */
const WORDS: Record<string, string> = {
  'No space left on device': 'ENOSPC',
  'Disk quota exceeded': 'EDQUOT',
  'Read-only file system': 'EROFS',
  'Permission denied': 'EACCES',
  'File too large': 'EFBIG',
};

/** Names that are similar to the given one, the most similar first, at most three. */
export function closest(name: string, names: Iterable<string>): string[] {
  const wanted = name.toLowerCase();
  return [...names]
    .map((candidate) => ({ candidate, distance: editDistance(wanted, candidate.toLowerCase()) }))
    .filter(
      ({ candidate, distance }) => distance <= Math.max(2, Math.floor(wanted.length / 3)) || candidate.includes(wanted),
    )
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** ` Did you mean a, b or c?`, or nothing */
export function didYouMean(name: string, names: Iterable<string>): string | undefined {
  const found = closest(name, names);
  const last = found.pop();
  if (last === undefined) return undefined;
  return `did you mean ${found.length > 0 ? `${found.join(', ')} or ` : ''}${last}?`;
}

/** Levenshtein: how many letters to add, drop or replace. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
