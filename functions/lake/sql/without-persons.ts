/**
 * What of the views is shown to who may see no persons. A view of Athena runs with the rights of who asks, down to the files of the
 * tables below it. So nobody can read a view and not what it is made of, and those who may see no persons read copies of answers.
 */
import { TABLES } from '../tables/index.ts';
import { PERSON_COLUMNS, tellsOfPersons } from '../tables/persons.ts';
import type { View } from './views/view.ts';

/**
 * What it reads there: `copy`, the view's own answer, written down; `views`, others of these; `tables`, tables of the lake that hold
 * counts only, in which nothing has to be left out.
 */
export type OpenSource = 'copy' | 'views' | 'tables';

export interface OpenView {
  /** under its own name, with the columns that are left */
  view: View;
  reads: OpenSource;
}

/**
 * The view with the columns that can hold nothing of a person; null if it has a row a person or a mail, or shows what a mail says.
 * Seeds are lists of the project's own.
 */
export function withoutPersons(view: View): View | null {
  if (view.rows) return view;
  if (view.columns.some(({ name }) => tellsOfPersons(name))) return null;
  return { ...view, columns: view.columns.filter(({ name }) => !PERSON_COLUMNS.has(name)) };
}

/** Those that are shown, each after those that it reads. `views` are in such an order, too. */
export function openViews(views: readonly View[]): OpenView[] {
  const open: OpenView[] = [];
  const whole = new Set<string>();
  for (const view of views) {
    const left = withoutPersons(view);
    if (!left) continue;
    const isWhole = left.columns.length === view.columns.length;
    open.push({ view: left, reads: isWhole ? sourceOf(view, whole) : 'copy' });
    if (isWhole) whole.add(view.name);
  }
  return open;
}

/** Tables that hold counts only. */
export const OPEN_TABLES: readonly string[] = Object.values(TABLES)
  .filter(({ columns }) => Object.values(columns).every(({ person }) => person === undefined))
  .map(({ name }) => name);

/** @param whole views that are shown with all their columns */
function sourceOf({ dependsOn }: View, whole: ReadonlySet<string>): OpenSource {
  if (dependsOn.every((name) => whole.has(name))) return 'views';
  return dependsOn.every((name) => OPEN_TABLES.includes(name)) ? 'tables' : 'copy';
}

/** The table that holds the copy of a view, beside the view that reads it. */
export const copyName = (view: string): string => `copy_of_${view}`;

/** The columns by name, from the view itself where it is copied, from the copy where it is read. */
export const columnsFrom = ({ columns }: Pick<View, 'columns'>, relation: string): string =>
  `select ${columns.map(({ name }) => `"${name}"`).join(', ')}\nfrom ${relation}`;
