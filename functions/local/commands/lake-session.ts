import type { LakeOptions, LocalLake } from '../lake.ts';

/**
 * Opens the lake, does the work and closes it, whatever happens. Loaded late, so that `--help` and wrong usage answer
 * without waiting for the engine.
 */
export async function withLake<T>(options: LakeOptions, work: (lake: LocalLake) => Promise<T>): Promise<T> {
  const { openLake } = await import('../lake.ts');
  const lake = await openLake(options);
  try {
    return await work(lake);
  } finally {
    await lake.close();
  }
}
