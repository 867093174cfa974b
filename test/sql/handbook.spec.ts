/** The handbook says what its queries answer. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerTable, demoLake, HANDBOOK, questionsOf } from './handbook.ts';
import type { LakeFixture } from './lake-fixture.ts';

const questions = questionsOf(readFileSync(HANDBOOK, 'utf8'));

test('the handbook has at least twenty-five questions, each with its asker, answer, meaning and remedy', () => {
  expect(questions.length).toBeGreaterThanOrEqual(25);
  expect(new Set(questions.map(({ title }) => title)).size).toBe(questions.length);
  const lacking = questions.filter(
    ({ title, sql, answer, text }) =>
      !title.endsWith('?') ||
      sql === '' ||
      answer.split('\n').length < 4 ||
      !/^_Asked by_ .*^```sql$.*^\| .*^_Read it:_ .*^_Do:_ /ms.test(text),
  );
  expect(lacking.map(({ title }) => title)).toEqual([]);
});

describe('the lake of the demo', () => {
  let lake: LakeFixture;
  beforeAll(async () => {
    lake = await demoLake();
  }, 240_000);
  afterAll(() => lake?.close());

  test.each(questions.map((question) => [question.title, question] as const))(
    'answers as printed: %s (else run npm run handbook)',
    async (_, { sql, answer }) => {
      expect(answerTable(await lake.query(sql))).toBe(answer);
    },
  );

  test.each(['sql/MIGRATION.md', 'sql/CONNECT.md', 'stacks/RUNBOOK.md'])('answers what %s asks', async (document) => {
    for (const [, sql = ''] of readFileSync(document, 'utf8').matchAll(/^```sql\n(.*?)```/gms)) {
      expect((await lake.query(sql)).rows.length).toBeGreaterThan(0);
    }
  });
});
