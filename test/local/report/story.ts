/** A sender's days as rows of the views: small enough to follow, and deterministic. */
import { COUNTS, type Count } from '#local/report/measures.ts';
import { later } from '#local/report/period.ts';

export type Fact = { send_date: string; mailbox_provider: string; campaign_id: string | null } & {
  treatment_id: string | null;
} & Record<Count, number>;

export interface Bounce {
  event_date: string;
  mailbox_provider: string;
  bounce_kind: string;
  enhanced_status: string | null;
  bounces: number;
  meaning: string;
  what_to_do: string;
  example_diagnostic: string | null;
}

export interface LinkRow {
  campaign_id: string | null;
  link: string;
  clicks: number;
  human_clicks: number;
  unique_clicks: number;
}

export interface QualityRow {
  ingest_date: string;
  objects: number;
  records: number;
  accepted: number;
  duplicate: number;
  skipped: number;
  quarantined: number;
  missing_objects: number;
  changed_objects: number;
  settled_duplicate_rows: number;
  newest_delivered_at: string;
}

export interface Story {
  facts: Fact[];
  bounces: Bounce[];
  links: LinkRow[];
  quality: QualityRow[];
}

export const NOTHING: Story = { facts: [], bounces: [], links: [], quality: [] };

/** A row of deliverability_facts where only what is said happened. */
export function fact(row: Partial<Fact> & { send_date: string }): Fact {
  const zeros: Partial<Record<Count, number>> = {};
  for (const count of COUNTS) zeros[count] = 0;
  return {
    mailbox_provider: 'gmail',
    campaign_id: null,
    treatment_id: null,
    ...(zeros as Record<Count, number>),
    ...row,
  };
}

const SHARES = [
  ['gmail', 0.4],
  ['microsoft', 0.2],
  ['yahoo', 0.14],
  ['apple', 0.1],
  ['gmx', 0.08],
  ['other', 0.08],
] as const;

/** `days` days from 3 August 2026; on day `incident`, Microsoft turns most mail away. `size`: mails on a usual day. */
export function quarter({ days = 90, size = 1000, incident = 70 as number | null } = {}): Story {
  const random = lehmer(7);
  const story: Story = { ...NOTHING, facts: [], bounces: [], quality: [] };
  for (let i = 0; i < days; i++) {
    const send_date = later('2026-08-03', i);
    const rhythm = [1.1, 1.2, 1.15, 1.05, 1, 0.5, 0.45][i % 7] ?? 1;
    for (const [mailbox_provider, share] of SHARES) {
      for (const [campaign_id, treatment_id, part] of parts(i)) {
        const sent = Math.round(size * rhythm * share * part * (0.9 + 0.2 * random()));
        const isIncident = i === incident && mailbox_provider === 'microsoft';
        const some = (n: number, rate: number) => Math.round(n * rate * (0.5 + random()));
        const hard_bounces = some(sent, 0.011);
        const soft_bounces = isIncident ? Math.round(sent * 0.78) : some(sent, 0.01);
        const delivered = sent - hard_bounces - soft_bounces - some(sent, 0.002);
        const hasFeedback = mailbox_provider === 'microsoft' || mailbox_provider === 'yahoo';
        const unique_human_opens = some(delivered, treatment_id === 'B' ? 0.37 : 0.31);
        const complaints = hasFeedback ? Math.round(delivered * 0.0012 + random() - 0.5) : 0;
        story.facts.push(
          fact({
            send_date,
            mailbox_provider,
            campaign_id,
            treatment_id,
            sent,
            delivered,
            hard_bounces,
            soft_bounces,
            reputation_sent: sent,
            reputation_hard_bounces: hard_bounces,
            complaints,
            feedback_delivered: hasFeedback ? delivered : 0,
            feedback_complaints: complaints,
            trackable_delivered: delivered,
            unique_human_opens,
            unique_opens: Math.round(unique_human_opens * 1.3),
            unique_clicks: some(unique_human_opens, 0.12),
            unsubscribes: some(delivered, 0.0015),
          }),
        );
        story.bounces.push(
          bounce(send_date, mailbox_provider, 'hard', '5.1.1', hard_bounces),
          bounce(send_date, mailbox_provider, 'soft', isIncident ? '5.7.1' : '4.2.2', soft_bounces),
        );
      }
    }
    story.quality.push({
      ingest_date: send_date,
      objects: 24,
      records: 5200,
      accepted: 5150,
      duplicate: 40,
      skipped: 7,
      quarantined: 3,
      missing_objects: 0,
      changed_objects: 0,
      settled_duplicate_rows: 2,
      newest_delivered_at: `${send_date} 23:58:20`,
    });
  }
  story.bounces = story.bounces.filter(({ bounces }) => bounces > 0);
  story.links = ['/sale', '/new?utm_source=newsletter&utm_campaign=autumn', '/unsubscribe'].map((path, i) => ({
    campaign_id: 'autumn-sale',
    link: `https://shop.example${path}`,
    clicks: 4200 - i * 900,
    human_clicks: 4000 - i * 950,
    unique_clicks: 3100 - i * 800,
  }));
  return story;
}

function parts(day: number): readonly (readonly [campaign: string | null, treatment: string | null, part: number])[] {
  const receipts = [null, null, 0.4] as const;
  if (day % 7 === 2) return [receipts, ['autumn-sale', 'A', 1.2], ['autumn-sale', 'B', 1.2]];
  if (day % 7 === 4) return [receipts, [`newsletter-${String(Math.floor(day / 7) + 1).padStart(2, '0')}`, null, 1.4]];
  return [receipts];
}

const MEANINGS = new Map([
  ['5.1.1', ['The mailbox does not exist.', 'Take the address off all lists.']],
  ['5.7.1', ['The provider refuses mail by policy.', 'Check authentication and reputation, and ask the provider.']],
  ['4.2.2', ['The mailbox is full.', 'Try again in some days.']],
]);

function bounce(date: string, provider: string, type: string, status: string, bounces: number): Bounce {
  const [meaning = '', what_to_do = ''] = MEANINGS.get(status) ?? [];
  return {
    event_date: date,
    mailbox_provider: provider,
    bounce_kind: type,
    enhanced_status: status,
    bounces,
    meaning,
    what_to_do,
    example_diagnostic: `smtp; ${status} answer of ${provider}`,
  };
}

/** Park and Miller's minimal standard generator: 0 to 1. */
function lehmer(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
