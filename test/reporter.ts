/** Vitest's reporter: prints the counts of tests, and the table of faults. */
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Reporter, TestCase, TestModule } from 'vitest/node';
import { ENGINE_ROWS, type FaultRow } from './fault-rows.ts';
import { faultTable, type TestResult } from './fault-table.ts';

/**
 * Ends the run with one plain line that any CI can count: `N passed, N failed`; before it, when every test file of a
 * kind ran, the table of faults.
 */
export default class PlainCount implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0 };
    const results: TestResult[] = [];
    for (const module of modules) {
      const failedBefore = count.failed;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        const decided = state === 'pending' ? 'failed' : state;
        count[decided]++;
        results.push({ titles: titlesOf(test), state: decided });
      }
      // A file that broke outside its tests (on import, in a hook) would otherwise not be counted at all.
      if (module.state() === 'failed' && count.failed === failedBefore) count.failed++;
    }
    for (const { pattern, rows } of WHOLE) {
      if (count.skipped > 0 || !isWhole(modules, pattern)) continue;
      const { lines, unshown } = faultTable(results, rows);
      console.log(`\n${lines.join('\n')}`);
      if (unshown.length > 0) {
        console.log(`faults not shown to hold: ${unshown.join(', ')}`);
        process.exitCode = 1;
      }
    }
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
    console.log(`\n${count.passed} passed, ${count.failed} failed${skipped}`);
  }
}

/** The test's own title, then those of the suites around it. */
function titlesOf(test: TestCase): string[] {
  const titles = [test.name];
  for (let around = test.parent; around.type === 'suite'; around = around.parent) titles.push(around.name);
  return titles;
}

const HERE = fileURLToPath(new URL('.', import.meta.url));

/** Which runs show which rows of the table; left out, all. */
const WHOLE: readonly { pattern: string; rows?: readonly FaultRow[] }[] = [
  { pattern: '**/*.test.ts' },
  { pattern: 'engines/*.spec.ts', rows: ENGINE_ROWS },
];

/** Did every such file run? */
function isWhole(modules: readonly TestModule[], pattern: string): boolean {
  const ran = new Set(modules.map(({ moduleId }) => moduleId));
  return globSync(pattern, { cwd: HERE }).every((path) => ran.has(`${HERE}${path}`));
}
