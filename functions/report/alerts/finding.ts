/** What a look at the mail finds: a trouble, of which mail, since when and how sure, in words and in figures. */

import { count } from '#host/figures.ts';

/** What can be wrong. The first five are found in the hours just past, all but `deferred`, `tracking` and `silent` in days. */
export type Trouble =
  | 'refused'
  | 'deferred'
  | 'complaints'
  | 'tracking'
  | 'silent'
  | 'opens'
  | 'clicks'
  | 'unsubscribes'
  | 'bounce_status'
  | 'complaint_status';

export type Level = 'warning' | 'critical';

/** Which mail it is about; what is left out is any. */
export interface Scope {
  provider?: string;
  domain?: string;
  /** `none`: mail without one */
  configurationSet?: string;
  /** `campaign`, `journey` or `transactional` */
  kind?: string;
  account?: string;
  region?: string;
  /** a configuration set, else a Pinpoint project or identity: what publishes events, and has a tracking domain */
  stream?: string;
}

/** In words, for a person. Not escaped for anything. */
export interface Says {
  /** `On Tuesday 6 October Microsoft turned away 59.0% of the mail sent there` */
  headline: string;
  /** `49 of 83, where 0.56% was expected` */
  compared: string;
  /** `All of it was from news.example.` */
  whose: string | null;
  why: string | null;
  /** the most frequent answer of servers, and the sending address that it is about */
  said: string | null;
  todo: string | null;
  /** how sure it is */
  sure: string;
  /** a statement to look further with */
  query: string;
}

export interface Finding {
  trouble: Trouble;
  scope: Scope;
  level: Level;
  /** epoch ms: the beginning of the first and of the last day or hours in which it shows */
  since: number;
  until: number;
  counted: number;
  of: number;
  /** what `counted` was expected to be */
  expected: number;
  says: Says;
}

/** What tells a trouble from others, the same at each look. */
export type Subject = Pick<Finding, 'trouble' | 'scope'>;

export const nameOf = ({ trouble, scope }: Subject): string =>
  [trouble, ...SCOPES.map((part) => scope[part] ?? '')].join('\n');

const SCOPES = ['provider', 'domain', 'configurationSet', 'kind', 'account', 'region', 'stream'] as const;

/** What was found at a time, and what of earlier findings is known to be over. */
export interface Look {
  findings: readonly Finding[];
  /** In words why a trouble is over that was found before; null if it isn't, or if nothing can be told. */
  whyOver(open: Finding): string | null;
}

/** How rare it is that chance does what has a probability of `p`; never rarer than it is. @param of `hours`, `days` */
export function rarity(p: number, of: string): string {
  const power = Math.min(9, Math.floor(-Math.log10(Math.max(p, 1e-300))));
  return power < 1
    ? 'Chance alone could do this.'
    : `Chance alone would do this in less than one of ${count(10 ** power)} such ${of}.`;
}
