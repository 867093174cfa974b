/** Athena's statements that tell what there is: `show …` and `describe …`, as selects over what the lake has. */
import { quoteText } from '#lake/sql/quote.ts';
import { TABLES } from '#lake/tables/index.ts';
import type { SavedView } from './sources.ts';

/** `show …` of what the lake has; null for any other statement. */
export function showing(statement: string, relations: ReadonlySet<string>): string | null {
  const [, described] = /^desc(?:ribe)?\s+(?:formatted\s+|extended\s+)?([\w."]+)$/i.exec(statement) ?? [];
  if (described !== undefined) return `describe ${described.split('.').at(-1)}`;
  const tables = /^show\s+(tables|views)(?:\s+(?:in|from)\s+[\w."]+)?(?:\s+(like\s+)?'(.*)')?$/i.exec(statement);
  if (tables) {
    const [, kind, like, pattern] = tables;
    const isListed = (name: string) => kind?.toLowerCase() === 'tables' || !Object.hasOwn(TABLES, name);
    const names = [...relations]
      .filter(isListed)
      .sort()
      .map((name) => `(${quoteText(name)})`);
    // Athena's own pattern: * for anything, | between others.
    const matches = like ? `like '${pattern}'` : `similar to '${pattern?.replaceAll('*', '.*')}'`;
    const where = pattern === undefined ? '' : ` where tab_name ${matches}`;
    return `select tab_name from (values ${names.join(', ')}) as names (tab_name)${where} order by tab_name`;
  }
  const [, of] = /^show\s+columns\s+(?:in|from)\s+([\w."]+)(?:\s+(?:in|from)\s+[\w."]+)?$/i.exec(statement) ?? [];
  if (of !== undefined) return `describe ${of.split('.').at(-1)}`;
  const [, partitioned] = /^show\s+partitions\s+([\w."]+)$/i.exec(statement) ?? [];
  if (partitioned !== undefined)
    return `select distinct 'dt=' || dt as partition from ${partitioned.split('.').at(-1)} order by 1`;
  return null;
}

/** `show create …`; null for any other statement. */
export function showingText(statement: string, views: ReadonlyMap<string, SavedView>): string | null {
  const [, kind, of = ''] = /^show\s+create\s+(table|view)\s+([\w."]+)$/i.exec(statement) ?? [];
  if (kind === undefined) return null;
  const name = of.replaceAll('"', '').split('.').at(-1)?.toLowerCase() ?? '';
  const view = views.get(name);
  const table = Object.hasOwn(TABLES, name) ? TABLES[name] : undefined;
  if (view) return `select ${quoteText(`CREATE VIEW ${name} AS\n${view.sql}`)} as "Create View"`;
  if (!table) return null;
  const columns = Object.entries(table.columns).map(([column, { type }]) => `  ${column} ${type}`);
  const text = `CREATE EXTERNAL TABLE ${name} (\n${columns.join(',\n')}\n)\nPARTITIONED BY (dt string)\nSTORED AS ${table.format.toUpperCase()}`;
  return `select ${quoteText(text)} as createtab_stmt`;
}
