import type { Engine } from '#lake/ports.ts';
import { html, type Markup } from '../html.ts';
import { ratio } from '../measures.ts';
import { count, percent } from '../numbers.ts';
import { rowsOf } from '../rows.ts';
import { table } from '../table.ts';

export interface Link {
  campaign: string | null;
  link: string | null;
  clicks: number;
  humanClicks: number;
  /** recipient-messages that clicked it */
  unique: number;
}

const MOST = 15;

export async function loadLinks(engine: Engine): Promise<Link[]> {
  const result = await engine.query(`select
    campaign_id,
    link,
    clicks,
    human_clicks,
    unique_clicks
from link_performance
where clicks > 0
order by human_clicks desc, clicks desc, campaign_id, link
limit ${MOST}`);
  return rowsOf(result).map((row) => ({
    campaign: row.maybeText('campaign_id'),
    link: row.maybeText('link'),
    clicks: row.number('clicks'),
    humanClicks: row.number('human_clicks'),
    unique: row.number('unique_clicks'),
  }));
}

/** Links are shown as text: a report must not lead anybody to where a mail's link leads. */
export const linksSection = (links: readonly Link[]): Markup => html`
<section aria-labelledby="links">
<h2 id="links">Links</h2>
${
  links.length === 0
    ? html`<p class="calm">No clicks.</p>`
    : html`<p class="note">The ${MOST} links that people clicked most, over all days of the lake.</p>
${table(
  'Links by clicks',
  [
    {
      name: 'Link',
      heading: true,
      cell: ({ link }) => html`<bdi class="data link">${shortened(link ?? 'unreadable link')}</bdi>`,
    },
    { name: 'Campaign', cell: ({ campaign }) => (campaign === null ? '–' : html`<bdi class="data">${campaign}</bdi>`) },
    { name: 'Recipients', numeric: true, cell: ({ unique }) => count(unique) },
    { name: 'Clicks', numeric: true, cell: ({ clicks }) => count(clicks) },
    { name: 'By people', numeric: true, cell: ({ humanClicks, clicks }) => percent(ratio(humanClicks, clicks)) },
  ],
  links,
)}`
}
</section>`;

/** Both ends of a link matter: where it leads, and how its parameters end. */
const shortened = (link: string): string => (link.length > 110 ? `${link.slice(0, 80)}…${link.slice(-25)}` : link);
