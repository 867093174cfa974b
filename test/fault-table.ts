/** Says which rows of the table of faults have a passing test; the test run prints it. */
import { FAULT_ROWS, type FaultRow, faultOf } from './fault-rows.ts';

export interface TestResult {
  /** its own title and those of the suites around it: any of them may name the row */
  titles: readonly string[];
  state: 'passed' | 'failed' | 'skipped';
}

export interface FaultTable {
  lines: string[];
  /** rows that AWS isn't needed for and of which no test has passed, or one has failed */
  unshown: string[];
}

/** Row → tests → result, and the rows that are not shown to hold. */
export function faultTable(results: readonly TestResult[], rows: readonly FaultRow[] = FAULT_ROWS): FaultTable {
  const tests = Map.groupBy(results, ({ titles }) => titles.map(faultOf).find((row) => row !== null) ?? '');
  const lines = ['faults: row, tests, result'];
  const unshown: string[] = [];
  for (const fault of rows) {
    const ofRow = tests.get(fault.row) ?? [];
    const passed = ofRow.filter(({ state }) => state === 'passed').length;
    const holds = passed > 0 && passed === ofRow.length;
    const isKnown = ofRow.length === 0 && fault.beyond === 'AWS';
    if (!holds && !isKnown) unshown.push(fault.row);
    lines.push(lineOf(fault, passed, ofRow));
  }
  return { lines, unshown };
}

const BEYOND = { AWS: 'the rest on AWS', engines: 'the rest by npm run test:engines' } as const;

function lineOf({ row, words, beyond }: FaultRow, passed: number, tests: readonly TestResult[]): string {
  const rest = beyond ? `; ${BEYOND[beyond]}` : '';
  const result =
    tests.length === 0 ? (beyond === 'AWS' ? 'on AWS' : 'NO TEST') : passed === tests.length ? `holds${rest}` : 'FAILS';
  return `  ${row.padStart(3)}  ${words.padEnd(44)} ${`${passed} of ${tests.length}`.padStart(8)}  ${result}`;
}
