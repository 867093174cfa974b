/** Chooses what the questions are about: a campaign, an A/B test and a message with many events. */
import type { SesEvent } from './events.ts';

interface Campaign {
  id: string;
  /** `YYYY-MM-DD` */
  firstDay: string;
  sends: number;
  treatments: Set<string>;
}

export interface Message {
  id: string;
  sentOn: string;
}

export class Subjects {
  readonly #campaigns = new Map<string, Campaign>();
  readonly #records = new Map<string, number>();
  readonly #candidates = new Map<string, string>();
  readonly #campaignDays: Set<string>;
  readonly #messageDays: Set<string>;

  /** @param days of the lake. A campaign lies late in it, but not so late that nobody has read it yet; a message in the middle. */
  constructor(days: readonly string[]) {
    this.#campaignDays = new Set(days.slice(Math.floor(days.length * 0.6), -2));
    this.#messageDays = new Set(days.slice(Math.floor(days.length * 0.5), Math.floor(days.length * 0.7)));
  }

  look({ type, at, messageId, destination, campaign, treatment }: SesEvent): void {
    const day = at.slice(0, 10);
    this.#records.set(messageId, (this.#records.get(messageId) ?? 0) + 1);
    if (type !== 'Send') return;
    if (destination.length === 1 && this.#messageDays.has(day)) this.#candidates.set(messageId, day);
    if (campaign === undefined) return;
    const known = this.#campaigns.get(campaign) ?? { id: campaign, firstDay: day, sends: 0, treatments: new Set() };
    this.#campaigns.set(campaign, known);
    known.sends++;
    if (day < known.firstDay) known.firstDay = day;
    if (treatment !== undefined) known.treatments.add(treatment);
  }

  /** The largest without treatments. */
  campaign(): Campaign {
    return this.#largest('campaign', ({ treatments }) => treatments.size === 0);
  }

  /** The largest with treatments. */
  abTest(): Campaign {
    return this.#largest('A/B test', ({ treatments }) => treatments.size > 1);
  }

  /** The one that most records tell of; of several the first by id. */
  message(): Message {
    const [first] = [...this.#candidates]
      .map(([id, sentOn]) => ({ id, sentOn, records: this.#records.get(id) ?? 0 }))
      .sort((a, b) => b.records - a.records || (a.id < b.id ? -1 : 1));
    if (!first) throw new Error('no message in the middle of the period, ask for more of them');
    return first;
  }

  #largest(what: string, isWanted: (campaign: Campaign) => boolean): Campaign {
    const [first] = [...this.#campaigns.values()]
      .filter((campaign) => this.#campaignDays.has(campaign.firstDay) && isWanted(campaign))
      .sort((a, b) => b.sends - a.sends || (a.id < b.id ? -1 : 1));
    if (!first) throw new Error(`no ${what} late in the period, ask for more days`);
    return first;
  }
}
