/** Generates raw data into a temporary folder for a test. */
import { createReadStream, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import type { GenerateOptions, GenerateSummary, Truth } from '#generate/index.ts';
import { generate } from '#generate/index.ts';

export interface Generated {
  folder: string;
  summary: GenerateSummary;
  truth: Truth;
}

/** Generates into a folder of its own, gives it to `look`, and takes it away again. */
export async function generated<T>(
  options: Omit<GenerateOptions, 'out' | 'truth'>,
  look: (made: Generated) => T | Promise<T>,
): Promise<T> {
  const home = mkdtempSync(join(tmpdir(), 'maillake-generate-'));
  try {
    const [folder, truthPath] = [join(home, 'raw'), join(home, 'truth.json')];
    const summary = await generate({ ...options, out: folder, truth: truthPath });
    const truth: Truth = JSON.parse(readFileSync(truthPath, 'utf8'));
    return await look({ folder, summary, truth });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** The keys of all objects, in order. */
export const keysIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();

export const bodyOf = (folder: string, key: string): AsyncIterable<Uint8Array> => createReadStream(join(folder, key));

export const modifiedOf = (folder: string, key: string): number => statSync(join(folder, key)).mtimeMs;
