/** The section about A/B tests. */
import { count, counted, percent } from '#host/figures.ts';
import { interval } from '../charts/interval.ts';
import { html, type Markup } from '../html.ts';
import { points, probability } from '../numbers.ts';
import type { Section } from '../page.ts';
import type { Ask, Row } from '../rows.ts';
import { table } from '../table.ts';

/** A rate with its 95 % interval, and how it compares with the control's. */
export interface Estimate {
  rate: number | null;
  low: number | null;
  high: number | null;
  /** null for the control */
  difference: number | null;
  /** null for the control, and where there is too little mail for a test */
  pValue: number | null;
}

export interface Treatment {
  campaign: string;
  treatment: string;
  isControl: boolean;
  sent: number;
  opens: Estimate;
  clicks: Estimate;
}

export interface Tests {
  /** the treatments of a campaign together, the control first; campaigns with a clear result first */
  treatments: Treatment[];
  /** campaigns that are left out */
  more: number;
}

/** Campaigns that are told. */
const MOST = 6;

export async function loadTests(ask: Ask): Promise<Tests> {
  const rows = await ask(`with compared as (
    select
        *,
        sum(sent) over (partition by campaign_id) as campaign_sent,
        max(
            case when is_human_open_rate_significant or is_human_click_rate_significant then 1 else 0 end
        ) over (partition by campaign_id) as is_clear
    from treatment_comparison
),
ranked as (
    select *, dense_rank() over (order by is_clear desc, campaign_sent desc, campaign_id) as place
    from compared
),
counted as (
    select *, max(place) over () as campaigns
    from ranked
)
select
    campaign_id,
    treatment_id,
    is_control,
    sent,
    ${ESTIMATES.map((rate) => [rate, `${rate}_low`, `${rate}_high`, `${rate}_difference`, `${rate}_p_value`].join(', ')).join(',\n    ')},
    campaigns
from counted
where place <= ${MOST}
order by place, is_control desc, treatment_id`);
  const treatments = rows.map(treatmentOf);
  return { treatments, more: Math.max(0, (rows[0]?.number('campaigns') ?? 0) - MOST) };
}

const ESTIMATES = ['human_open_rate', 'human_click_rate'] as const;

const treatmentOf = (row: Row): Treatment => ({
  campaign: row.text('campaign_id'),
  treatment: row.text('treatment_id'),
  isControl: row.flag('is_control'),
  sent: row.number('sent'),
  opens: estimateOf(row, 'human_open_rate'),
  clicks: estimateOf(row, 'human_click_rate'),
});

const estimateOf = (row: Row, rate: (typeof ESTIMATES)[number]): Estimate => ({
  rate: row.maybeNumber(rate),
  low: row.maybeNumber(`${rate}_low`),
  high: row.maybeNumber(`${rate}_high`),
  difference: row.maybeNumber(`${rate}_difference`),
  pValue: row.maybeNumber(`${rate}_p_value`),
});

/** Which treatment did better, and is it more than chance? Null if nothing was tested. */
export function testsSection({ treatments, more }: Tests): Section | null {
  if (treatments.length === 0) return null;
  const campaigns = [...Map.groupBy(treatments, ({ campaign }) => campaign).values()];
  const highest = (of: (treatment: Treatment) => Estimate) =>
    Math.max(0.001, ...treatments.map((one) => of(one).high ?? 0));
  const [opens, clicks] = [highest((one) => one.opens), highest((one) => one.clicks)];
  const markup = html`
<section aria-labelledby="tests">
<h2 id="tests">A/B tests</h2>
<ul class="results">${campaigns.filter((arms) => arms.some(isClear)).map((arms) => html`<li>${resultOf(arms)}</li>`)}</ul>
${campaigns.every((arms) => !arms.some(isClear)) && html`<p class="calm">No treatment did better or worse than its control by more than chance.</p>`}
<p class="note">Mail sent in the period. Lines are 95% intervals: where the true rate may well be. A difference is called
clear if chance alone would make one as large in fewer than 5 of 100 tests (p below 0.05).</p>
${table(
  'Treatments of campaigns, against their control',
  [
    { name: 'Treatment', heading: true, cell: name },
    { name: 'Sent', numeric: true, cell: ({ sent }) => count(sent) },
    { name: 'Opened by people', cell: ({ opens: one }) => estimated(one, opens, 'opened') },
    { name: 'Against control', cell: ({ opens: one, isControl }) => compared(one, isControl) },
    { name: 'Clicked by people', cell: ({ clicks: one }) => estimated(one, clicks, 'clicked') },
    { name: 'Against control', cell: ({ clicks: one, isControl }) => compared(one, isControl) },
  ],
  treatments,
)}
${more > 0 && html`<p class="note">${counted(more, 'more campaign')} had treatments, with less mail; their results are not clear, unless they are named above.</p>`}
</section>`;
  return { id: 'tests', name: 'A/B tests', markup };
}

/** As the view judges: below 0.05. */
const isSignificant = ({ pValue }: Estimate): boolean => pValue !== null && pValue < 0.05;
const isClear = ({ opens, clicks }: Treatment): boolean => isSignificant(opens) || isSignificant(clicks);

function resultOf(arms: readonly Treatment[]): Markup {
  const control = arms.find(({ isControl }) => isControl);
  const parts = arms.filter(isClear).flatMap(({ treatment, opens, clicks }) =>
    [
      { estimate: opens, before: control?.opens, verb: 'opened' },
      { estimate: clicks, before: control?.clicks, verb: 'clicked' },
    ]
      .filter(({ estimate }) => isSignificant(estimate))
      .map(
        ({ estimate, before, verb }) =>
          html` <strong><bdi>${treatment}</bdi></strong> was ${verb} ${(estimate.difference ?? 0) > 0 ? 'more' : 'less'} than
<bdi>${control?.treatment}</bdi>: ${percent(estimate.rate)} against ${percent(before?.rate ?? null)}.`,
      ),
  );
  return html`<bdi class="data id">${arms[0]?.campaign}</bdi>:${parts}`;
}

function name({ campaign, treatment, isControl }: Treatment): Markup {
  const arm = html`<span class="treatment"><bdi>${treatment}</bdi>${isControl && ' (control)'}</span>`;
  return isControl ? html`<bdi class="data id">${campaign}</bdi>${arm}` : arm;
}

function estimated(estimate: Estimate, highest: number, key: string): Markup | string {
  const { rate, low, high } = estimate;
  if (rate === null || low === null || high === null) return '–';
  return html`<span class="estimate">${percent(rate)} ${interval({ rate, low, high }, highest, key)}</span>
<span class="of">${percent(low)} to ${percent(high)}</span>`;
}

function compared(estimate: Estimate, isControl: boolean): Markup | string {
  const { difference, pValue } = estimate;
  if (isControl || difference === null) return '–';
  const kind = !isSignificant(estimate) ? '' : difference > 0 ? 'better' : 'worse';
  const chance =
    pValue === null ? 'too little mail for a test' : `p ${pValue < 0.001 ? '' : '= '}${probability(pValue)}`;
  return html`<span class="difference ${kind}">${points(difference)}${kind && html` <strong>clear</strong>`}</span> <span class="of">${chance}</span>`;
}
