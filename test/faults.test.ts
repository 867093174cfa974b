import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** What can go wrong with raw data, values, duplicates and lateness: 1 to 38 so far, and 39 to 42, of the fault list. */
const ROWS = Array.from({ length: 42 }, (_, i) => i + 1);

test('each kind of fault has a test that carries its number', () => {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const covered = new Set<number>();
  for (const file of globSync('**/*.test.ts', { cwd: folder })) {
    const text = readFileSync(`${folder}/${file}`, 'utf8');
    for (const [, rows = ''] of text.matchAll(
      /(?:test|it|describe)(?:\.each)?\([\s\S]{0,2}?\s*['"`][^'"`\n]*?\bfaults? (\d+(?:(?:, | and |–|-)\d+)*)/g,
    )) {
      for (const row of rows.match(/\d+/g) ?? []) covered.add(Number(row));
    }
  }
  expect(ROWS.filter((row) => !covered.has(row))).toEqual([]);
});
