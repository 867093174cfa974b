/** The generator counts while it makes the data; the pipeline counts what it reads. Both must say the same, exactly. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SqlValue } from '#lake/ports.ts';
import { audit } from '#lake/steps/audit.ts';
import { FACT_COUNTS } from '#local/generate/facts.ts';
import { generate, type Truth } from '#local/generate/index.ts';
import { type LocalLake, openLake } from '#local/lake.ts';
import { type RunSummary, runAll } from '#local/run.ts';

const quiet = { start() {}, advance() {}, done() {} };
type Row = Record<string, SqlValue>;

describe.each([1, 2, 3])('generated data with every fault, seed %i', (seed) => {
  const folder = mkdtempSync(join(tmpdir(), 'truth-'));
  let lake: LocalLake;
  let truth: Truth;
  let summary: RunSummary;

  beforeAll(async () => {
    const raw = join(folder, 'raw');
    const path = join(folder, 'truth.json');
    await generate({ out: raw, messages: 600, days: 28, seed, dirty: true, dates: 40, truth: path });
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
    expect((await audit(lake.ports)).drifts).toEqual([]);
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

  test('deliverability_daily and by provider add up to the truth’s headline', async () => {
    const { events: _, ...headline } = truth.headline;
    for (const view of ['deliverability_daily', 'deliverability_by_mailbox_provider']) {
      const [seen] = await rows(
        `select ${FACT_COUNTS.map((name) => `sum(${name}) as ${name}`).join(', ')} from ${view}`,
      );
      expect(seen, view).toEqual(headline);
    }
  });

  test('deliverability_by_campaign has the truth’s campaigns', async () => {
    const counts = FACT_COUNTS.map((name) => `sum(${name}) as ${name}`).join(', ');
    const seen = await rows(`select campaign_id, ${counts} from deliverability_by_campaign group by 1`);
    const said = new Map<string | null, Record<string, number>>();
    for (const fact of truth.facts) {
      if (fact.campaign_id === null) continue;
      const sums = said.get(fact.campaign_id) ?? {};
      for (const name of FACT_COUNTS) sums[name] = (sums[name] ?? 0) + fact[name];
      said.set(fact.campaign_id, sums);
    }
    expect(sorted(seen)).toEqual(sorted([...said].map(([campaign_id, sums]) => ({ campaign_id, ...sums }))));
  });

  test('link_performance has the truth’s clicks', async () => {
    const seen = await rows(
      'select campaign_id, link, clicks, human_clicks, unique_clicks, unique_human_clicks, unsubscribes from link_performance',
    );
    expect(sorted(seen)).toEqual(sorted(truth.links));
  });

  test('bounce_diagnostics has the truth’s bounces', async () => {
    const seen = await rows(
      'select cast(event_date as varchar) as event_date, mailbox_provider, bounce_type, bounce_sub_type, enhanced_status, sum(bounces) as bounces from bounce_diagnostics group by 1, 2, 3, 4, 5',
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
  ];
  test.each(DAY_VIEWS)('the truth’s %s are those of %s', async (list, view, dimensions, counts) => {
    const shown = dimensions.map((name) => (name === 'event_date' ? `cast(${name} as varchar) as ${name}` : name));
    const sums = counts.map((name) => `sum(${name}) as ${name}`);
    // Rows of zeros: days on which a type is missing, and links that were only unsubscribed by.
    const some = counts.map((name) => `sum(${name}) > 0`).join(' or ');
    const by = dimensions.map((_, at) => at + 1);
    const seen = await rows(`select ${[...shown, ...sums]} from ${view} group by ${by} having ${some}`);
    expect(sorted(seen)).toEqual(sorted(truth.days[list]));
  });

  test('message_timeline tells each event once', async () => {
    const [seen] = await rows('select count(*) as events, count(distinct event_id) as ids from message_timeline');
    expect(seen).toEqual({ events: truth.headline.events, ids: truth.headline.events });
  });
});
