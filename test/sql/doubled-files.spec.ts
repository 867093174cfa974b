/** Whatever was delivered twice and is not settled yet changes no number, in any view, over a sender's months. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadSql } from '#host/sql-folder.ts';
import { clicks, events, headers } from '#lake/tables/index.ts';
import { generatedLakes } from './generated-lake.ts';
import { type LakeFixture, SQL_FOLDER } from './lake-fixture.ts';

const { views } = await loadSql(SQL_FOLDER);
/** The view that shows every copy, and those on what came in, copies included: from records of the protocol alone. */
const TELL_OF_COPIES = ['email_events', 'data_quality_daily', 'data_freshness'];
const names = views
  .filter(({ folder, name }) => folder !== 'seeds' && !TELL_OF_COPIES.includes(name))
  .map(({ name }) => name);

describe('with each file of each unit there twice', () => {
  let lakes: LakeFixture[];
  beforeAll(async () => {
    const tables = [events, headers, clicks];
    const options = { messages: 1200, days: 35, seed: 7 };
    ({ lakes } = await generatedLakes(options, [{ tables }, { tables, isDoubled: true }]));
  }, 120_000);
  afterAll(() => {
    for (const lake of lakes) lake.close();
  });

  const answers = (sql: string) => Promise.all(lakes.map((lake) => lake.rows(sql)));

  test('there are as many copies as rows', async () => {
    for (const { name } of [events, headers, clicks]) {
      const [once, twice] = await answers(`select count(*) as n from ${name}`);
      expect(Number(once?.[0]?.n)).toBeGreaterThan(100);
      expect(Number(twice?.[0]?.n)).toBe(2 * Number(once?.[0]?.n));
    }
  });

  test.each(names)('%s says the same', async (name) => {
    const [once = [], twice] = await answers(`select * from ${name} order by all`);
    expect(once.length).toBeGreaterThan(0);
    expect(twice).toEqual(once);
  });
});
