/** Parses the files of views, and fills in columns whose meaning is that of another view. */
import { orderViews } from './order.ts';
import { parseView, tableColumns, type View } from './view.ts';

export interface SqlFile {
  /** ends with `<folder>/<name>.sql` */
  path: string;
  text: string;
}

/**
 * Parses the files, follows meanings that are given as those of another view (`= email_events`), and orders the views,
 * seeds included, by what they read. Headers that refer to each other in a circle have no meaning.
 *
 * @throws ViewError naming file and line; Error where a name is there twice
 */
export function readViews(files: readonly SqlFile[], seeds: readonly View[] = []): View[] {
  const byName = new Map<string, View>();
  const add = (view: View): void => {
    if (byName.has(view.name)) throw new Error(`two views have one name: ${view.name}`);
    byName.set(view.name, view);
  };
  for (const seed of seeds) add(seed);
  const pending = new Set(files);
  const parse = (file: SqlFile): void => {
    pending.delete(file);
    add(
      parseView(file.path, file.text, (source) => {
        const referred = [...pending].find(({ path }) => path.endsWith(`/${source}.sql`));
        if (referred) parse(referred);
        return tableColumns(source) ?? byName.get(source)?.columns;
      }),
    );
  };
  for (const file of files) if (pending.has(file)) parse(file);
  const inOrder = files.flatMap(({ path }) => byName.get(/(\w+)\.sql$/.exec(path)?.[1] ?? '') ?? []);
  return orderViews([...seeds, ...inOrder]);
}
