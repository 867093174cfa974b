import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { FAULT_ROWS } from './fault-rows.ts';
import { faultTable } from './fault-table.ts';

test('each kind of fault that needs no AWS has a test that carries its number', () => {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const covered = new Set<string>();
  for (const file of globSync('**/*.{test,contract}.ts', { cwd: folder })) {
    const text = readFileSync(`${folder}/${file}`, 'utf8');
    for (const [, row] of text.matchAll(/['"`]fault 0*(\d+[ab]?): /g)) covered.add(String(row));
  }
  const rows = FAULT_ROWS.filter(({ beyond }) => beyond !== 'AWS').map(({ row }) => row);
  expect(rows.filter((row) => !covered.has(row))).toEqual([]);
  expect([...covered].filter((row) => !FAULT_ROWS.some((fault) => fault.row === row))).toEqual([]);
});

test('the table of faults says which rows hold, and names those that are not shown to', () => {
  const everyRow = FAULT_ROWS.map(({ row }) => ({ titles: [`fault ${row}: …`], state: 'passed' as const }));
  expect(faultTable(everyRow).unshown).toEqual([]);
  const { lines, unshown } = faultTable([
    ...everyRow.filter(({ titles }) => !/fault (7|8|55|63): /.test(String(titles))),
    { titles: ['fault 08: one of two'], state: 'passed' },
    { titles: ['two of two', 'fault 08: a suite'], state: 'failed' },
    { titles: ['fault 63: by name'], state: 'passed' },
  ]);
  expect(unshown).toEqual(['7', '8']);
  expect(lines.find((line) => line.startsWith('    8 '))).toMatch(/1 of 2 {2}FAILS$/);
  expect(lines.find((line) => line.startsWith('    7 '))).toMatch(/0 of 0 {2}NO TEST$/);
  expect(lines.find((line) => line.startsWith('   55 '))).toMatch(/0 of 0 {2}on AWS$/);
  expect(lines.find((line) => line.startsWith('   63 '))).toMatch(/1 of 1 {2}holds; the rest by npm run test:engines$/);
});
