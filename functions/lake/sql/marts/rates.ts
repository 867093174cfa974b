import type { MeasureName } from './measures.ts';

/** A rate (sql/README.md, "Definitions") as two measures: add those up, then divide. */
export interface Rate {
  name: string;
  numerator: MeasureName;
  denominator: MeasureName;
  /** which way is good news */
  better: 'up' | 'down';
  /** what the dictionary says after "numerator / denominator" */
  note?: string;
  /**
   * If nothing of this was seen in all mail that is tracked alike (a view's scope), tracking is off and the rate is NULL:
   * what can't be observed is not zero.
   */
  seenBy?: { measure: MeasureName; what: string };
  /** the numerator can be larger than the denominator, where the rate says nothing and is NULL */
  isLoose?: boolean;
}

const OPENS = { measure: 'unique_opens', what: 'opens' } as const;
const CLICKS = { measure: 'unique_clicks', what: 'clicks' } as const;

export const RATES = [
  { name: 'delivery_rate', numerator: 'delivered', denominator: 'sent', better: 'up' },
  { name: 'hard_bounce_rate', numerator: 'hard_bounces', denominator: 'sent', better: 'down' },
  { name: 'soft_bounce_rate', numerator: 'soft_bounces', denominator: 'sent', better: 'down' },
  { name: 'undetermined_bounce_rate', numerator: 'undetermined_bounces', denominator: 'sent', better: 'down' },
  {
    name: 'reputation_bounce_rate',
    numerator: 'reputation_hard_bounces',
    denominator: 'reputation_sent',
    better: 'down',
    note: ': what Amazon SES judges by (over its own moving volume)',
  },
  {
    name: 'complaint_rate',
    numerator: 'feedback_complaints',
    denominator: 'feedback_delivered',
    better: 'down',
    note: '; NULL where no provider tells of complaints',
  },
  {
    name: 'unique_open_rate',
    numerator: 'unique_opens',
    denominator: 'trackable_delivered',
    better: 'up',
    seenBy: OPENS,
  },
  {
    name: 'human_open_rate',
    numerator: 'unique_human_opens',
    denominator: 'trackable_delivered',
    better: 'up',
    seenBy: OPENS,
  },
  {
    name: 'unique_click_rate',
    numerator: 'unique_clicks',
    denominator: 'trackable_delivered',
    better: 'up',
    seenBy: CLICKS,
  },
  {
    name: 'click_to_open_rate',
    numerator: 'unique_human_clicks',
    denominator: 'unique_human_opens',
    better: 'up',
    note: '; NULL where more people clicked than were seen to open (Apple Mail hides opens)',
    isLoose: true,
  },
  { name: 'unsubscribe_rate', numerator: 'unsubscribes', denominator: 'delivered', better: 'down' },
] as const satisfies readonly Rate[];

/** @throws Error if there is no such rate */
export function rateNamed(name: string): Rate {
  const rate = RATES.find((one) => one.name === name);
  if (!rate) throw new Error(`no such rate: ${name}`);
  return rate;
}

/**
 * The rate as an expression in lines that begin at `indent` spaces. Whoever sums measures up may use it on the sums.
 *
 * @param seen the expression of how much was seen in the scope; by default the row's own
 */
export function divided(rate: Rate, indent: number, seen: string | undefined = rate.seenBy?.measure): string {
  const { numerator, denominator, isLoose = false, name } = rate;
  const quotient = `cast(${numerator} as double) / nullif(${denominator}, 0)`;
  const condition = rate.seenBy !== undefined ? `${seen} > 0` : isLoose ? `${numerator} <= ${denominator}` : undefined;
  if (condition === undefined) return `${quotient} as ${name}`;
  const pad = ' '.repeat(indent);
  const line = `${pad}    when ${condition} then ${quotient}`;
  const branch = line.length <= 120 ? line : `${pad}    when ${condition}\n${pad}        then ${quotient}`;
  return `case\n${branch}\n${pad}end as ${name}`;
}

/** What the dictionary says of the rate. @param scope mail that is tracked alike, such as "the mail of the day" */
export function meaningOf({ numerator, denominator, note = '', seenBy }: Rate, scope: string): string {
  const unseen = seenBy === undefined ? note : `; NULL where ${seenBy.what} can't be seen: ${scope} had none`;
  return `${numerator} / ${denominator}${unseen}.`;
}
