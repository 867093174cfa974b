/**
 * Rows of a CSV text (RFC 4180): quoted fields may hold commas, quotes (doubled) and line breaks; CRLF or LF; empty
 * lines are skipped.
 *
 * @throws Error naming the line, when a quoted field doesn't end
 */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    const [field, end] = text[at] === '"' ? quotedField(text, at) : plainField(text, at);
    row.push(field);
    at = end;
    if (text[at] === ',') {
      at++;
      if (at < text.length) continue;
      row.push('');
    }
    if (text[at] === '\r') at++;
    if (text[at] === '\n') at++;
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  }
  return rows;
}

function plainField(text: string, start: number): [field: string, end: number] {
  let end = start;
  while (end < text.length && text[end] !== ',' && text[end] !== '\n' && text[end] !== '\r') end++;
  return [text.slice(start, end), end];
}

function quotedField(text: string, start: number): [field: string, end: number] {
  let field = '';
  let from = start + 1;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote < 0) throw new Error(`csv field has no closing quote (line ${text.slice(0, start).split('\n').length})`);
    field += text.slice(from, quote);
    if (text[quote + 1] !== '"') return endOfQuoted(text, start, field, quote + 1);
    field += '"';
    from = quote + 2;
  }
}

function endOfQuoted(text: string, start: number, field: string, end: number): [field: string, end: number] {
  const next = text[end];
  if (next === undefined || next === ',' || next === '\n' || next === '\r') return [field, end];
  throw new Error(`csv field goes on after its closing quote (line ${text.slice(0, start).split('\n').length})`);
}
