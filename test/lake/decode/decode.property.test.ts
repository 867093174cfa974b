import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeDecoder } from '#lake/decode/decode.ts';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { events } from '#lake/tables/events.ts';
import { Rejection } from '#lake/vocabulary.ts';
import { DELIVERED, decodeValues, makeCollector } from './collect.ts';
import { type AnyRecord, FIXTURES, fixture } from './fixture.ts';

const anyFixture = fc.constantFrom(...FIXTURES);
const junk = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom('', 'null', '2026-03-02', 'a@b.c, d@e.f', 2 ** 53, -1, [], {}, [[]], '\ud800', 1e308, true),
);

/** Every place of a record that can be replaced. */
const paths = (value: AnyRecord, path: (string | number)[] = []): (string | number)[][] =>
  value === null || typeof value !== 'object'
    ? [path]
    : [path, ...Object.keys(value).flatMap((name) => paths(value[name], [...path, name]))];

const replaced = (
  record: AnyRecord,
  path: readonly (string | number)[],
  value: unknown,
  isGone: boolean,
): AnyRecord => {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  const copy = Array.isArray(record) ? [...record] : { ...record };
  if (rest.length > 0) copy[name] = replaced(record[name], rest, value, isGone);
  else if (isGone) delete copy[name];
  else copy[name] = value;
  return copy;
};

const mutated = anyFixture.chain((name) => {
  const record = fixture(name);
  const change = fc.tuple(fc.constantFrom(...paths(record)), junk, fc.boolean());
  return fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) =>
    changes.reduce((bent, [path, value, isGone]) => {
      try {
        return replaced(bent, path, value, isGone);
      } catch {
        // An earlier change took away the place of this one.
        return bent;
      }
    }, record),
  );
});

const COLUMNS = Object.entries(events.columns);
const TYPES: Readonly<Record<string, string>> = {
  string: 'string',
  timestamp: 'number',
  int: 'number',
  bigint: 'number',
  boolean: 'boolean',
};

test('a bent record becomes whole rows or a rejection that leaves none', () => {
  const decode = makeDecoder(DEFAULT_SETTINGS);
  fc.assert(
    fc.property(mutated, (record) => {
      const { collected, sink } = makeCollector();
      const text = JSON.stringify(record);
      const context = { attempt: 'a', sourceKey: 'k', sourceOrdinal: 0, deliveredAt: DELIVERED };
      try {
        const verdict = decode(JSON.parse(text), text, context, sink);
        expect(verdict.is === 'accepted').toBe(collected.events.length > 0);
      } catch (error) {
        expect(error).toBeInstanceOf(Rejection);
        expect([collected.events, collected.headers, collected.clicks]).toEqual([[], [], []]);
      }
      for (const row of collected.events) {
        expect(Object.keys(row)).toEqual(COLUMNS.map(([name]) => name));
        for (const [name, value] of Object.entries(row)) {
          const column = events.columns[name as keyof typeof events.columns];
          if (value === null) expect(column.nullable).toBe(true);
          else if (typeof value !== 'bigint') expect(typeof value).toBe(TYPES[column.type]);
          if (typeof value === 'string') expect(value.isWellFormed()).toBe(true);
          if (typeof value === 'number') expect(Number.isSafeInteger(value)).toBe(true);
        }
      }
    }),
    { numRuns: 1500 },
  );
});

test('what a decoder read before changes nothing', () => {
  fc.assert(
    fc.property(fc.array(anyFixture, { minLength: 1, maxLength: 6 }), fc.option(mutated), (names, bent) => {
      const last = names.at(-1) ?? '';
      const alone = decodeValues(fixture(last));
      const { collected, sink } = makeCollector();
      const decode = makeDecoder(DEFAULT_SETTINGS);
      const context = { attempt: 'unit.version', sourceKey: 'raw/object', sourceOrdinal: 0, deliveredAt: DELIVERED };
      const put = (record: AnyRecord) => {
        const text = JSON.stringify(record);
        return decode(JSON.parse(text), text, context, sink);
      };
      for (const name of names.slice(0, -1)) put(fixture(name));
      try {
        put(bent);
      } catch {
        // The other test looks at what it is.
      }
      collected.events.length = 0;
      if (put(fixture(last)).is === 'accepted') expect(collected.events).toEqual(alone.events);
    }),
    { numRuns: 100 },
  );
});
