/** Makes the files of a lake look old, and lists its keys. */
import { readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { HOUR_MS } from '#lake/days.ts';
import type { SmallLake } from '#test/small-lake.ts';

/** Makes every file of a lake as old as if it had been written so many hours before its clock's now. */
export function age(small: SmallLake, hours: number): void {
  const seconds = (small.clock.now - hours * HOUR_MS) / 1000;
  for (const entry of readdirSync(small.lake.lakeRoot, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) utimesSync(join(entry.parentPath, entry.name), seconds, seconds);
  }
}

/** Keys below a prefix of the lake. */
export const keysOf = async ({ lake }: SmallLake, prefix: string): Promise<string[]> =>
  (await Array.fromAsync(lake.ports.lake.list(prefix))).map(({ key }) => key);
