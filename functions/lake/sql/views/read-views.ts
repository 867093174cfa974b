import { orderViews } from './order.ts';
import { parseView, type View, type ViewColumn, ViewError } from './view.ts';

export interface SqlFile {
  /** ends with `<folder>/<name>.sql` */
  path: string;
  text: string;
}

/**
 * Parses the files, follows meanings that are given as those of another view (`= email_events`), and orders the views,
 * seeds included, by what they read.
 *
 * @throws ViewError naming file and line; Error where a name is there twice
 */
export function readViews(files: readonly SqlFile[], seeds: readonly View[] = []): View[] {
  const parsed = files.map(({ path, text }) => parseView(path, text));
  const byName = new Map<string, View>();
  for (const view of [...seeds, ...parsed]) {
    if (byName.has(view.name)) throw new Error(`two views have one name: ${view.name}`);
    byName.set(view.name, view);
  }
  files.forEach(({ path, text }, at) => {
    for (const column of parsed[at]?.columns ?? []) column.doc = meaning(column, byName, path, text);
  });
  return orderViews([...byName.values()]);
}

function meaning(column: ViewColumn, views: ReadonlyMap<string, View>, path: string, text: string): string {
  const seen = new Set<string>();
  let doc = column.doc;
  for (let source = sourceOf(doc); source !== undefined; source = sourceOf(doc)) {
    const found = views.get(source)?.columns.find(({ name }) => name === column.name);
    const line = text.split('\n').findIndex((row) => row.startsWith(`    ${column.name} `)) + 1;
    if (!found || seen.has(source)) throw new ViewError(path, line, `no meaning of ${column.name} in ${source}`);
    if (found.type !== column.type) {
      throw new ViewError(path, line, `${column.name} is ${found.type} in ${source}, not ${column.type}`);
    }
    seen.add(source);
    doc = found.doc;
  }
  return doc;
}

const sourceOf = (doc: string): string | undefined => /^= (\w+)$/.exec(doc)?.[1];
