/** The streams of the command line: results go to stdout, everything that is said beside them to stderr. */

import type { Progress } from '#host/progress.ts';
import { safeLines } from '#host/safe-text.ts';
import { type Palette, paletteFor } from './terminal/palette.ts';
import { progressOn } from './terminal/progress.ts';

export interface Console {
  /** of stdout, in columns */
  width: number;
  /** somebody looks at stdout */
  isTerminal: boolean;
  /** for stdout */
  palette: Palette;
  progress: Progress;
  /** Something was written to stdout. */
  readonly hasWritten: boolean;
  /** What was written to stdout could not be kept, as on a full disk. */
  readonly isBroken: boolean;
  /**
   * Writes to stdout and waits while the reader is slow.
   * @throws ReaderGone if its reader has gone; the system's error if it can't be written, such as to a full disk
   */
  write(part: string | Uint8Array): Promise<void>;
  /** Prints lines on stdout. */
  print(lines: Iterable<string>): Promise<void>;
  /** Prints one JSON document on stdout. */
  json(document: unknown): Promise<void>;
  /** A remark on stderr; what acts on a terminal is escaped. */
  note(text: string): void;
  /** Something to look at, on stderr; escaped, too. */
  warn(text: string): void;
}

/** The reader of stdout has gone, as `head` goes: the work may stop, and the exit code is what it was until then. */
export class ReaderGone extends Error {
  override name = 'ReaderGone';
}

/** The width for a pipe or file, if COLUMNS doesn't say another. */
const DEFAULT_WIDTH = 80;
/** Small writes are gathered: one system call for each line would be slow. */
const CHUNK = 64 * 1024;

export function openConsole({ stdout, stderr, env }: Pick<NodeJS.Process, 'stdout' | 'stderr' | 'env'>): Console {
  const errors = paletteFor(stderr);
  let hasWritten = false;
  let broken: Error | null = null;
  let wake: (() => void) | null = null;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    broken = error.code === 'EPIPE' ? new ReaderGone() : error;
    wake?.();
  });
  stdout.on('drain', () => wake?.());
  // What is said beside the results is not the work: without a reader it goes on.
  stderr.on('error', () => {});
  const write = async (part: string | Uint8Array): Promise<void> => {
    if (broken) throw broken;
    hasWritten = true;
    if (!stdout.write(part)) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (broken) throw broken;
  };
  return {
    width: stdout.columns || Number(env.COLUMNS) || DEFAULT_WIDTH,
    isTerminal: stdout.isTTY === true,
    palette: paletteFor(stdout),
    progress: progressOn(stderr),
    get hasWritten() {
      return hasWritten;
    },
    get isBroken() {
      return broken !== null && !(broken instanceof ReaderGone);
    },
    write,
    async print(lines) {
      let chunk = '';
      for (const line of lines) {
        chunk += line.endsWith('\n') ? line : `${line}\n`;
        if (chunk.length < CHUNK) continue;
        await write(chunk);
        chunk = '';
      }
      if (chunk !== '') await write(chunk);
    },
    json: (document) => write(`${JSON.stringify(document, bigintsAsNumbers)}\n`),
    note: (text) => void stderr.write(`${errors.dim(safeLines(text))}\n`),
    warn: (text) => void stderr.write(`${errors.yellow('warning:')} ${safeLines(text)}\n`),
  };
}

export const bigintsAsNumbers = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? Number(value) : value;
