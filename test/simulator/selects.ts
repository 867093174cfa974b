/** Answers the steps' queries over the protocol's tables from what lies in the simulated store. */
import type { QueryResult, SqlValue } from '#lake/ports.ts';
import { attemptOfFile, unitOfAttempt } from '#lake/protocol/keys.ts';
import { decodeRows, type Row } from './rows.ts';
import type { World } from './world.ts';

const QUARANTINE = [
  'attempt',
  'source_key',
  'source_ordinal',
  'byte_offset',
  'byte_length',
  'range_ordinal',
  'reason',
] as const;

/** @throws Error for a statement that it doesn't know */
export function selected(sql: string, world: World): QueryResult {
  if (/^select attempt, .*\nfrom quarantine order by attempt/.test(sql)) {
    return result(
      quarantineRows(world).map((row) => QUARANTINE.map((name): SqlValue => row[name] ?? null)),
      QUARANTINE,
    );
  }
  if (sql === 'select unit from units where missing_objects > 0 order by unit') {
    const units = [...world.invariants.outcomes.values()].filter(({ missing_objects }) => missing_objects > 0);
    return result(
      units.map(({ unit }) => [unit]).sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
      ['unit'],
    );
  }
  throw new Error(`the simulator doesn't know this statement: ${sql}`);
}

/** Every row that readers of the table see. */
function quarantineRows({ lake, partitions, invariants }: World): Row[] {
  const rows = partitions.locations('quarantine').flatMap(({ location }) =>
    [...lake.keys(location)].flatMap((key): readonly Row[] => {
      const attempt = attemptOfFile(key) ?? '';
      if (!attempt.includes('.poison')) return decodeRows(lake.held(key)?.bytes ?? new Uint8Array());
      // The core's own Parquet: one row for the one object of the unit.
      const [object] = invariants.units.get(unitOfAttempt(attempt))?.objects ?? [];
      return [{ attempt, source_key: object?.key ?? null, source_ordinal: 0, reason: 'poison' }];
    }),
  );
  const order = ({ attempt, source_key, source_ordinal }: Row): string =>
    `${attempt}|${source_key}|${String(source_ordinal).padStart(6, '0')}`;
  return rows.sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

const result = (rows: SqlValue[][], names: readonly string[]): QueryResult => ({
  columns: names.map((name) => ({ name, type: 'varchar' })),
  rows,
});
