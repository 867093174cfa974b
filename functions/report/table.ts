/** HTML tables of the report. */
import { type Content, html, type Markup } from './html.ts';

export interface Column<T> {
  name: Content;
  /** numbers stand right-aligned under each other */
  numeric?: boolean;
  /** the column that names the row */
  heading?: boolean;
  cell: (row: T, place: number) => Content;
}

/** A table that scrolls by itself, by keyboard too, where the page is too narrow for it. */
export function table<T>(caption: string, columns: readonly Column<T>[], rows: readonly T[], seen = false): Markup {
  const kind = (column: Column<T>) => (column.numeric ? html` class="number"` : '');
  return html`
<div class="scroll" role="region" tabindex="0" aria-label="${caption}">
<table>
<caption${seen ? '' : html` class="unseen"`}>${caption}</caption>
<thead><tr>${columns.map((column) => html`<th scope="col"${kind(column)}>${column.name}</th>`)}</tr></thead>
<tbody>
${rows.map(
  (row, place) => html`<tr>${columns.map((column) =>
    column.heading
      ? html`<th scope="row"${kind(column)}>${column.cell(row, place)}</th>`
      : html`<td${kind(column)}>${column.cell(row, place)}</td>`,
  )}</tr>
`,
)}</tbody>
</table>
</div>`;
}
