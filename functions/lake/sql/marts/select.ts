/** Builds parts of SQL statements, for the generated views. */

const WIDTH = 120;

/** Items of a select, one a line. */
export const listed = (items: readonly string[]): string => items.map((item) => `        ${item}`).join(',\n');

/** `name as (select …)`. `rest` are whole lines after the from clause. */
export const cte = (name: string, items: readonly string[], from: string, ...rest: string[]): string =>
  `${name} as (\n${[`    select\n${listed(items)}`, `    from ${from}`, ...rest].join('\n')}\n)`;

/** A table or view as it is, or its rows that meet a condition. */
export const imported = (name: string, from: string, where?: string): string =>
  `${name} as (\n    select *\n    from ${from}\n${where === undefined ? '' : `    where ${where}\n`})`;

/** On one line if there is room, else filled lines. */
export function groupBy(names: readonly string[]): string {
  const line = `    group by ${names.join(', ')}`;
  if (line.length <= WIDTH) return line;
  const lines = [''];
  for (const [at, name] of names.entries()) {
    const word = at < names.length - 1 ? `${name},` : name;
    const last = lines.length - 1;
    if (8 + (lines[last] ?? '').length + 1 + word.length > WIDTH) lines.push(word);
    else lines[last] = `${lines[last]} ${word}`.trim();
  }
  return `    group by\n${lines.map((text) => `        ${text}`).join('\n')}`;
}

/** The statement of these parts; the last is called `final`. */
export const statement = (ctes: readonly string[]): string => `with ${ctes.join(',\n\n')}\n\nselect * from final\n`;

/** A one-row relation of one setting, cast from the seed's text. */
export const setting = (cteName: string, name: string, type: string): string =>
  `${cteName} as (\n    select cast(value as ${type}) as ${name}\n    from seed_settings\n    where name = '${name}'\n)`;
