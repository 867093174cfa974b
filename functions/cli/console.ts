/** The streams of the command line: results go to stdout, everything that is said beside them to stderr. */

import type { Progress } from '#host/progress.ts';
import { type Palette, paletteFor } from './terminal/palette.ts';
import { progressOn } from './terminal/progress.ts';

export interface Console {
  /** of stdout, in columns */
  width: number;
  /** for stdout */
  palette: Palette;
  progress: Progress;
  /** Writes to stdout and waits while the reader is slow. */
  write(text: string): Promise<void>;
  /** Prints lines on stdout. */
  print(lines: Iterable<string>): Promise<void>;
  /** Prints one JSON document on stdout. */
  json(document: unknown): Promise<void>;
  /** A remark on stderr. */
  note(text: string): void;
  /** Something to look at, on stderr. */
  warn(text: string): void;
}

/** What a pipe or file gets where no one says how wide it is. */
const DEFAULT_WIDTH = 80;
/** Small writes are gathered: one system call for each line would be slow. */
const CHUNK = 64 * 1024;

export function openConsole({ stdout, stderr, env }: Pick<NodeJS.Process, 'stdout' | 'stderr' | 'env'>): Console {
  const errors = paletteFor(stderr);
  const write = (text: string): Promise<void> =>
    stdout.write(text) ? Promise.resolve() : new Promise((resolve) => stdout.once('drain', resolve));
  return {
    width: stdout.columns || Number(env.COLUMNS) || DEFAULT_WIDTH,
    palette: paletteFor(stdout),
    progress: progressOn(stderr),
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
    note: (text) => void stderr.write(`${errors.dim(text)}\n`),
    warn: (text) => void stderr.write(`${errors.yellow('warning:')} ${text}\n`),
  };
}

const bigintsAsNumbers = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value);
