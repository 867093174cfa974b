import type { Reporter, TestModule } from 'vitest/node';

/** Ends the run with one plain line that any CI can count: `N passed, N failed`. */
export default class PlainCount implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      let tests = 0;
      for (const test of module.children.allTests()) {
        tests++;
        const { state } = test.result();
        count[state === 'pending' ? 'failed' : state]++;
      }
      // A file that broke before its first test would otherwise not be counted at all.
      if (tests === 0 || (module.state() === 'failed' && module.errors().length > 0)) count.failed++;
    }
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
    console.log(`\n${count.passed} passed, ${count.failed} failed${skipped}`);
  }
}
