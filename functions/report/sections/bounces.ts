/** The section about why mail bounced. */
import { count, counted, percent } from '#host/figures.ts';
import { withoutAddresses } from '#lake/decode/without-addresses.ts';
import { html, type Markup } from '../html.ts';

import type { Section } from '../page.ts';
import { providerName } from '../providers.ts';
import type { Ask } from '../rows.ts';
import { table } from '../table.ts';

/** Bounces of one kind and status, over all providers. */
export interface BounceReason {
  kind: string;
  status: string | null;
  bounces: number;
  /** of all bounces in the period */
  share: number;
  /** the provider with most of them (the first by name of several), and how many */
  provider: string;
  providerBounces: number;
  meaning: string | null;
  whatToDo: string | null;
  example: string | null;
}

export interface BounceReasons {
  /** the most frequent first */
  reasons: BounceReason[];
  /** what else there was */
  rest: { reasons: number; bounces: number };
}

const MOST = 12;

export async function loadBounceReasons(ask: Ask): Promise<BounceReasons> {
  const rows = await ask(`with by_provider as (
    select
        bounce_kind,
        enhanced_status,
        meaning,
        what_to_do,
        mailbox_provider,
        sum(bounces) as bounces,
        min(example_diagnostic) as example_diagnostic
    from bounce_diagnostics
    where bounces > 0
    group by bounce_kind, enhanced_status, meaning, what_to_do, mailbox_provider
),
ranked as (
    select
        *,
        row_number() over (
            partition by bounce_kind, enhanced_status, meaning, what_to_do
            order by bounces desc, mailbox_provider
        ) as place
    from by_provider
),
reasons as (
    select
        bounce_kind,
        enhanced_status,
        meaning,
        what_to_do,
        cast(sum(bounces) as bigint) as bounces,
        cast(max(case when place = 1 then bounces end) as bigint) as provider_bounces,
        max(case when place = 1 then mailbox_provider end) as mailbox_provider,
        max(case when place = 1 then example_diagnostic end) as example_diagnostic
    from ranked
    group by bounce_kind, enhanced_status, meaning, what_to_do
)
select
    *,
    cast(sum(bounces) over () as bigint) as all_bounces,
    count(*) over () as all_reasons
from reasons
order by bounces desc, bounce_kind, enhanced_status, meaning
limit ${MOST}`);
  const all = rows[0]?.number('all_bounces') ?? 0;
  const reasons = rows.map((row) => ({
    kind: row.text('bounce_kind'),
    status: row.maybeText('enhanced_status'),
    bounces: row.number('bounces'),
    share: row.number('bounces') / all,
    provider: row.text('mailbox_provider'),
    providerBounces: row.number('provider_bounces'),
    meaning: row.maybeText('meaning'),
    whatToDo: row.maybeText('what_to_do'),
    example: withoutAddresses(row.maybeText('example_diagnostic') ?? '') || null,
  }));
  const told = reasons.reduce((sum, { bounces }) => sum + bounces, 0);
  return {
    reasons,
    rest: { reasons: (rows[0]?.number('all_reasons') ?? 0) - reasons.length, bounces: all - told },
  };
}

/** Why do we bounce, and what is to be done about it? */
export function bouncesSection({ reasons, rest }: BounceReasons): Section {
  const all = rest.bounces + reasons.reduce((sum, { bounces }) => sum + bounces, 0);
  const markup = html`
<section aria-labelledby="bounces">
<h2 id="bounces">Why mail bounced</h2>
${
  reasons.length === 0
    ? html`<p class="calm">Nothing bounced.</p>`
    : html`<p class="note">${counted(all, 'bounce')} came in during the period${rest.reasons > 0 ? `; the ${MOST} most frequent reasons` : ''}.</p>
${table(
  'Bounce reasons by frequency',
  [
    { name: 'Reason', heading: true, cell: reason },
    { name: 'Bounces', numeric: true, cell: ({ bounces }) => count(bounces) },
    { name: 'Share', numeric: true, cell: ({ share }) => percent(share) },
    { name: 'Most at', cell: mostly },
    { name: 'What to do', cell: ({ whatToDo }) => html`<span class="advice">${whatToDo}</span>` },
  ],
  reasons,
)}
${rest.reasons > 0 && html`<p class="note">${counted(rest.reasons, 'more reason')} made ${counted(rest.bounces, 'bounce')}, ${percent(rest.bounces / all)} of all.</p>`}`
}
</section>`;
  return { id: 'bounces', name: 'Bounces', markup };
}

const reason = ({ kind, status, meaning, example }: BounceReason): Markup =>
  html`<span class="kind">${KINDS.get(kind) ?? kind}</span> ${status} <span class="meaning">${meaning ?? 'No known meaning'}</span>${
    example &&
    html`<details class="example"><summary>Example<span class="unseen"> of ${status ?? 'an answer without status'}</span></summary><code><bdi>${shortened(example)}</bdi></code></details>`
  }`;

const mostly = ({ provider, providerBounces, bounces }: BounceReason): string =>
  `${providerName(provider)} (${percent(providerBounces / bounces)})`;

/** A provider may answer with pages. */
const shortened = (text: string): string => (text.length > 400 ? `${text.slice(0, 400)}…` : text);

const KINDS = new Map([
  ['hard', 'Hard'],
  ['soft', 'Soft'],
  ['undetermined', 'Undetermined'],
]);
