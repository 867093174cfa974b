/** A text as a SQL literal; NUL, at which DuckDB would see the statement's end, by its number. */
export const quoteText = (text: string): string =>
  text.includes('\0')
    ? `(${text.split('\0').map(quoteText).join(' || chr(0) || ')})`
    : `'${text.replaceAll("'", "''")}'`;
