import { describe, expect, test } from 'vitest';
import { currentSchema, readLock, refusedChanges, type SchemaLock, unlocked } from './schema-lock.ts';

const lock = readLock();
const now = await currentSchema();

test('fault 64: no column of a table or view has changed its type or gone since the schema was locked', () => {
  expect(refusedChanges(lock, now)).toEqual([]);
});

test('the lock holds every table, view and column; else run: node test/lake/tables/schema-lock.ts', () => {
  expect(unlocked(lock, now)).toEqual([]);
  expect(Object.keys(lock.tables)).toContain('events');
  expect(Object.keys(lock.views)).toContain('deliverability_daily');
});

/** The schema with one column of a relation as it is told; undefined leaves it out. */
function withColumn(
  schema: SchemaLock,
  kind: keyof SchemaLock,
  name: string,
  column: string,
  type?: string,
): SchemaLock {
  const { key = '', columns = {} } = schema[kind][name] ?? {};
  const { [column]: _, ...others } = columns;
  const changed = { key, columns: type === undefined ? others : { ...others, [column]: type } };
  return { ...schema, [kind]: { ...schema[kind], [name]: changed } };
}

describe.each(['tables', 'views'] as const)('fault 64: of all %s', (kind) => {
  const columns = Object.entries(lock[kind]).flatMap(([name, { columns: types }]) =>
    Object.keys(types).map((column) => [name, column] as const),
  );

  test('any column that goes is refused by name', () => {
    for (const [name, column] of columns) {
      expect(refusedChanges(lock, withColumn(lock, kind, name, column))).toEqual([`${name}.${column} is gone`]);
    }
    expect(columns.length).toBeGreaterThan(100);
  });

  test('any column that changes its type is refused, with both types', () => {
    for (const [name, column] of columns) {
      const type = lock[kind][name]?.columns[column];
      expect(refusedChanges(lock, withColumn(lock, kind, name, column, 'real'))).toEqual([
        `${name}.${column} is real instead of ${type}`,
      ]);
    }
  });

  test('one that goes as a whole, or has another key, is refused', () => {
    for (const [name, relation] of Object.entries(lock[kind])) {
      const { [name]: _, ...others } = lock[kind];
      expect(refusedChanges(lock, { ...lock, [kind]: others })).toEqual([`${name} is gone`]);
      const changed = { ...lock, [kind]: { ...lock[kind], [name]: { ...relation, key: 'other' } } };
      expect(refusedChanges(lock, changed)).toEqual([`${name} has another key: other instead of ${relation.key}`]);
    }
  });
});

test('a column that may be null may come, and is told of until it is locked; one that may not be null is refused', () => {
  const more = withColumn(lock, 'tables', 'events', 'weather', 'string');
  expect(refusedChanges(lock, more)).toEqual([]);
  expect(unlocked(lock, more)).toEqual(['events.weather']);
  expect(refusedChanges(lock, withColumn(lock, 'tables', 'events', 'weather', 'string not null'))).toEqual([
    'events.weather is new and not null: partitions of before have none',
  ]);
});

describe.each(['units', 'generations', 'audits'])('of %s, whose partitions keep their own columns,', (name) => {
  const columns = Object.entries(lock.tables[name]?.columns ?? {});
  const withColumns = (entries: readonly (readonly [string, string])[]): SchemaLock => ({
    ...lock,
    tables: {
      ...lock.tables,
      [name]: { key: lock.tables[name]?.key ?? '', columns: Object.fromEntries(entries) },
    },
  });

  test('a new column comes behind all others', () => {
    expect(refusedChanges(lock, withColumns([...columns, ['weather', 'string']]))).toEqual([]);
  });

  test('one that comes between, and two that change places, are refused', () => {
    const [first = ['', ''], second = ['', ''], ...others] = columns;
    const refusal = (column: string) => `${name}.${column} has another place: columns come behind those that are there`;
    expect(refusedChanges(lock, withColumns([first, ['weather', 'string'], second, ...others]))).toEqual([
      refusal(second[0]),
    ]);
    expect(refusedChanges(lock, withColumns([second, first, ...others]))).toEqual([refusal(first[0])]);
  });
});
