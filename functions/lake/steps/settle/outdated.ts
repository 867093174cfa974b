/**
 * Days whose newest generation was computed with other rules than today's. Most of them have no live files any more, so that
 * no listing of live folders finds them.
 */
import { concurrently } from '../../concurrently.ts';
import type { Store } from '../../ports.ts';
import type { TableDay } from '../../protocol/day-files.ts';
import type { ExpiredDays } from '../../protocol/expired.ts';
import { generationKey, recipeKey, recipesRoot } from '../../protocol/keys.ts';
import { recipeOf } from '../../protocol/recipe.ts';
import { createState, newestGenerations, readableGeneration } from '../../protocol/records.ts';
import { SETTLED_TABLES } from '../../tables/index.ts';
import { settleRecipe } from './select.ts';

/** Generations read at once. */
const AT_ONCE = 32;

/**
 * The newest `most` of these days, newest first. When there are none a numbered mark says so, and until the rules change
 * again this costs one listing; before that a listing of all generations and a read of each newest one down to the last
 * day found.
 */
export async function outdatedDays(
  lake: Pick<Store, 'list' | 'get' | 'create'>,
  most: number,
  expired: ExpiredDays,
): Promise<TableDay[]> {
  const recipe = recipeOf(SETTLED_TABLES.map(({ name }) => settleRecipe(name)).join(' '));
  const marks: string[] = [];
  for await (const { key } of lake.list(recipesRoot)) marks.push(key);
  const last = marks.map(numberOfMark).reduce((a, b) => Math.max(a, b), -1);
  if (marks.includes(recipeKey(last, recipe))) return [];
  const days = (await newestGenerations(lake, SETTLED_TABLES)).filter(({ table, dt }) => !expired.has(table, dt));
  const found: TableDay[] = [];
  for (let at = 0; at < days.length && found.length < most; at += AT_ONCE) {
    const some = await concurrently(days.slice(at, at + AT_ONCE), AT_ONCE, async ({ table, dt, n }) => {
      const generation = await readableGeneration(lake, generationKey(table, dt, n));
      return generation && generation.recipe !== settleRecipe(table) ? [{ table, dt }] : [];
    });
    found.push(...some.flat());
  }
  if (found.length === 0) await createState(lake, recipeKey(last + 1, recipe), { recipe, days: days.length });
  return found.slice(0, most);
}

const numberOfMark = (key: string): number => Number(/(\d+)-[0-9a-f]+\.json$/.exec(key)?.[1] ?? -1);
