/** Makes a query that stands alone: the views that it reads become CTEs. */
import { neededViews } from './order.ts';
import { relations } from './relations.ts';
import type { View } from './view.ts';

type Bases = Readonly<Record<string, string>>;

/**
 * A statement that stands alone: the views that `select` reads become CTEs over `bases`, selects that stand for base
 * tables (or for views: a base wins over a view of its name). What is in neither is read from the catalog.
 *
 * The select itself becomes a CTE too, because Trino's grammar has no place for a `with` after a `with`. Its order is lost there.
 */
export function inlineViews(select: string, views: readonly View[], bases: Bases): string {
  return `with ${joined([...ctesOf(select, views, bases), ['inlined', select]])}\nselect * from inlined`;
}

/**
 * The same for a select whose rows are in order: it stays the outermost, because Trino drops the order of a CTE, and its own CTEs
 * follow those of the views. None of them may have a view's or a base's name.
 */
export function inlineOrdered(select: string, views: readonly View[], bases: Bases): string {
  const ctes = joined(ctesOf(select, views, bases));
  if (ctes === '') return select;
  const own = /^\s*with\s+/i.exec(select);
  return own ? `with ${ctes},\n${select.slice(own[0].length)}` : `with ${ctes}\n${select}`;
}

function ctesOf(select: string, views: readonly View[], bases: Bases): [name: string, sql: string][] {
  const known = new Set(Object.keys(bases));
  const needed = neededViews(relations(select), views, known);
  const read = new Set([...relations(select), ...needed.flatMap((view) => view.dependsOn)]);
  return [
    ...Object.entries(bases).filter(([name]) => read.has(name)),
    ...needed.map((view): [string, string] => [view.name, view.sql]),
  ];
}

const joined = (ctes: readonly (readonly [name: string, sql: string])[]): string =>
  ctes.map(([name, sql]) => `${name} as (\n${sql}\n)`).join(',\n');
