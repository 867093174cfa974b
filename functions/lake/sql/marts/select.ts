/** Builds parts of SQL statements, for the generated views. */

const WIDTH = 120;

/** Items of a select: columns that are only named fill lines, everything else has lines of its own. */
export function listed(items: readonly string[]): string {
  const lines: string[] = [];
  for (const [at, item] of items.entries()) {
    const text = at < items.length - 1 ? `${item},` : item;
    const last = lines.at(-1) ?? '';
    const fits = BARE_NAMES.test(last) && BARE_NAMES.test(text) && `${last} ${text}`.length <= WIDTH;
    if (fits) lines[lines.length - 1] = `${last} ${text}`;
    else lines.push(`        ${text}`);
  }
  return lines.join('\n');
}

/** One or more names, each with its comma but for the last of all. */
const BARE_NAMES = /^ *\w+(?:, \w+)*,?$/;

/** `name as (select …)`. `rest` are whole lines after the from clause. */
export const cte = (name: string, items: readonly string[], from: string, ...rest: string[]): string =>
  `${name} as (\n${[`    select\n${listed(items)}`, `    from ${from}`, ...rest].join('\n')}\n)`;

/** A table or view as it is, or its rows that meet a condition. */
export const imported = (name: string, from: string, where?: string): string =>
  `${name} as (\n    select *\n    from ${from}\n${where === undefined ? '' : `    where ${where}\n`})`;

/** On one line if there is room, else filled lines. */
export function groupBy(names: readonly string[]): string {
  const line = `    group by ${names.join(', ')}`;
  return line.length <= WIDTH ? line : `    group by\n${listed(names)}`;
}

/** The statement of these parts; the last is called `final`. */
export const statement = (ctes: readonly string[]): string => `with ${ctes.join(',\n\n')}\n\nselect * from final\n`;

/** A one-row relation of one setting, cast from the seed's text. */
export const setting = (cteName: string, name: string, type: string): string =>
  `${cteName} as (\n    select cast(value as ${type}) as ${name}\n    from seed_settings\n    where name = '${name}'\n)`;
