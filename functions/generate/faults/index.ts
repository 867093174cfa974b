/** Adds every fault that raw data can have to generated raw data. */
import type { RawFolder } from '../records/raw-folder.ts';
import type { Period } from '../sender/schedule.ts';
import type { Ledger } from '../truth/ledger.ts';
import { Bench } from './bench.ts';
import { BYTE_FAULTS } from './bytes.ts';
import { bomb, CONTAINER_FAULTS } from './containers.ts';
import { CONTENT_FAULTS, manyDates } from './content.ts';
import { COPY_FAULTS } from './copies.ts';
import { VALUE_FAULTS } from './values.ts';

export interface FaultOptions {
  /** row 13: takes its reader many seconds */
  bomb: boolean;
  /** row 33: over how many days */
  dates: number;
}

/** Adds each fault that raw data can have (test/README.md, rows 1 to 38), with what must come of it, to the folder and the truth. */
export function addFaults(
  seed: number,
  period: Period,
  ledger: Ledger,
  folder: RawFolder,
  options: FaultOptions,
): void {
  const bench = (row: number): Bench => new Bench(row, seed, period, ledger, folder);
  const rows = [...BYTE_FAULTS, ...CONTAINER_FAULTS, ...VALUE_FAULTS, ...CONTENT_FAULTS, ...COPY_FAULTS];
  for (const [row, make] of rows) make(bench(row));
  if (options.bomb) bomb(bench(13));
  if (options.dates > 0) manyDates(bench(33), options.dates);
}
