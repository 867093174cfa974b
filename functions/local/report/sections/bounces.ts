import type { Engine } from '#lake/ports.ts';
import { html, type Markup } from '../html.ts';
import { count, percent } from '../numbers.ts';
import { type Period, within } from '../period.ts';
import { providerName } from '../providers.ts';
import { rowsOf } from '../rows.ts';
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

const MOST = 12;

export async function loadBounceReasons(engine: Engine, period: Period): Promise<BounceReason[]> {
  const result = await engine.query(`with by_provider as (
    select
        bounce_kind,
        enhanced_status,
        mailbox_provider,
        sum(bounces) as bounces,
        max(meaning) as meaning,
        max(what_to_do) as what_to_do,
        min(example_diagnostic) as example_diagnostic
    from bounce_diagnostics
    where ${within('event_date', period)}
    group by bounce_kind, enhanced_status, mailbox_provider
),
ranked as (
    select
        *,
        row_number() over (partition by bounce_kind, enhanced_status order by bounces desc, mailbox_provider) as place
    from by_provider
),
reasons as (
    select
        bounce_kind,
        enhanced_status,
        sum(bounces) as bounces,
        max(case when place = 1 then bounces end) as provider_bounces,
        max(case when place = 1 then mailbox_provider end) as mailbox_provider,
        max(case when place = 1 then example_diagnostic end) as example_diagnostic,
        max(meaning) as meaning,
        max(what_to_do) as what_to_do
    from ranked
    group by bounce_kind, enhanced_status
)
select
    bounce_kind,
    enhanced_status,
    cast(bounces as bigint) as bounces,
    cast(provider_bounces as bigint) as provider_bounces,
    cast(bounces as double) / sum(bounces) over () as share,
    mailbox_provider,
    example_diagnostic,
    meaning,
    what_to_do
from reasons
order by bounces desc, bounce_kind, enhanced_status
limit ${MOST}`);
  return rowsOf(result).map((row) => ({
    kind: row.text('bounce_kind'),
    status: row.maybeText('enhanced_status'),
    bounces: row.number('bounces'),
    share: row.number('share'),
    provider: row.text('mailbox_provider'),
    providerBounces: row.number('provider_bounces'),
    meaning: row.maybeText('meaning'),
    whatToDo: row.maybeText('what_to_do'),
    example: row.maybeText('example_diagnostic'),
  }));
}

/** Why do we bounce, and what is to be done about it? */
export const bouncesSection = (reasons: readonly BounceReason[]): Markup => html`
<section aria-labelledby="bounces">
<h2 id="bounces">Why mail bounced</h2>
<p class="note">Bounces that came in during the period, the ${MOST} most frequent reasons.</p>
${
  reasons.length === 0
    ? html`<p class="calm">Nothing bounced.</p>`
    : table(
        'Bounce reasons by frequency',
        [
          { name: 'Reason', heading: true, cell: reason },
          { name: 'Bounces', numeric: true, cell: ({ bounces }) => count(bounces) },
          { name: 'Share', numeric: true, cell: ({ share }) => percent(share) },
          { name: 'Mostly', cell: mostly },
          { name: 'What to do', cell: ({ whatToDo }) => html`<span class="advice">${whatToDo}</span>` },
        ],
        reasons,
      )
}
</section>`;

const reason = ({ kind, status, meaning, example }: BounceReason): Markup =>
  html`<span class="kind">${KINDS.get(kind) ?? kind}</span> ${status} <span class="meaning">${meaning ?? 'No known meaning'}</span>${
    example &&
    html`<details class="example"><summary>Example</summary><code><bdi>${shortened(example)}</bdi></code></details>`
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
