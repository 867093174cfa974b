/** Checks the row counts of what settle wrote, before readers are pointed at it. */
import type { Engine, Input, SqlValue } from '../../ports.ts';
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
  const input = inputOf(output);
  const { rows } = await engine.query(settleChecks(output.table, [input]), [input]);
  check(output, rows[0]);
}

/** The same for several days of one table, by one query. */
export async function checkOutputs(engine: Pick<Engine, 'query'>, outputs: readonly SettleOutput[]): Promise<void> {
  const [first] = outputs;
  if (first === undefined) return;
  if (outputs.length === 1) return checkOutput(engine, first);
  const inputs = outputs.map(inputOf);
  const { rows } = await engine.query(settleChecks(first.table, inputs), inputs);
  const counts = new Map(rows.map(([dt, ...ofDay]) => [dt, ofDay]));
  for (const output of outputs) check(output, counts.get(output.dt) ?? [0, 0]);
}

const inputOf = ({ table, dt, location, files }: SettleOutput): Input => ({
  table,
  stage: 'settled',
  dt,
  generation: generationOfLocation(location),
  keys: files.map(({ key }) => key),
});

function check(output: SettleOutput, counts: readonly SqlValue[] = []): void {
  const { table, dt, location, rowsBefore, rowsIn, rowsOut } = output;
  const [count, distinct] = counts.map(Number);
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
