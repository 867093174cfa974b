import { headerText } from './header.ts';
import { type Rate, rateNamed } from './rates.ts';
import { cte, groupBy, setting, statement } from './select.ts';

/** What an A/B test may be about. */
const RATES = ['delivery_rate', 'human_open_rate', 'unique_click_rate', 'unsubscribe_rate'].map(rateNamed);

/** The standard normal's 97.5 % quantile: both sides together leave 5 %. */
const Z_95 = '1.959963984540054';
/** A normal approximation is fair from so many successes and failures (Illowsky and Dean, Connexions m17043). */
const LEAST_EXPECTED = 5;
const SIGNIFICANT = 0.05;

const KEYS = ['campaign_id', 'treatment_id'];
const SEEN = ['unique_opens', 'unique_clicks'];
/** Numerators and denominators, and beside what people did what anyone did. */
const COUNTS = [
  ...new Set([
    'sent',
    'delivered',
    'trackable_delivered',
    ...SEEN,
    ...RATES.flatMap((rate) => [rate.denominator, rate.numerator]),
  ]),
];
/** What each row of an arm and rate carries. */
const ARM = [...KEYS, 'place', 'treatments', 'first_send_date', 'last_send_date', ...COUNTS];

/** sql/marts/treatment_comparison.sql */
export function treatmentsText(): string {
  return header() + select();
}

function header(): string {
  return headerText({
    doc: `A/B tests: how each treatment of a campaign did against the control. Rates have 95 % Wilson score intervals (Wilson, JASA 22, 1927, 209–212), differences two-sided z-tests of two proportions with pooled variance (Illowsky and Dean, Collaborative Statistics, Connexions m17043). The control is the treatment called control, in any case, else the first by name: Pinpoint calls its default 0. p-values are multiplied by the number of treatments that are compared with the control (Bonferroni), for each rate by itself; where fewer than ${LEAST_EXPECTED} are expected in a cell there is no test, and the p-value is NULL. Campaigns with one treatment are left out. One row per campaign and treatment.`,
    clock: 'cohort',
    grain: KEYS,
    columns: [
      { name: 'campaign_id', type: 'varchar', doc: '= recipient_messages' },
      { name: 'treatment_id', type: 'varchar', doc: '= recipient_messages' },
      { name: 'is_control', type: 'boolean', doc: 'The others are compared with this one.' },
      { name: 'control_treatment_id', type: 'varchar', doc: 'The treatment that this one is compared with.' },
      { name: 'treatments', type: 'bigint', doc: 'How many treatments the campaign has, the control included.' },
      { name: 'first_send_date', type: 'date', doc: '= deliverability_by_campaign' },
      { name: 'last_send_date', type: 'date', doc: '= deliverability_by_campaign' },
      ...COUNTS.map((name) => ({ name, type: 'bigint', doc: '= deliverability_facts' })),
      ...RATES.flatMap(rateColumns),
      { name: 'is_mature', type: 'boolean', doc: '= deliverability_by_campaign' },
    ],
  });
}

const rateColumns = ({ name }: Rate): { name: string; type: string; doc: string }[] => [
  { name, type: 'double', doc: '= deliverability_by_campaign' },
  { name: `${name}_low`, type: 'double', doc: `Lower end of the 95 % interval of ${name}.` },
  { name: `${name}_high`, type: 'double', doc: `Upper end of the 95 % interval of ${name}.` },
  { name: `${name}_difference`, type: 'double', doc: `${name} less that of the control; NULL for the control.` },
  {
    name: `${name}_p_value`,
    type: 'double',
    doc: `Chance of a difference as large as this if there were none, corrected for the number of treatments; NULL for the control and where there is too little mail for a test.`,
  },
  {
    name: `is_${name}_significant`,
    type: 'boolean',
    doc: `${name}_p_value is below ${SIGNIFICANT}; NULL where there is no test.`,
  },
];

function select(): string {
  return statement([
    cte(
      'facts',
      ['send_date', ...KEYS, ...COUNTS],
      'deliverability_facts',
      '    where campaign_id is not null and treatment_id is not null',
    ),
    setting('settings', 'attribution_days', 'integer'),
    cte(
      'sums',
      [
        ...KEYS,
        'min(send_date) as first_send_date',
        'max(send_date) as last_send_date',
        ...COUNTS.map((count) => `cast(sum(${count}) as bigint) as ${count}`),
      ],
      'facts',
      '    where sent > 0',
      groupBy(KEYS),
    ),
    cte(
      'arms',
      [
        ...KEYS,
        'first_send_date',
        'last_send_date',
        ...COUNTS,
        'count(*) over (partition by campaign_id) as treatments',
        `row_number() over (
            partition by campaign_id
            order by case when lower(treatment_id) = 'control' then 0 else 1 end, treatment_id
        ) as place`,
        ...SEEN.map((seen) => `sum(${seen}) over (partition by campaign_id) as ${seen}_in_scope`),
      ],
      'sums',
    ),
    `rates as (
    select rate
    from (
        values
${RATES.map(({ name }) => `            ('${name}')`).join(',\n')}
    ) as listed (rate)
)`,
    cte(
      'measured',
      [
        ...ARM,
        'rate',
        `case rate
${RATES.map(({ name, numerator }) => `            when '${name}' then ${numerator}`).join('\n')}
        end as successes`,
        `case rate
${RATES.map(trials).join('\n')}
        end as trials`,
      ],
      'arms',
      '    cross join rates',
      '    where treatments > 1',
    ),
    cte(
      'compared',
      [...ARM, 'rate', 'successes', 'trials', ...['treatment_id', 'successes', 'trials'].map(ofControl)],
      'measured',
    ),
    cte(
      'pooled',
      [
        ...ARM,
        'control_treatment_id',
        'rate',
        'least(successes, trials) as successes',
        'nullif(trials, 0) as trials',
        'cast(successes as double) / nullif(trials, 0) as share',
        'cast(control_successes as double) / nullif(control_trials, 0) as control_share',
        'cast(successes + control_successes as double) / nullif(trials + control_trials, 0) as pooled_share',
        '1e0 / nullif(trials, 0) + 1e0 / nullif(control_trials, 0) as reciprocals',
        'least(trials, control_trials) as fewest_trials',
      ],
      'compared',
    ),
    cte(
      'tested',
      [
        ...ARM,
        'control_treatment_id',
        'rate',
        'share',
        `greatest(wilson_interval_lower(successes, trials, ${Z_95}), 0e0) as low`,
        `least(wilson_interval_upper(successes, trials, ${Z_95}), 1e0) as high`,
        'case when place > 1 then share - control_share end as difference',
        `case
            when place > 1 and fewest_trials * least(pooled_share, 1 - pooled_share) >= ${LEAST_EXPECTED}
                then least(
                    2 * (treatments - 1) * normal_cdf(
                        0,
                        1,
                        -abs(share - control_share)
                        / nullif(sqrt(pooled_share * (1 - pooled_share) * reciprocals), 0)
                    ),
                    1e0
                )
        end as p_value`,
      ],
      'pooled',
    ),
    cte(
      'pivoted',
      [
        ...KEYS,
        'place',
        'control_treatment_id',
        'treatments',
        'first_send_date',
        'last_send_date',
        ...COUNTS,
        ...RATES.flatMap(({ name }) => [
          `max(case when rate = '${name}' then share end) as ${name}`,
          ...['low', 'high', 'difference', 'p_value'].map(
            (result) => `max(case when rate = '${name}' then ${result} end) as ${name}_${result}`,
          ),
        ]),
      ],
      'tested',
      groupBy([...ARM.slice(0, 3), 'control_treatment_id', ...ARM.slice(3)]),
    ),
    cte(
      'final',
      [
        ...KEYS,
        'place = 1 as is_control',
        'control_treatment_id',
        'treatments',
        'first_send_date',
        'last_send_date',
        ...COUNTS,
        ...RATES.flatMap(({ name }) => [
          ...['', '_low', '_high', '_difference', '_p_value'].map((ending) => `${name}${ending}`),
          `${name}_p_value < ${SIGNIFICANT} as is_${name}_significant`,
        ]),
        "last_send_date + attribution_days * interval '1' day < current_date as is_mature",
      ],
      'pivoted',
      '    cross join settings',
    ),
  ]);
}

/** NULL where the campaign's mail can't be observed. */
const trials = ({ name, denominator, seenBy }: Rate): string =>
  `            when '${name}' then ${seenBy ? `case when ${seenBy.measure}_in_scope > 0 then ${denominator} end` : denominator}`;

const ofControl = (name: string): string =>
  `first_value(${name}) over (partition by campaign_id, rate order by place) as control_${name}`;
