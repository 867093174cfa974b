/** The generator counts while it makes the data; the pipeline counts what it reads. Both must say the same, exactly. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generate, type Truth } from '#generate/index.ts';
import { FACT_COUNTS, type FactCounts } from '#generate/truth/facts.ts';
import type { FactDimensions } from '#generate/truth/ledger.ts';
import type { PersonTruth } from '#generate/truth/people.ts';
import { DAY_MS } from '#lake/days.ts';
import type { SqlValue } from '#lake/ports.ts';
import { audit } from '#lake/steps/audit.ts';
import { type LocalLake, openLake } from '#local/lake.ts';
import { type RunSummary, runAll } from '#local/run/run.ts';

const quiet = { start() {}, advance() {}, done() {} };
type Row = Record<string, SqlValue>;

/** One sender tries each sentence; `npm run test:soak` tries more of them, `SEEDS=2,3`. */
const SEEDS = (process.env.SEEDS ?? '1').split(',').map(Number);

describe.each(SEEDS)('generated data with every fault, seed %i', (seed) => {
  const folder = mkdtempSync(join(tmpdir(), 'truth-'));
  let lake: LocalLake;
  let truth: Truth;
  let summary: RunSummary;

  beforeAll(async () => {
    const raw = join(folder, 'raw');
    const path = join(folder, 'truth.json');
    await generate({ out: raw, messages: 600, days: 18, seed, dirty: true, dates: 8, people: true, truth: path });
    truth = JSON.parse(readFileSync(path, 'utf8'));
    lake = await openLake({ raw, lake: join(folder, 'lake'), durable: false });
    summary = await runAll(lake, { progress: quiet, includeUnfinished: true, limits: { workers: 2 } });
  }, 120_000);
  afterAll(async () => {
    await lake.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const rows = async (sql: string): Promise<Row[]> => {
    const { columns, rows: values } = await lake.engine.query(sql);
    return values.map((row) => Object.fromEntries(columns.map(({ name }, i) => [name, row[i] ?? null])));
  };
  const sorted = (list: readonly object[]): string[] => list.map((row) => JSON.stringify(row)).sort();

  test('every record is accounted for, by kind and reason', async () => {
    const { records, distinct, repeats, skipped, quarantined } = truth.quality;
    expect({ records: summary.records, skipped: summary.skipped, quarantined: summary.quarantined }).toEqual({
      records,
      skipped,
      quarantined,
    });
    expect(summary.accepted + summary.duplicate).toBe(distinct + repeats);
    const [quality] = await rows(
      'select sum(records) as records, sum(records_accounted) as accounted, sum(objects) as objects from data_quality_daily',
    );
    expect(quality).toEqual({ records, accounted: records, objects: truth.objects });
  });

  test('tables have one row an event, header and click', async () => {
    const [counts] = await rows(
      'select (select count(*) from events) as events, (select count(*) from headers) as headers, (select count(*) from clicks) as clicks',
    );
    expect(counts).toEqual(truth.quality.rows);
  });

  test('email_events has the truth’s events by day, provider, campaign and type', async () => {
    const seen = await rows(
      'select cast(event_date as varchar) as event_date, mailbox_provider, campaign_id, event_type, count(distinct event_id) as events from email_events group by 1, 2, 3, 4',
    );
    expect(sorted(seen)).toEqual(sorted(truth.events));
  });

  test('deliverability_facts has the truth’s counts in every dimension', async () => {
    const dimensions = 'mailbox_provider, from_domain, configuration_set, campaign_id, treatment_id, journey_id';
    const seen = await rows(
      `select cast(send_date as varchar) as send_date, ${dimensions}, ${FACT_COUNTS.join(', ')} from deliverability_facts where ${FACT_COUNTS.map((name) => `${name} > 0`).join(' or ')}`,
    );
    expect(sorted(seen)).toEqual(sorted(truth.facts));
  });

  test('deliverability_daily adds up to the truth’s headline', async () => {
    const { events: _, ...headline } = truth.headline;
    const [seen] = await rows(
      `select ${FACT_COUNTS.map((name) => `sum(${name}) as ${name}`).join(', ')} from deliverability_daily`,
    );
    expect(seen).toEqual(headline);
  });

  /** Views of the family, by what the facts have of their dimensions; mail without the last one is left out. */
  const FAMILY: [view: string, by: (keyof FactDimensions)[]][] = [
    ['deliverability_daily', ['send_date']],
    ['deliverability_by_mailbox_provider', ['send_date', 'mailbox_provider']],
    ['deliverability_by_recipient_domain', ['send_date', 'mailbox_provider']],
    ['deliverability_by_outgoing_ip', ['send_date', 'mailbox_provider']],
    ['deliverability_by_sending_domain', ['send_date', 'from_domain', 'configuration_set']],
    ['deliverability_by_campaign', ['treatment_id', 'campaign_id']],
    ['deliverability_by_journey', ['journey_id']],
  ];
  const rolledUp = (by: readonly (keyof FactDimensions)[], counts: readonly (keyof FactCounts)[]): object[] => {
    const sums = new Map<string, Record<string, number>>();
    for (const fact of truth.facts) {
      const key = JSON.stringify(by.map((name) => fact[name]));
      const sum = sums.get(key) ?? {};
      for (const name of counts) sum[name] = (sum[name] ?? 0) + fact[name];
      sums.set(key, sum);
    }
    return [...sums].map(([key, sum]) => ({
      ...Object.fromEntries(JSON.parse(key).map((value: string | null, at: number) => [by[at], value])),
      ...sum,
    }));
  };
  const shown = (names: readonly string[]): string[] =>
    names.map((name) => (/_date$/.test(name) ? `cast(${name} as varchar) as ${name}` : name));
  const summed = (names: readonly string[]): string[] => names.map((name) => `sum(${name}) as ${name}`);

  test.each(FAMILY)('%s has the sums of the truth’s facts', async (view, by) => {
    const some = FACT_COUNTS.map((name) => `sum(${name}) > 0`).join(' or ');
    const seen = await rows(
      `select ${[...shown(by), ...summed(FACT_COUNTS)]} from ${view} group by ${by.map((_, at) => at + 1)} having ${some}`,
    );
    const last = by.at(-1) ?? 'send_date';
    const said = rolledUp(by, FACT_COUNTS).filter(
      (line) =>
        !/^(campaign|journey)_id$/.test(last) ||
        Object.entries(line).every(([name, is]) => name !== last || is !== null),
    );
    expect(said.length).toBeGreaterThan(1);
    expect(sorted(seen)).toEqual(sorted(said));
  });

  test('treatment_comparison and delivery_latency_daily rest on the truth’s counts', async () => {
    const counts = ['sent', 'delivered', 'trackable_delivered', 'unique_human_opens', 'unsubscribes'] as const;
    const compared = await rows(`select campaign_id, treatment_id, ${counts} from treatment_comparison`);
    const said = new Set(sorted(rolledUp(['campaign_id', 'treatment_id'], counts)));
    expect(compared.length).toBeGreaterThan(1);
    expect(sorted(compared).filter((line) => !said.has(line))).toEqual([]);
    const delivered = await rows(
      `select ${shown(['send_date'])}, mailbox_provider, delivered from delivery_latency_daily where mailbox_provider <> 'all' and delivered > 0`,
    );
    expect(sorted(delivered)).toEqual(
      sorted(rolledUp(['send_date', 'mailbox_provider'], ['delivered'])).filter(
        (line) => !line.includes('"delivered":0'),
      ),
    );
  });

  test('reputation_status judges each identity by the truth’s counts, as none has more mail than it looks at', async () => {
    const counts = [
      'sent',
      'reputation_sent',
      'reputation_hard_bounces',
      'feedback_delivered',
      'feedback_complaints',
    ] as const;
    const said = rolledUp(['from_domain', 'configuration_set'], counts).filter((line) => 'sent' in line && line.sent);
    expect(said.length).toBeGreaterThan(1);
    // The truth tells no accounts and regions apart: an identity's mail of several is added up.
    const sums = counts.map((count) => `cast(sum(${count}) as bigint) as ${count}`);
    const identities = `select from_domain, configuration_set, ${sums} from reputation_status where reputation_scope = 'identity' group by 1, 2`;
    expect(sorted(await rows(identities))).toEqual(sorted(said));
    const ofScope = (scope: string) =>
      rows(`select ${sums} from reputation_status where reputation_scope = '${scope}'`);
    expect(await ofScope('account')).toEqual(await ofScope('identity'));
  });

  test('time_to_engage ends with the truth’s people who ever opened or clicked', async () => {
    const counts = ['trackable_delivered', 'unique_human_opens', 'unique_human_clicks'] as const;
    const said = rolledUp(['campaign_id'], counts).filter(
      (line) =>
        'campaign_id' in line && line.campaign_id !== null && 'trackable_delivered' in line && line.trackable_delivered,
    );
    expect(said.length).toBeGreaterThan(1);
    const seen = await rows(
      'select campaign_id, trackable_delivered, human_opened_ever as unique_human_opens, human_clicked_ever as unique_human_clicks from time_to_engage where hours_since_delivery = 72',
    );
    expect(sorted(seen)).toEqual(sorted(said));
  });

  test('deliverability_by_horizon has the truth’s mail at every horizon, and never more of what became of it', async () => {
    const by = ['send_date', 'mailbox_provider', 'from_domain', 'configuration_set', 'campaign_id'] as const;
    const said = sorted(rolledUp(by, ['sent']).filter((line) => 'sent' in line && line.sent));
    for (const horizon of [24, 72, 168]) {
      const seen = await rows(
        `select ${[...shown(by), ...summed(['sent'])]} from deliverability_by_horizon where horizon_hours = ${horizon} group by all having sum(sent) > 0`,
      );
      expect(sorted(seen)).toEqual(said);
    }
    const grown = ['hard_bounces', 'unique_opens', 'unique_clicks', 'unsubscribes'] as const;
    const [last = {}] = await rows(`select ${summed(grown)} from deliverability_by_horizon where horizon_hours = 168`);
    for (const name of grown) expect(Number(last[name])).toBeLessThanOrEqual(truth.headline[name]);
    expect(Number(last.hard_bounces)).toBeGreaterThan(0);
  });

  test('data_freshness has the newest days of the truth, and an audit that found nothing', async () => {
    expect((await audit(lake.ports)).drifts).toEqual([]);
    const newest = (days: readonly string[]): string | undefined => days.toSorted().at(-1);
    const [seen] = await rows(
      `select ${shown(['newest_settled_date', 'newest_send_date'])}, last_audit_drifts, last_audit_findings from data_freshness`,
    );
    expect(seen).toEqual({
      newest_settled_date: newest(truth.events.map(({ event_date }) => event_date)),
      newest_send_date: newest(truth.facts.map(({ send_date }) => send_date)),
      last_audit_drifts: 0,
      last_audit_findings: null,
    });
  });

  test('link_performance has the truth’s clicks', async () => {
    const seen = await rows(
      'select campaign_id, link, clicks, human_clicks, unique_clicks, unique_human_clicks, unsubscribes from link_performance',
    );
    expect(sorted(seen)).toEqual(sorted(truth.links));
  });

  test('bounce_diagnostics has the truth’s bounces', async () => {
    const seen = await rows(
      'select cast(event_date as varchar) as event_date, mailbox_provider, bounce_type, bounce_sub_type, enhanced_status, sum(bounces + suppressed) as bounces from bounce_diagnostics group by 1, 2, 3, 4, 5',
    );
    const said = new Map<string, number>();
    for (const bounce of truth.bounces) {
      if (bounce.is_simulator) continue;
      const { event_date, mailbox_provider, bounce_type, bounce_sub_type, enhanced_status } = bounce;
      const key = JSON.stringify({ event_date, mailbox_provider, bounce_type, bounce_sub_type, enhanced_status });
      said.set(key, (said.get(key) ?? 0) + bounce.recipient_messages);
    }
    expect(sorted(seen)).toEqual(
      [...said].map(([key, bounces]) => JSON.stringify({ ...JSON.parse(key), bounces })).sort(),
    );
  });

  const DAY_VIEWS: [list: keyof Truth['days'], view: string, dimensions: string[], counts: string[]][] = [
    ['volumes', 'event_volume_daily', ['event_date', 'source', 'event_type'], ['events', 'simulator_events']],
    ['delays', 'delivery_delays_daily', ['event_date', 'delay_type', 'mailbox_provider'], ['delays']],
    [
      'complaints',
      'complaints_daily',
      ['event_date', 'mailbox_provider', 'campaign_id'],
      ['complaint_events', 'complaints'],
    ],
    [
      'unsubscribes',
      'unsubscribes_daily',
      ['event_date', 'campaign_id', 'unsubscribe_method'],
      ['unsubscribe_events', 'unsubscribes'],
    ],
    ['links', 'link_clicks_daily', ['event_date', 'campaign_id', 'link'], ['clicks', 'human_clicks']],
    ['opens', 'client_usage_daily', ['event_date'], ['opens', 'human_opens']],
    ['hours', 'engagement_by_hour', ['day_of_week', 'hour_of_day'], ['opens', 'human_opens', 'clicks', 'human_clicks']],
    ['hours', 'engagement_hourly', ['day_of_week', 'hour_of_day'], ['opens', 'human_opens', 'clicks', 'human_clicks']],
  ];
  test.each(DAY_VIEWS)('the truth’s %s are those of %s', async (list, view, dimensions, counts) => {
    // Rows of zeros: days on which a type is missing, and links that were only unsubscribed by.
    const some = counts.map((name) => `sum(${name}) > 0`).join(' or ');
    const by = dimensions.map((_, at) => at + 1);
    const seen = await rows(
      `select ${[...shown(dimensions), ...summed(counts)]} from ${view} group by ${by} having ${some}`,
    );
    expect(sorted(seen)).toEqual(sorted(truth.days[list]));
  });

  test('machine_activity_daily has the truth’s opens by people, day by day', async () => {
    const seen = await rows(`select ${shown(['event_date'])}, cast(sum(events) as bigint) as opens,
        cast(sum(case when not is_machine then events end) as bigint) as human_opens
      from machine_activity_daily where event_type = 'open' group by 1 having sum(events) > 0`);
    expect(sorted(seen)).toEqual(sorted(truth.days.opens));
  });

  const instant = (value: SqlValue | undefined): number | null => (typeof value === 'number' ? value : null);

  test('recipient_engagement has the truth of each person', async () => {
    const TIMES = [
      'first_sent_at',
      'last_sent_at',
      'last_delivered_at',
      'last_opened_at',
      'last_human_opened_at',
      'last_clicked_at',
      'last_human_clicked_at',
    ];
    const seen = await rows('select * from recipient_engagement order by recipient_key');
    const told = seen.map(({ recipient_domain: _, engagement_status: __, ...row }) => ({
      ...row,
      ...Object.fromEntries(TIMES.map((name) => [name, instant(row[name])])),
    }));
    expect(told).toEqual((truth.people ?? []).map(({ suppression: _, engagement: __, ...person }) => person));
    // Whoever engaged did so within the last 90 days or before them.
    const status = ({ last_human_opened_at, last_human_clicked_at, engagement }: PersonTruth): string | null => {
      const engaged = Math.max(last_human_opened_at ?? 0, last_human_clicked_at ?? 0);
      if (engaged > 0 && Math.floor((startOfToday - engaged) / DAY_MS) < 90) return 'active';
      return engagement === 'engaged' ? 'lapsed' : engagement;
    };
    const startOfToday = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    expect(seen.map((row) => [row.recipient_key, row.engagement_status])).toEqual(
      (truth.people ?? []).map((person) => [person.recipient_key, status(person)]),
    );
  });

  test('suppression_candidates are those of the truth, for its reasons', async () => {
    const said = (truth.people ?? []).flatMap(({ recipient_key, suppression }) =>
      suppression === null ? [] : [{ recipient_key, ...suppression }],
    );
    const names = Object.keys(said[0] ?? {}).filter((name) => name !== 'since');
    const seen = await rows(
      `select ${names}, cast(suppress_since_date as varchar) as since from suppression_candidates order by recipient_key`,
    );
    expect(seen).toEqual(
      said.map(({ since, ...row }) => ({ ...row, since: new Date(since).toISOString().slice(0, 10) })),
    );
    expect(new Set(said.map(({ suppression_reason }) => suppression_reason)).size).toBeGreaterThan(1);
  });

  test('sender_requirements has the truth’s messages by day and sending domain', async () => {
    const known = truth.senders.filter(({ unusual_messages }) => unusual_messages === 0);
    // Fault 27 makes some mail of one domain on one day.
    expect(truth.senders.length - known.length).toBe(1);
    const strange = truth.senders.find((line) => !known.includes(line));
    const names = Object.keys(strange ?? {}).filter((name) => !/^(send_date|unusual_messages)$/.test(name));
    const seen = await rows(
      `select cast(send_date as varchar) as send_date, ${names} from sender_requirements where send_date <> date '${strange?.send_date}' or from_domain <> '${strange?.from_domain}'`,
    );
    expect(sorted(seen)).toEqual(sorted(known.map(({ unusual_messages: _, ...line }) => line)));
  });

  test('message_timeline tells each event once', async () => {
    const [seen] = await rows('select count(*) as events, count(distinct event_id) as ids from message_timeline');
    expect(seen).toEqual({ events: truth.headline.events, ids: truth.headline.events });
  });
});
