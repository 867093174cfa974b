/** The rates of the deliverability family, each as numerator and denominator. */
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
  /** it says nothing, and is NULL, where nearly all opens are hidden */
  isHiddenByProxies?: boolean;
  /** the numerator can be larger than the denominator, where the rate says nothing and is NULL */
  isLoose?: boolean;
}

/** From this share of hidden opens on, the opens of people are unknown. */
export const HIDDEN_SHARE = 0.9;

const HIDDEN = `; NULL where at least ${HIDDEN_SHARE * 100} % of the opens are hidden (Apple Mail Privacy Protection)`;

export const RATES = [
  {
    name: 'delivery_rate',
    numerator: 'observed_delivered',
    denominator: 'observed_sent',
    better: 'up',
    note: '; NULL where Delivery events are not published',
  },
  {
    name: 'hard_bounce_rate',
    numerator: 'volume_hard_bounces',
    denominator: 'volume_sent',
    better: 'down',
    note: '; NULL where bounces alone are published',
  },
  { name: 'soft_bounce_rate', numerator: 'volume_soft_bounces', denominator: 'volume_sent', better: 'down' },
  {
    name: 'undetermined_bounce_rate',
    numerator: 'volume_undetermined_bounces',
    denominator: 'volume_sent',
    better: 'down',
  },
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
    denominator: 'open_trackable',
    better: 'up',
    note: '; NULL where opens are not tracked',
    isLoose: true,
  },
  {
    name: 'human_open_rate',
    numerator: 'unique_human_opens',
    denominator: 'open_trackable',
    better: 'up',
    note: HIDDEN,
    isHiddenByProxies: true,
    isLoose: true,
  },
  {
    name: 'unique_click_rate',
    numerator: 'unique_clicks',
    denominator: 'click_trackable',
    better: 'up',
    note: '; NULL where clicks are not tracked',
    isLoose: true,
  },
  {
    name: 'click_to_open_rate',
    numerator: 'unique_human_clicks',
    denominator: 'unique_human_opens',
    better: 'up',
    note: '; NULL where more people clicked than were seen to open, or nearly all opens are hidden (Apple)',
    isHiddenByProxies: true,
    isLoose: true,
  },
  {
    name: 'unsubscribe_rate',
    numerator: 'unsubscribes',
    denominator: 'unsubscribe_delivered',
    better: 'down',
    note: '; NULL where no unsubscribe was ever seen',
    isLoose: true,
  },
  {
    name: 'human_click_rate',
    numerator: 'unique_human_clicks',
    denominator: 'click_trackable',
    better: 'up',
    note: ': clicks of scanners and bots left out',
    isLoose: true,
  },
  {
    name: 'soft_never_delivered_rate',
    numerator: 'soft_never_delivered',
    denominator: 'volume_sent',
    better: 'down',
    note: ': soft bounces without the automatic replies to delivered mail',
  },
] as const satisfies readonly Rate[];
export type RateName = (typeof RATES)[number]['name'];

/** @throws Error if there is no such rate */
export function rateNamed(name: string): Rate {
  const rate = RATES.find((one) => one.name === name);
  if (!rate) throw new Error(`no such rate: ${name}`);
  return rate;
}

/** The rate as an item of a select whose items begin at `indent` spaces. It may be used on sums of measures, too. */
export function divided(rate: Rate, indent: number): string {
  const { numerator, denominator, isLoose = false, isHiddenByProxies = false, name } = rate;
  const quotient = `cast(${numerator} as double) / nullif(${denominator}, 0)`;
  const conditions = [
    ...(isLoose ? [`${numerator} <= ${denominator}`] : []),
    ...(isHiddenByProxies ? [`hidden_opens < ${HIDDEN_SHARE} * greatest(unique_opens, 1)`] : []),
  ];
  if (conditions.length === 0) return `${quotient} as ${name}`;
  return `case when ${conditions.join(' and ')}\n${' '.repeat(indent)}    then ${quotient} end as ${name}`;
}

/** What the dictionary says of the rate. */
export const meaningOf = ({ numerator, denominator, note = '' }: Rate): string =>
  `${numerator} / ${denominator}${note}.`;
