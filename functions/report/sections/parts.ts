/** The mail taken apart by a property that is asked for: how did each tenant, team or the like do? */
import { count, percent } from '#host/figures.ts';
import { html } from '../html.ts';
import { COUNTS, type Counts, RATES, type Rate, rateOf, SUMMED_COUNTS } from '../measures.ts';
import type { Section } from '../page.ts';
import type { Ask } from '../rows.ts';
import type { Property } from '../scope.ts';
import { table } from '../table.ts';

/** The mail taken apart by a property. */
export interface Parts {
  property: Property;
  /** those with most mail first; null: mail that has no value of it */
  parts: { value: string | null; counts: Counts }[];
  /** how many more there are */
  more: number;
}

const MOST = 30;

export async function loadParts(ask: Ask, property: Property): Promise<Parts> {
  const rows = await ask(`with parts as (
    select ${property.column} as part, ${SUMMED_COUNTS}
    from deliverability_facts
    where sent > 0
    group by 1
)
select part, ${COUNTS.join(', ')}, count(*) over () as all_parts
from parts
order by sent desc, part
limit ${MOST}`);
  return {
    property,
    parts: rows.map((row) => ({ value: row.maybeText('part'), counts: row })),
    more: (rows[0]?.number('all_parts') ?? 0) - rows.length,
  };
}

/** How did each tenant, team or the like do? */
export function partsSection({ property: { name, plural }, parts, more }: Parts): Section {
  const share = (heading: string, rate: Rate) => ({
    name: heading,
    numeric: true,
    cell: ({ counts }: Parts['parts'][number]) => percent(rateOf(counts, rate)),
  });
  const markup = html`
<section aria-labelledby="parts">
<h2 id="parts">By <bdi>${name}</bdi></h2>
${table(
  `Mail by ${name}`,
  [
    {
      name: html`<bdi>${name}</bdi>`,
      heading: true,
      cell: ({ value }) =>
        value === null ? html`<span class="none">Mail that has none</span>` : html`<bdi class="data id">${value}</bdi>`,
    },
    { name: 'Sent', numeric: true, cell: ({ counts }) => count(counts.number('sent')) },
    share('Delivered', RATES.delivery),
    share('Hard bounced', RATES.hardBounce),
    share('Soft, never delivered', RATES.softNeverDelivered),
    share('Complained', RATES.complaint),
    share('Opened by people', RATES.humanOpen),
    share('Clicked by people', RATES.click),
    share('Unsubscribed', RATES.unsubscribe),
  ],
  parts,
)}
${more > 0 && html`<p class="note">The ${count(parts.length)} ${plural} with most mail; there are ${count(more)} more.</p>`}
</section>`;
  return { id: 'parts', name: `By ${name}`, markup };
}
