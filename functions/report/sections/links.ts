/** The section about links that were clicked. */
import { count, counted, percent } from '#host/figures.ts';
import { html, type Markup } from '../html.ts';
import { ratio } from '../measures.ts';

import type { Section } from '../page.ts';
import type { Ask } from '../rows.ts';
import { table } from '../table.ts';

export interface Link {
  campaign: string | null;
  link: string | null;
  clicks: number;
  humanClicks: number;
  /** recipient-messages that a person clicked it in */
  people: number;
}

export interface Links {
  /** those that most people clicked first */
  links: Link[];
  /** what else there was */
  rest: { links: number; clicks: number };
}

const MOST = 15;

export async function loadLinks(ask: Ask): Promise<Links> {
  const rows = await ask(`select
    campaign_id,
    link,
    clicks,
    human_clicks,
    unique_human_clicks,
    cast(sum(clicks) over () as bigint) as all_clicks,
    count(*) over () as all_links
from link_performance
where clicks > 0
order by unique_human_clicks desc, human_clicks desc, clicks desc, campaign_id, link
limit ${MOST}`);
  const links = rows.map((row) => ({
    campaign: row.maybeText('campaign_id'),
    link: row.maybeText('link'),
    clicks: row.number('clicks'),
    humanClicks: row.number('human_clicks'),
    people: row.number('unique_human_clicks'),
  }));
  const [first] = rows;
  return {
    links,
    rest: {
      links: (first?.number('all_links') ?? 0) - links.length,
      clicks: (first?.number('all_clicks') ?? 0) - links.reduce((sum, { clicks }) => sum + clicks, 0),
    },
  };
}

/** Links are shown as text: a report must not lead anybody to where a mail's link leads. */
export function linksSection({ links, rest }: Links): Section {
  const most = Math.max(1, ...links.map(({ people }) => people));
  const markup = html`
<section aria-labelledby="links">
<h2 id="links">Links</h2>
${
  links.length === 0
    ? html`<p class="calm">No clicks in this period.</p>`
    : html`<p class="note">${rest.links > 0 ? html`The ${MOST} links that most people clicked` : 'Links that were clicked'} in the
period. Addresses are shown as text, not to be followed.</p>
${table(
  'Links by clicks',
  [
    {
      name: 'Link',
      heading: true,
      cell: ({ link }) => html`<bdi class="data link">${shortened(link ?? 'unreadable link')}</bdi>`,
    },
    {
      name: 'Campaign',
      cell: ({ campaign }) => (campaign === null ? '–' : html`<bdi class="data id">${campaign}</bdi>`),
    },
    {
      name: 'Clicked by',
      numeric: true,
      cell: ({ people }) => html`${bar(people / most)}<span>${count(people)}</span>`,
    },
    { name: 'Clicks', numeric: true, cell: ({ clicks }) => count(clicks) },
    { name: 'By people', numeric: true, cell: ({ humanClicks, clicks }) => percent(ratio(humanClicks, clicks)) },
  ],
  links,
)}
${rest.links > 0 && html`<p class="note">${counted(rest.links, 'more link')} had ${counted(rest.clicks, 'click')}.</p>`}`
}
</section>`;
  return { id: 'links', name: 'Links', markup };
}

const bar = (share: number): Markup =>
  html`<svg class="bar clicks" width="48" height="8" aria-hidden="true"><rect width="${Math.round(share * 48)}" height="8" rx="1"/></svg>`;

/** Both ends of a link matter: where it leads, and how its parameters end. */
const shortened = (link: string): string => (link.length > 110 ? `${link.slice(0, 80)}…${link.slice(-25)}` : link);
