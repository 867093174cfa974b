/** Checks the row counts of what settle wrote, before readers are pointed at it. */
import type { Engine } from '../../ports.ts';
import { generationOfLocation, liveFolder } from '../../protocol/keys.ts';
import { TABLES } from '../../tables/index.ts';
import { settleChecks } from './select.ts';

/** Checks what a round of settle wrote, before readers are pointed at it. */
export interface SettleOutput {
  table: string;
  dt: string;
  location: string;
  files: readonly { key: string; rows: number }[];
  rowsBefore: number;
  rowsIn: number;
  rowsOut: number;
}

/**
 * As many rows as distinct keys, no fewer than there were, no more than went in. Of headers there may be fewer: another
 * event, with fewer of them, may win.
 * @throws Error naming the location and the rule that is broken
 */
export async function checkOutput(engine: Pick<Engine, 'query'>, output: SettleOutput): Promise<void> {
  const { table, dt, location, files, rowsBefore, rowsIn, rowsOut } = output;
  const input = {
    table,
    stage: 'settled' as const,
    dt,
    generation: generationOfLocation(location),
    keys: files.map(({ key }) => key),
  };
  const { rows } = await engine.query(settleChecks(table, input), [input]);
  const [count, distinct] = (rows[0] ?? []).map(Number);
  const problem =
    count !== rowsOut
      ? `the engine reported ${rowsOut} rows and the files hold ${count}`
      : distinct !== rowsOut
        ? `${rowsOut} rows have only ${distinct} distinct ${TABLES[table]?.key.join(', ')}`
        : rowsOut < rowsBefore && table !== 'headers'
          ? `${rowsOut} rows, but the generation before had ${rowsBefore}`
          : rowsOut > rowsIn
            ? `${rowsOut} rows, but only ${rowsIn} went in`
            : null;
  if (problem) {
    throw new Error(
      `settling ${table} dt=${dt} gave a wrong result, which was not published (${location}): ${problem}; the old state stays, look at the inputs under ${liveFolder(table, dt)}`,
    );
  }
}
