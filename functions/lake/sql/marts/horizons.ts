import { FACT_DIMENSIONS } from './dimensions.ts';
import { headerText } from './header.ts';
import { columnsRead, counted } from './measures.ts';
import { RATE_MEASURES } from './rates.ts';
import { cte, groupBy, statement } from './select.ts';

/** How long after its sending a mail is looked at, in days: young days are compared with older ones at the same age. */
export const HORIZON_DAYS = [1, 3, 7] as const;

/** The outcome of a mail as it was at `ends_at`, for each column that the measures read; others are as they are. */
const AT_HORIZON: Readonly<Record<string, string>> = {
  is_delivered: `coalesce(
            delivered_at <= ends_at and (bounce_kind is null or bounce_kind <> 'hard' or bounced_at > ends_at),
            false
        )`,
  is_trackable_delivered: `coalesce(
            is_trackable
            and delivered_at <= ends_at
            and (bounce_kind is null or bounce_kind <> 'hard' or bounced_at > ends_at),
            false
        )`,
  bounce_kind: 'case when bounced_at <= ends_at then bounce_kind end',
  is_suppressed: 'is_suppressed and bounced_at <= ends_at',
  complained_at: 'case when complained_at <= ends_at then complained_at end',
  unsubscribed_at: 'case when unsubscribed_at <= ends_at then unsubscribed_at end',
  opens: 'case when first_opened_at <= ends_at then 1 else 0 end',
  human_opens: 'case when first_human_opened_at <= ends_at then 1 else 0 end',
  clicks: 'case when first_clicked_at <= ends_at then 1 else 0 end',
  human_clicks: 'case when first_human_clicked_at <= ends_at then 1 else 0 end',
};

const TIMES = [
  'sent_at',
  'delivered_at',
  'is_trackable',
  'bounced_at',
  'first_opened_at',
  'first_human_opened_at',
  'first_clicked_at',
  'first_human_clicked_at',
] as const;

/** sql/marts/deliverability_by_horizon.sql */
export function horizonText(): string {
  const names = FACT_DIMENSIONS.map(({ name }) => name);
  const read = columnsRead(RATE_MEASURES);
  const keys = [...names, 'horizon_hours', 'horizon_days'];
  const header = headerText({
    doc: "The facts as they were some hours after each mail's sending, so that a young day can be compared with an older one; without totals, and a mail counts with the gravest of its bounces if that one came by then. Ask for one horizon, as each has all mail. One row per send date, horizon, provider, from domain, configuration set, campaign, treatment and journey.",
    clock: 'cohort',
    grain: [...names.filter((name) => name !== 'dt'), 'horizon_hours'],
    columns: [
      ...FACT_DIMENSIONS.map(({ name, type }) => ({ name, type, doc: '= deliverability_facts' })),
      {
        name: 'horizon_hours',
        type: 'integer',
        doc: `Hours after the sending: ${HORIZON_DAYS.map((days) => days * 24).join(', ')}.`,
      },
      {
        name: 'is_horizon_over',
        type: 'boolean',
        doc: 'So many hours are over for all mail of the day, and a day for late arrivals: the numbers are final.',
      },
      ...RATE_MEASURES.map(({ name }) => ({ name, type: 'bigint', doc: '= deliverability_facts' })),
    ],
  });
  const select = statement([
    `horizons as (
    select
        horizon_hours,
        horizon_days
    from (
        values
${HORIZON_DAYS.map((days) => `            (${days * 24}, ${days})`).join(',\n')}
    ) as listed (horizon_hours, horizon_days)
)`,
    cte('outcomes', [...names, ...read.filter((name) => !DERIVED.has(name)), ...TIMES], 'message_outcomes'),
    cte(
      'aged',
      [
        ...keys,
        ...[...read.filter((name) => !DERIVED.has(name)), ...TIMES],
        "sent_at + horizon_hours * interval '1' hour as ends_at",
      ],
      'outcomes',
      '    cross join horizons',
    ),
    cte('seen', [...keys, ...read.map(asSeen)], 'aged'),
    cte(
      'final',
      [
        ...names,
        'horizon_hours',
        "send_date + (horizon_days + 1) * interval '1' day < current_date as is_horizon_over",
        ...RATE_MEASURES.map((measure) => counted(measure, 8)),
      ],
      'seen',
      groupBy(keys),
    ),
  ]);
  return header + select;
}

/** These need no column of their name. */
const DERIVED = new Set(['is_delivered', 'is_trackable_delivered', 'opens', 'human_opens', 'clicks', 'human_clicks']);

const asSeen = (column: string): string => {
  const expression = AT_HORIZON[column];
  return expression === undefined ? column : `${expression} as ${column}`;
};
