/** The published limits on bounces and complaints, for charts and the summary. */
import { percentTick } from './numbers.ts';
import type { Ask } from './rows.ts';

/** A rate from 0 to 1 that a sender should stay below, whose it is, and its name on a chart. */
export interface Threshold {
  rate: number;
  says: string;
  label: string;
}

/** Ascending. */
export interface Thresholds {
  bounce: readonly Threshold[];
  complaint: readonly Threshold[];
}

/** The limits that the views' status columns use too, from the same seed: users edit one file. */
export async function loadThresholds(ask: Ask): Promise<Thresholds> {
  const rows = await ask('select name, value from seed_thresholds');
  return thresholdsOf(new Map(rows.map((row) => [row.text('name'), row.number('value')])));
}

/** @throws Error if a limit that the report draws is not there, or no rate */
export function thresholdsOf(values: ReadonlyMap<string, number>): Thresholds {
  const threshold = (name: string, says: string): Threshold => {
    const rate = values.get(name);
    if (rate === undefined || !(rate > 0 && rate < 1))
      throw new Error(`no rate between 0 and 1 in sql/seeds/thresholds.csv (name: ${name})`);
    return { rate, says, label: `${percentTick(rate)} ${says}` };
  };
  const ascending = (thresholds: Threshold[]) => thresholds.sort((a, b) => a.rate - b.rate);
  return {
    bounce: ascending([
      threshold('ses_bounce_recommended', 'recommended by SES'),
      threshold('ses_bounce_review', 'SES reviews'),
      threshold('ses_bounce_pause', 'SES may pause'),
    ]),
    complaint: ascending([
      threshold('ses_complaint_review', 'SES reviews'),
      threshold('gmail_yahoo_spam_limit', 'limit of Gmail and Yahoo'),
      threshold('ses_complaint_pause', 'SES may pause'),
    ]),
  };
}
