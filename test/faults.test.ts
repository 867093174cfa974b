import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** What goes wrong with bytes, values, duplicates and lateness: a test names its row as `fault 12: …`. */
const ROWS = Array.from({ length: 42 }, (_, i) => i + 1);

test('each kind of fault has a test that carries its number', () => {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const covered = new Set<number>();
  for (const file of globSync('**/*.test.ts', { cwd: folder })) {
    const text = readFileSync(`${folder}/${file}`, 'utf8');
    for (const [, row] of text.matchAll(/['"`]fault 0?(\d+): /g)) covered.add(Number(row));
  }
  expect(ROWS.filter((row) => !covered.has(row))).toEqual([]);
});
