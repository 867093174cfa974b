/** A sender's days as counts, made into mail by story-lake.ts: small enough to follow, and deterministic. */
import { later } from '#report/period.ts';

/** Mail of one day to one provider that has this in common; the first ones bounce, those after them are delivered. */
export interface Fact {
  send_date: string;
  /** the recipients' domain */
  domain: string;
  from_domain: string;
  campaign_id: string | null;
  treatment_id: string | null;
  sent: number;
  hard: number;
  soft: number;
  /** of the others; the rest has no outcome */
  delivered: number;
  /** of delivered, the first ones each */
  complaints: number;
  opens: number;
  humanOpens: number;
  clicks: number;
  unsubscribes: number;
  /** what bounced mail was told */
  status: string | null;
  diagnostic: string | null;
  link: string;
  subject: string;
}

/** What came in on a day. */
export interface QualityRow {
  dt: string;
  objects: number;
  records: number;
  accepted: number;
  duplicate: number;
  skipped: number;
  quarantined: number;
  newest_delivered_at: string;
}

export interface Story {
  facts: Fact[];
  quality: QualityRow[];
  /** things that the last audit found by kind; null: there was none */
  audit: Readonly<Record<string, number>> | null;
}

export const NOTHING: Story = { facts: [], quality: [], audit: null };

/** A fact where only what is said happened. */
export const fact = (row: Partial<Fact> & { send_date: string }): Fact => ({
  domain: 'gmail.com',
  from_domain: 'shop.example',
  campaign_id: null,
  treatment_id: null,
  sent: 0,
  hard: 0,
  soft: 0,
  delivered: 0,
  complaints: 0,
  opens: 0,
  humanOpens: 0,
  clicks: 0,
  unsubscribes: 0,
  status: null,
  diagnostic: null,
  link: 'https://shop.example/',
  subject: 'News',
  ...row,
});

const SHARES = [
  ['gmail.com', 0.4],
  ['outlook.com', 0.2],
  ['yahoo.com', 0.14],
  ['icloud.com', 0.1],
  ['gmx.net', 0.08],
  ['mail.example', 0.08],
] as const;

/** A Monday, so long ago that every day of a quarter is over on any clock. */
export const FIRST = '2025-08-04';

/** `days` days; on day `incident`, Microsoft turns most of the news away. `size`: mails on a usual day. */
export function quarter({ days = 90, size = 300, incident = 72 as number | null, seed = 7 } = {}): Story {
  const random = lehmer(seed);
  const story: Story = { facts: [], quality: [], audit: {} };
  for (let i = 0; i < days; i++) {
    const send_date = later(FIRST, i);
    const rhythm = [1.1, 1.2, 1.15, 1.05, 1, 0.5, 0.45][i % 7] ?? 1;
    for (const [domain, share] of SHARES) {
      for (const [campaign_id, treatment_id, part] of parts(i)) {
        const sent = Math.round(size * rhythm * share * part * (0.9 + 0.2 * random()));
        const isIncident = i === incident && domain === 'outlook.com' && campaign_id !== null;
        // As chance would have it: so many of n, each with this probability.
        const some = (n: number, rate: number) => Array.from({ length: n }).filter(() => random() < rate).length;
        const hard = isIncident ? Math.round(sent * 0.78) : some(sent, 0.011);
        const soft = some(sent - hard, 0.01);
        const delivered = sent - hard - soft - some(sent - hard - soft, 0.002);
        const humanOpens = some(delivered, treatment_id === 'B' ? 0.45 : 0.31);
        story.facts.push(
          fact({
            send_date,
            domain,
            from_domain: campaign_id === null ? 'shop.example' : 'news.shop.example',
            campaign_id,
            treatment_id,
            sent,
            hard,
            soft,
            delivered,
            complaints: domain === 'outlook.com' || domain === 'yahoo.com' ? some(delivered, 0.0012) : 0,
            humanOpens,
            opens: Math.min(delivered, Math.round(humanOpens * 1.3)),
            clicks: some(humanOpens, 0.12),
            unsubscribes: some(delivered, 0.0015),
            status: isIncident ? '5.7.1' : hard > 0 ? '5.1.1' : '4.2.2',
            diagnostic: `smtp; answer of ${domain}`,
            link: `https://shop.example/${campaign_id === null ? 'order' : `new?utm_campaign=${campaign_id}`}`,
          }),
        );
      }
    }
    story.quality.push({
      dt: send_date,
      objects: 24,
      records: 5200,
      accepted: 5150,
      duplicate: 40,
      skipped: 7,
      quarantined: 3,
      newest_delivered_at: `${send_date} 23:58:20`,
    });
  }
  return story;
}

function parts(day: number): readonly (readonly [campaign: string | null, treatment: string | null, part: number])[] {
  const receipts = [null, null, 0.4] as const;
  if (day % 7 === 2) return [receipts, ['autumn-sale', 'A', 1.2], ['autumn-sale', 'B', 1.2]];
  if (day % 7 === 4) return [receipts, [`newsletter-${String(Math.floor(day / 7) + 1).padStart(2, '0')}`, null, 1.4]];
  return [receipts];
}

/** Park and Miller's minimal standard generator: 0 to 1. */
function lehmer(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
