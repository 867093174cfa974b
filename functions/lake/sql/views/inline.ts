/** Makes a query that stands alone: the views that it reads become CTEs. */
import { neededViews } from './order.ts';
import { relations } from './relations.ts';
import type { View } from './view.ts';

/**
 * A statement that stands alone: the views that `select` reads become CTEs over `bases`, selects that stand for base
 * tables (or for views: a base wins over a view of its name). What is in neither is read from the catalog.
 *
 * The select itself becomes a CTE too, because Trino's grammar has no place for a `with` after a `with`.
 */
export function inlineViews(select: string, views: readonly View[], bases: Readonly<Record<string, string>>): string {
  const known = new Set(Object.keys(bases));
  const needed = neededViews(relations(select), views, known);
  const read = new Set([...relations(select), ...needed.flatMap((view) => view.dependsOn)]);
  const ctes = [
    ...Object.entries(bases).filter(([name]) => read.has(name)),
    ...needed.map((view): [string, string] => [view.name, view.sql]),
    ['inlined', select] as const,
  ];
  return `with ${ctes.map(([name, sql]) => `${name} as (\n${sql}\n)`).join(',\n')}\nselect * from inlined`;
}
