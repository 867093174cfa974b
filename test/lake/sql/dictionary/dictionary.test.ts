import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadSql } from '#host/sql-folder.ts';
import { dbtSources } from '#lake/sql/dictionary/dbt-sources.ts';
import { dictionary } from '#lake/sql/dictionary/dictionary.ts';
import { TABLES } from '#lake/tables/index.ts';
import { lakeFixture, SQL_FOLDER } from '#test/sql/lake-fixture.ts';

test('sql/README.md is what the declarations say (else run: npm run sql)', async () => {
  const { views } = await loadSql(SQL_FOLDER);
  expect(readFileSync(join(SQL_FOLDER, 'README.md'), 'utf8')).toBe(dictionary(Object.values(TABLES), views));
});

test('sql/sources.yml is what the declarations say, and no text in it is a template of dbt’s (else run: npm run sql)', async () => {
  const { views } = await loadSql(SQL_FOLDER);
  const sources = readFileSync(join(SQL_FOLDER, 'sources.yml'), 'utf8');
  expect(sources).toBe(dbtSources(Object.values(TABLES), views));
  for (const { name } of [...views, ...Object.values(TABLES)]) expect(sources).toContain(`\n      - name: ${name}\n`);
  expect(sources.match(/\{[{%#]/g)).toEqual(['{{']);
});

test('every column of every table and view has a meaning that is a sentence', async () => {
  const { views, rollup } = await loadSql(SQL_FOLDER);
  const columns = [...views, rollup].flatMap((view) =>
    view.columns.map(({ name, doc }) => `${view.name}.${name}: ${doc}`),
  );
  expect(columns.filter((column) => !/: [^ ].*[.]$/s.test(column))).toEqual([]);
});

test('the questions to begin with can be asked', async () => {
  const { views } = await loadSql(SQL_FOLDER);
  const questions = [...dictionary(Object.values(TABLES), views).matchAll(/```sql\n(.*?)```/gs)].map(([, sql]) => sql);
  expect(questions.length).toBeGreaterThan(4);
  const lake = await lakeFixture();
  for (const sql of questions) expect(await lake.rows(String(sql))).toEqual([]);
  lake.close();
});
