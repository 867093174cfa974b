import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MEASURE_NAMES, MEASURES } from '#lake/sql/marts/measures.ts';
import { RATES, rateNamed } from '#lake/sql/marts/rates.ts';
import { writtenMarts } from '#lake/sql/marts/write.ts';
import { SQL_FOLDER } from '#test/sql/lake-fixture.ts';

test.each([...writtenMarts()])('%s.sql is what the declarations say (else run: npm run sql)', (name, text) => {
  expect(readFileSync(join(SQL_FOLDER, 'marts', `${name}.sql`), 'utf8')).toBe(text);
});

test('the files that say that they are generated are those that are', () => {
  const files = readdirSync(join(SQL_FOLDER, 'marts')).filter((name) =>
    /^generated: npm run sql/m.test(readFileSync(join(SQL_FOLDER, 'marts', name), 'utf8')),
  );
  expect(files.toSorted()).toEqual([...writtenMarts().keys()].map((name) => `${name}.sql`).toSorted());
});

test('each measure and rate has a name of its own, and no rate another name is found', () => {
  expect(new Set([...MEASURE_NAMES, ...RATES.map(({ name }) => name)]).size).toBe(MEASURES.length + RATES.length);
  expect(() => rateNamed('happiness')).toThrow('no such rate: happiness');
});
