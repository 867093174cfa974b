/** Items of a select or group by, one a line. */
export const listed = (items: readonly string[]): string => items.map((item) => `        ${item}`).join(',\n');

/** `name as (select …)`. `rest` are whole lines after the from clause. */
export function cte(name: string, items: readonly string[], from: string, ...rest: string[]): string {
  return `${name} as (\n    select\n${[`${listed(items)}\n    from ${from}`, ...rest].join('\n')}\n)`;
}

export const groupBy = (names: readonly string[]): string => `    group by\n${listed(names)}`;

/** The statement of these parts; the last is called `final`. */
export const statement = (ctes: readonly string[]): string => `with ${ctes.join(',\n\n')}\n\nselect * from final\n`;

/** A one-row relation of one setting, cast from the seed's text. */
export const setting = (cteName: string, name: string, type: string): string =>
  `${cteName} as (\n    select cast(value as ${type}) as ${name}\n    from seed_settings\n    where name = '${name}'\n)`;
