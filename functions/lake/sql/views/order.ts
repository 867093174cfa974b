/** Orders views so that each comes after those that it reads. */
import type { View } from './view.ts';

/**
 * The views so that each comes after those it reads; else in the order given. Names that are no view (tables) are
 * left out of account.
 *
 * @throws Error when views read each other in a circle
 */
export function orderViews(views: readonly View[]): View[] {
  const byName = new Map(views.map((view) => [view.name, view]));
  const ordered = new Set<View>();
  const visit = (view: View, path: readonly string[]): void => {
    if (ordered.has(view)) return;
    if (path.includes(view.name)) throw new Error(`views read each other: ${[...path, view.name].join(' → ')}`);
    for (const name of view.dependsOn) {
      const read = byName.get(name);
      if (read) visit(read, [...path, view.name]);
    }
    ordered.add(view);
  };
  for (const view of views) visit(view, []);
  return [...ordered];
}

/** The views that the named ones need, themselves included, in order. Names in `known` are not followed. */
export function neededViews(
  names: readonly string[],
  views: readonly View[],
  known: ReadonlySet<string> = new Set(),
): View[] {
  const byName = new Map(views.map((view) => [view.name, view]));
  const needed = new Set<View>();
  const pending = [...names];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const view = byName.get(name);
    if (!view || known.has(name) || needed.has(view)) continue;
    needed.add(view);
    pending.push(...view.dependsOn);
  }
  return orderViews(views).filter((view) => needed.has(view));
}
