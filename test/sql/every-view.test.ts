import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadSql } from '#host/sql-folder.ts';
import type { View } from '#lake/sql/views/view.ts';
import { TABLES } from '#lake/tables/index.ts';
import { tableSelect } from '#local/duckdb/relations.ts';
import { copied, happened, type Mail } from './event-rows.ts';
import { type LakeFixture, lakeFixture, type Row, SQL_FOLDER } from './lake-fixture.ts';

const { views } = await loadSql(SQL_FOLDER);
const readsTables = views.filter(({ folder }) => folder !== 'seeds');
const named = readsTables.map((view) => [view.name, view] as const);

describe('fault 67: on empty tables', () => {
  let lake: LakeFixture;
  beforeAll(async () => {
    lake = await lakeFixture();
  });
  afterAll(() => lake.close());

  test.each(named)('%s is empty, with the columns and types of its header', async (name, view) => {
    const columns = view.columns.map(({ name: column, type }) => ({ name: column, type }));
    expect(await lake.query(`select * from ${name}`)).toMatchObject({ columns, rows: [] });
  });

  test.each(views.filter(({ folder }) => folder === 'seeds').map((view) => [view.name, view] as const))(
    '%s has the columns and types of its declaration, and its grain is distinct',
    async (name, view) => {
      expect(await lake.columns(`select * from ${name}`)).toEqual(
        view.columns.map(({ name: column, type }) => ({ name: column, type })),
      );
      const distinct = await lake.rows(`select count(*) as n from (select distinct ${view.grain} from ${name})`);
      expect(await lake.rows(`select count(*) as n from ${name}`)).toEqual(distinct);
    },
  );
});

/** Rows, and values of the grain among them. In one statement: to plan a view takes longer than to run it here. */
async function sizesOf(lake: LakeFixture, { name, grain }: View): Promise<{ rows: number; grains: number }> {
  const [sizes] = await lake.rows(`select count(*) as all_rows, count(distinct row(${grain})) as grains from ${name}`);
  return { rows: Number(sizes?.all_rows), grains: Number(sizes?.grains) };
}

/** A fixed sequence of numbers from 0 to 1 (Lehmer's generator, modulus 2^31 − 1). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Four days of mail, some to two people, with every kind of event at odd times, a tenth of it delivered twice. */
function muchMail(mails: number): Row[] {
  const number = numbers(7);
  const one = <T>(of: readonly [T, ...T[]]): T => of[Math.floor(number() * of.length)] ?? of[0];
  const rows: Row[] = [];
  for (let at = 0; at < mails; at++) {
    const recipients = Array.from(
      { length: number() < 0.1 ? 2 : 1 },
      (_, i) =>
        `u${at}-${i}@${one(['gmail.com', 'yahoo.de', 'outlook.com', 'web.de', 'example.org', 'simulator.amazonses.com'])}`,
    );
    const sent_at = `2026-03-0${1 + Math.floor(number() * 4)} ${10 + Math.floor(number() * 13)}:00:00`;
    const says = {
      recipient_count: recipients.length,
      campaign_id: one([null, 'spring', 'summer']),
      treatment_id: one(['0', '1']),
      journey_id: one([null, 'welcome']),
      configuration_set: one(['news', 'shop']),
      from_domain: one(['a.example', 'b.example']),
    };
    for (const recipient_key of recipients) {
      const mail: Mail = { message_id: `m${at}`, recipient_key, sent_at, says };
      const maybe = (chance: number, type: string, details: Row = {}): void => {
        if (number() < chance) rows.push(happened(mail, type, Math.round(number() ** 4 * 200_000) / 10, details));
      };
      if (number() < 0.97) rows.push(happened(mail, 'send'));
      maybe(0.9, 'delivered');
      maybe(0.05, 'hard_bounce', {
        bounce_sub_type: one(['General', 'OnAccountSuppressionList']),
        smtp_status: '5.1.1',
      });
      maybe(0.05, 'soft_bounce', { diagnostic_code: one(['450 4.2.2 full', '450 4.7.28 slow', '450 none']) });
      maybe(0.02, 'undetermined_bounce');
      maybe(0.05, 'delivery_delay');
      maybe(0.02, 'complaint');
      maybe(0.02, 'unsubscribe');
      maybe(0.01, 'rejected');
      maybe(0.01, 'rendering_failure');
      const reader = recipients.length === 1 ? mail : { ...mail, recipient_key: null };
      for (let n = 0; n < 4; n++) {
        const user_agent = one(['Firefox', 'Mozilla/5.0', 'GoogleImageProxy', 'Barracuda']);
        const seconds = 1 + Math.round(number() * 1000) / 10;
        if (number() < 0.4) rows.push(happened(reader, 'open', seconds, { user_agent }));
        const link = `https://shop.example/${one([1, 2, 3, 4])}`;
        if (number() < 0.25) rows.push(happened(reader, 'click', seconds + n / 2, { user_agent, link }));
      }
    }
  }
  return [...new Map(rows.map((row) => [row.event_id, row])).values()];
}

/** The headers that a service would have seen of the mail. */
const headersOf = (events: readonly Row[]): Row[] =>
  events
    .filter(({ event_type }) => event_type === 'send')
    .flatMap(({ message_id = null, sent_at = null, from_domain = null, dt = null, ...send }) =>
      ['Message-ID', ...(Number(String(message_id).slice(1)) % 3 === 0 ? [] : ['List-Unsubscribe'])].map(
        (name, position) => ({
          message_id,
          position,
          name,
          name_lower: name.toLowerCase(),
          value: '<https://shop.example/>',
          sent_at,
          source: send.source ?? null,
          feed: send.feed ?? null,
          from_domain,
          attempt: send.attempt ?? null,
          source_key: send.source_key ?? null,
          source_ordinal: send.source_ordinal ?? null,
          dt,
        }),
      ),
    );

const clicksOf = (events: readonly Row[]): Row[] =>
  events
    .filter(({ event_type }) => event_type === 'click')
    .map(({ event_id = null, occurred_at = null, source = null, message_id = null, link = null, dt = null }) => ({
      ...{ event_id, occurred_at, source, message_id, link, dt },
      link_host: 'shop.example',
    }));

async function fill(lake: LakeFixture, events: readonly Row[]): Promise<void> {
  await lake.insert('events', events);
  await lake.insert('headers', headersOf(events));
  await lake.insert('clicks', clicksOf(events));
  await lake.rollup({ first: '2026-03-01', last: '2026-03-04' });
}

describe('fault 67: on one mail with one event of each kind', () => {
  let lake: LakeFixture;
  beforeAll(async () => {
    const mail: Mail = {
      message_id: 'm0',
      recipient_key: 'ana@gmail.com',
      sent_at: '2026-03-02 10:00:00',
      says: { campaign_id: 'spring', journey_id: 'welcome', outgoing_ip: '192.0.2.9', from_domain: 'a.example' },
    };
    const types = ['send', 'delivery_delay', 'soft_bounce', 'delivered', 'open', 'click', 'unsubscribe', 'complaint'];
    lake = await lakeFixture();
    await fill(
      lake,
      types.map((type, at) => happened(mail, type, at, type === 'click' ? { link: 'https://shop.example/1' } : {})),
    );
  }, 60_000);
  afterAll(() => lake.close());

  test.each(named)('%s has one row for each value of its grain', async (name, view) => {
    const { rows, grains } = await sizesOf(lake, view);
    expect(rows).toEqual(grains);
    if (![...ELSEWHERE, ...FROM_MORE_MAIL].includes(name)) expect(rows).toBeGreaterThan(0);
  });
});

describe('on mail to the simulator alone', () => {
  /** Those that list what there is, with a label, and the one on headers, which says so. */
  const SHOWS_ALL = ['email_events', 'message_outcomes', 'message_recency', 'message_timeline', 'sender_requirements'];
  /** Settings, or places of a clock, and no counts. */
  const NO_COUNT = /^(simulator_|horizon_hours|earlier_days)/;
  let lake: LakeFixture;
  beforeAll(async () => {
    lake = await lakeFixture();
    const says = { campaign_id: 'spring', journey_id: 'welcome', treatment_id: '0', outgoing_ip: '192.0.2.9' };
    await fill(
      lake,
      ['bounce', 'complaint', 'ooto', 'success'].flatMap((name, at) => {
        const recipient_key = `${name}@simulator.amazonses.com`;
        const mail: Mail = {
          ...{ message_id: `m${at}`, recipient_key, sent_at: '2026-03-02 10:00:00' },
          says: { ...says, treatment_id: String(at % 2) },
        };
        const suppressed = { bounce_sub_type: at % 2 === 0 ? 'OnAccountSuppressionList' : 'General' };
        return [
          happened(mail, 'send'),
          happened(mail, 'delivery_delay', 1),
          happened(mail, 'delivered', 2),
          ...(name === 'bounce' || name === 'ooto' ? [happened(mail, 'hard_bounce', 3, suppressed)] : []),
          ...['open', 'unsubscribe', 'complaint'].map((type, i) => happened(mail, type, 60 + i)),
          happened(mail, 'click', 90, { link: 'https://shop.example/1' }),
        ];
      }),
    );
  }, 60_000);
  afterAll(() => lake.close());

  test.each(named.filter(([name]) => !SHOWS_ALL.includes(name)))('%s counts none of it', async (name, view) => {
    const counts = view.columns.filter(({ name: column, type }) => type === 'bigint' && !NO_COUNT.test(column));
    const any = counts.map((column) => `coalesce(${column.name}, 0) <> 0`).join(' or ') || 'false';
    expect(await lake.rows(`select * from ${name} where ${any}`)).toEqual([]);
  });

  test('deliverability_facts counts it apart', async () => {
    expect(await lake.rows('select sum(simulator_messages) as n from deliverability_facts')).toEqual([{ n: 4 }]);
  });
});

/** What they compare takes more than one mail. */
const FROM_MORE_MAIL = ['suppression_candidates', 'treatment_comparison'];

/** Views on the protocol's own records, and one that needs a month of mail: their own tests have those. */
const ELSEWHERE = ['data_quality_daily', 'data_freshness', 'deliverability_anomalies'];

describe('fault 67: on much mail', () => {
  let lake: LakeFixture;
  const events = muchMail(500);
  const twice = copied(events.filter((_, at) => at % 10 === 0));
  beforeAll(async () => {
    lake = await lakeFixture();
    await fill(lake, events);
  }, 60_000);
  afterAll(() => lake.close());

  const none = async (what: string, sql: string): Promise<void> => {
    expect({ what, rows: await lake.rows(sql) }).toEqual({ what, rows: [] });
  };

  test.each(named)('%s has one row for each value of its grain', async (name, view) => {
    const { rows, grains } = await sizesOf(lake, view);
    expect(rows).toEqual(grains);
    if (!ELSEWHERE.includes(name)) expect(rows).toBeGreaterThan(0);
  });

  const countsOf = (name: string): string[] => {
    const columns = views.find((view) => view.name === name)?.columns ?? [];
    return columns.filter(({ type }) => type === 'bigint').map((column) => column.name);
  };
  const COUNTS = countsOf('deliverability_facts');
  const sums = (counts: readonly string[]): string => counts.map((count) => `sum(${count}) as ${count}`).join(', ');

  test('the sum over providers, and over all facts, is the line of the day', async () => {
    expect(COUNTS).toHaveLength(40);
    const daily = await lake.rows(`select send_date, ${COUNTS} from deliverability_daily order by 1`);
    for (const view of [
      'deliverability_by_mailbox_provider',
      'deliverability_by_recipient_domain',
      'deliverability_by_sending_domain',
      'deliverability_by_outgoing_ip',
      'deliverability_by_subject',
      'deliverability_by_tenant',
      'deliverability_by_engagement_recency',
      'deliverability_facts',
    ]) {
      expect(await lake.rows(`select send_date, ${sums(COUNTS)} from ${view} group by 1 order by 1`)).toEqual(daily);
    }
    expect(daily).toHaveLength(4);
  });

  test('a campaign has the sum of its facts', async () => {
    const facts = `select campaign_id, treatment_id, ${sums(COUNTS)} from deliverability_facts
      where campaign_id is not null group by 1, 2 order by 1, 2`;
    expect(
      await lake.rows(`select campaign_id, treatment_id, ${COUNTS} from deliverability_by_campaign order by 1, 2`),
    ).toEqual(await lake.rows(facts));
  });

  test.each(views.map(({ name }) => name).filter((name) => /^deliverability_(daily|by_(?!horizon))/.test(name)))(
    '%s has rates from 0 to 1, and parts that are no more than the whole',
    async (name) => {
      const columns = views.find((view) => view.name === name)?.columns ?? [];
      const rates = columns.filter(({ type }) => type === 'double').map((column) => column.name);
      expect(rates).toHaveLength(13);
      const parts = [
        ['delivered', 'sent'],
        ['hard_bounces + soft_bounces + undetermined_bounces', 'sent'],
        ['sends_without_event', 'sent'],
        ['hard_bounces + suppressed_bounces', 'sent'],
        ['volume_sent', 'sent'],
        ['observed_sent', 'volume_sent'],
        ['observed_delivered', 'delivered'],
        ['soft_never_delivered', 'volume_soft_bounces'],
        ['hidden_opens + unique_human_opens', 'unique_opens'],
        ['delivered_inferred', 'delivered'],
        ['delayed_delivered', 'delivered'],
        ['delayed_delivered + delayed_bounced', 'delayed'],
        ['reputation_hard_bounces', 'reputation_sent'],
        ['feedback_complaints', 'complaints'],
        ['feedback_delivered', 'delivered'],
        ['trackable_delivered', 'delivered'],
        ['unique_opens', 'trackable_delivered'],
        ['unique_opens', 'total_opens'],
        ['unique_human_opens', 'unique_opens'],
        ['unique_human_opens', 'total_human_opens'],
        ['total_human_opens', 'total_opens'],
        ['unique_clicks', 'trackable_delivered'],
        ['unique_clicks', 'total_clicks'],
        ['unique_human_clicks', 'unique_clicks'],
        ['total_human_clicks', 'total_clicks'],
      ];
      const strange = [
        ...rates.map((rate) => `${rate} not between 0 and 1`),
        ...parts.map(([part, whole]) => `${part} > ${whole}`),
      ].map((condition) => `count_if(${condition}) as "${condition}"`);
      const [counts = {}] = await lake.rows(`select ${strange.join(', ')} from ${name}`);
      expect(Object.entries(counts).filter(([, count]) => count !== 0)).toEqual([]);
      expect(Object.keys(counts)).toHaveLength(strange.length);
    },
  );

  test('a journey has the sum of its facts', async () => {
    const of = `select journey_id, ${sums(COUNTS)} from`;
    expect(await lake.rows(`${of} deliverability_by_journey group by 1`)).toEqual(
      await lake.rows(`${of} deliverability_facts where journey_id is not null group by 1`),
    );
  });

  test('the older a day, the more has happened to its mail, up to all that ever did', async () => {
    // What a later hard bounce does not take back.
    const grown = ['hard_bounces', 'undetermined_bounces', 'unsubscribes'];
    const by = 'send_date, mailbox_provider, from_domain, configuration_set, campaign_id, treatment_id, journey_id';
    const less = grown.map((count) => `one.${count} > two.${count}`).join(' or ');
    const joined = by
      .split(', ')
      .map((name) => `one.${name} is not distinct from two.${name}`)
      .join(' and ');
    await none(
      'fewer later on',
      `select 1 from deliverability_by_horizon as one join deliverability_by_horizon as two
        on one.horizon_hours < two.horizon_hours and ${joined} where ${less}`,
    );
    await none(
      'more than ever',
      `select 1 from deliverability_by_horizon as one join deliverability_facts as two on ${joined}
        where one.sent <> two.sent or ${less} or one.reputation_sent > one.sent
          or one.reputation_sent < two.reputation_sent or one.reputation_hard_bounces > one.hard_bounces`,
    );
  });

  test('percentiles of latency rise, and providers add up to all', async () => {
    await none(
      'percentiles',
      `select 1 from delivery_latency_daily where not (p50_seconds <= p90_seconds and p90_seconds <= p95_seconds
        and p95_seconds <= p99_seconds) or timed > delivered or over_60s > timed`,
    );
    const counts = sums(['delivered', 'timed', 'over_60s', 'processing_timed']);
    const of = `select send_date, ${counts} from delivery_latency_daily where mailbox_provider`;
    expect(await lake.rows(`${of} <> 'all' group by 1 order by 1`)).toEqual(
      await lake.rows(`${of} = 'all' group by 1 order by 1`),
    );
  });

  test('shares of who has opened and clicked rise with the hours, to one at most', async () => {
    await none(
      'fell',
      `select 1 from time_to_engage as one join time_to_engage as two on one.campaign_id = two.campaign_id
        and two.hours_since_delivery = one.hours_since_delivery + 1
        where one.opened > two.opened or one.human_opened > two.human_opened or one.clicked > two.clicked
          or one.human_clicked > two.human_clicked or two.human_open_share > 1 or two.human_click_share > 1
          or two.human_opened > two.opened or two.human_clicked > two.clicked or two.opened > two.trackable_delivered
          or two.human_opened_ever > two.trackable_delivered`,
    );
  });

  test('intervals hold their rate, and chances are from 0 to 1', async () => {
    for (const rate of ['delivery_rate', 'human_open_rate', 'unique_click_rate', 'unsubscribe_rate']) {
      const order = `0 <= ${rate}_low and ${rate}_low <= ${rate} and ${rate} <= ${rate}_high and ${rate}_high <= 1`;
      await none(
        rate,
        `select * from treatment_comparison where not (${order}) or ${rate}_p_value not between 0 and 1
          or is_control = (${rate}_difference is not null)`,
      );
    }
  });

  test('an identity is as bad as the worst that is known of it', async () => {
    const rank = (of: string): string =>
      `case ${of} when 'critical' then 3 when 'warning' then 2 when 'ok' then 1 else 0 end`;
    const worst = ['bounce_status', 'complaint_status', 'gmail_yahoo_status'].map(rank).join(', ');
    await none(
      'status',
      `select * from reputation_status where ${rank('status')} <> greatest(${worst})
        or reputation_hard_bounces > reputation_sent or feedback_complaints > feedback_delivered
        or gmail_yahoo_delivered > feedback_delivered`,
    );
  });

  test('message_timeline tells of each event once', async () => {
    expect(await lake.rows('select count(*) as n from message_timeline')).toEqual(
      await lake.rows('select count(distinct event_id) as n from email_events'),
    );
  });

  test('each recipient-message is counted once, by its own account', async () => {
    expect(
      await lake.rows(`select ${sums(['sent', 'delivered', 'simulator_messages'])} from deliverability_facts`),
    ).toEqual(
      await lake.rows(`select
          count(*) filter (where is_sent and not is_simulator) as sent,
          count(*) filter (where is_delivered and not is_simulator) as delivered,
          count(*) filter (where is_simulator) as simulator_messages
        from message_outcomes`),
    );
  });

  test('shares of links add up to one a campaign', async () => {
    await none(
      'share',
      `select campaign_id from link_performance group by campaign_id
        having abs(sum(click_share) - 1) > 1e-9 or sum(clicks) <> max(campaign_clicks) or max(human_click_share) > 1`,
    );
  });

  describe('copies that are not settled yet', () => {
    let doubled: LakeFixture;
    beforeAll(async () => {
      doubled = await lakeFixture();
      await fill(doubled, [...twice, ...events]);
    }, 60_000);
    afterAll(() => doubled.close());

    // email_events is the one view that shows every copy, and says so.
    test.each(named.filter(([name]) => name !== 'email_events'))('change nothing in %s', async (name) => {
      const all = `select * from ${name} order by all`;
      expect(await doubled.rows(all)).toEqual(await lake.rows(all));
    });

    test('are there', async () => {
      const count = 'select count(*) - count(distinct event_id) as copies from email_events';
      expect(await doubled.rows(count)).toEqual([{ copies: twice.length }]);
      expect(twice.length).toBeGreaterThan(100);
    });
  });

  /** [parts, whole] of each share, and counts that can be no more than another. */
  const SHARES: Record<string, [share: string, part: string, whole: string][]> = {
    event_volume_daily: [['share_of_day', 'events', 'day_events']],
    bounce_diagnostics: [['bounce_share', 'bounces', 'day_bounces']],
    delivery_delays_daily: [['delayed_share', 'delayed', 'day_delayed']],
    client_usage_daily: [['human_open_share', 'human_opens', 'day_human_opens']],
    machine_activity_daily: [['share_of_day', 'events', 'day_events']],
    bulk_senders_daily: [['unauthenticated_share', 'volume_unauthenticated', 'volume_sent']],
    engagement_by_hour: [
      ['human_open_share', 'human_opens', 'all_human_opens'],
      ['human_click_share', 'human_clicks', 'all_human_clicks'],
    ],
    sender_requirements: [
      ['list_unsubscribe_share', 'list_unsubscribe_messages', 'messages'],
      ['one_click_share', 'one_click_messages', 'messages'],
      ['message_id_share', 'message_id_messages', 'message_id_visible_messages'],
      ['feedback_id_share', 'feedback_id_messages', 'messages'],
    ],
  };
  test.each(Object.entries(SHARES))('shares of %s are their part of the whole, from 0 to 1', async (name, shares) => {
    for (const [share, part, whole] of shares) {
      await none(
        share,
        // What was never sent out is no part of the bounces.
        `select * from ${name} where ${name === 'bounce_diagnostics' ? "bounce_category <> 'suppressed' and " : ''}(${share} not between 0 and 1
          or ${part} > ${whole} or abs(${share} - cast(${part} as double) / ${whole}) > 1e-12)`,
      );
    }
  });

  test('parts are no more than their whole', async () => {
    const parts: [view: string, part: string, whole: string][] = [
      ['bounce_diagnostics', 'bounced_messages', 'bounces'],
      ['delivery_delays_daily', 'delayed', 'delays'],
      ['complaints_daily', 'complained_messages', 'complaints'],
      ['complaints_daily', 'abuse_complaints + not_spam_reports + other_complaints', 'complaints'],
      ['unsubscribes_daily', 'human_unsubscribes', 'unsubscribes'],
      ['unsubscribes_daily', 'unsubscribes', 'unsubscribe_events'],
      ['client_usage_daily', 'human_opens', 'opens'],
      ['machine_activity_daily', 'hidden_events', 'events'],
      ['machine_activity_daily', 'recipient_messages', 'events'],
      ['bulk_senders_daily', 'unauthenticated', 'refused'],
      ['bulk_senders_daily', 'refused', 'sent'],
      ['client_usage_daily', 'human_readers', 'readers'],
      ['client_usage_daily', 'human_readers', 'human_opens'],
      ['engagement_hourly', 'human_opens', 'opens'],
      ['engagement_hourly', 'human_clicks', 'clicks'],
      ['link_clicks_daily', 'human_clicks', 'clicks'],
      ['link_clicks_daily', 'unique_clicks', 'clicks'],
      ['link_clicks_daily', 'unique_human_clicks', 'unique_clicks'],
      ['recipient_engagement', 'delivered', 'sent'],
      ['recipient_engagement', 'human_opened', 'opened'],
      ['recipient_engagement', 'opened', 'trackable_delivered'],
      ['recipient_engagement', 'delivered_since_engaged', 'trackable_delivered'],
    ];
    for (const [name, part, whole] of parts)
      await none(`${name}: ${part} > ${whole}`, `select * from ${name} where ${part} > ${whole}`);
  });

  const one = async (sql: string): Promise<unknown> => Object.values((await lake.rows(sql))[0] ?? {})[0];
  test('daily views add up to what email_events has', async () => {
    const events = async (where: string): Promise<unknown> =>
      one(`select count(distinct event_id) from email_events where not is_simulator and (${where})`);
    expect(await one('select sum(events) from event_volume_daily')).toBe(await events('true'));
    expect(await one('select sum(delays) from delivery_delays_daily')).toBe(
      await events("event_type = 'delivery_delay'"),
    );
    expect(await one('select sum(complaint_events) from complaints_daily')).toBe(
      await events("event_type = 'complaint'"),
    );
    expect(await one('select sum(unsubscribe_events) from unsubscribes_daily')).toBe(
      await events("event_type = 'unsubscribe' or (event_type = 'click' and is_unsubscribe)"),
    );
    const opens = await events("event_type = 'open'");
    expect(await one('select sum(opens) from client_usage_daily')).toBe(opens);
    expect(await one("select sum(events) from machine_activity_daily where event_type = 'open'")).toBe(opens);
    expect(await one('select sum(events) from machine_activity_daily where is_machine')).toBe(
      await events("event_type in ('open', 'click', 'unsubscribe') and is_machine"),
    );
    expect(await one('select sum(opens) from engagement_hourly')).toBe(opens);
    expect(await one('select sum(opens) from engagement_by_hour')).toBe(opens);
    const humanOpens = await events("event_type = 'open' and not is_machine");
    expect(await one('select sum(human_opens) from client_usage_daily')).toBe(humanOpens);
    expect(await one('select sum(human_opens) from engagement_by_hour')).toBe(humanOpens);
  });

  test('links over all days have what they have day by day', async () => {
    const counts = 'sum(clicks) as clicks, sum(human_clicks) as human_clicks, sum(unsubscribes) as unsubscribes';
    const by = 'group by campaign_id, link order by campaign_id, link';
    expect(await lake.rows(`select campaign_id, link, ${counts} from link_clicks_daily ${by}`)).toEqual(
      await lake.rows(`select campaign_id, link, ${counts} from link_performance ${by}`),
    );
  });

  test('each person who got mail is in recipient_engagement once, and each candidate is one of them', async () => {
    expect(await one('select count(*) from recipient_engagement')).toBe(
      await one('select count(distinct recipient_key) from message_outcomes where not is_simulator'),
    );
    await none(
      'candidate',
      `select recipient_key from suppression_candidates
        where recipient_key not in (select recipient_key from recipient_engagement)`,
    );
  });
});

describe('a question on one day reads that day only', () => {
  let lake: LakeFixture;
  const folder = mkdtempSync(join(tmpdir(), 'pruning-'));
  const PARTITIONED = ['events', 'recipient_messages', 'headers', 'clicks'] as const;
  // The same weekdays of five weeks, and the days beside them.
  const DAYS = ['02-01', '02-02', '02-08', '02-09', '02-16', '02-23', '03-01', '03-02', '03-03', '03-09'].map(
    (day) => `2026-${day}`,
  );
  const ASKED = '2026-03-02';
  /** What a view reads beside the day that is asked for, and why. */
  const READS_TOO: Record<string, string[]> = {
    // What is usual on that weekday.
    event_volume_daily: ['2026-02-02', '2026-02-09', '2026-02-16', '2026-02-23'],
  };
  /** Compares with what came before through windows over days: reads all. */
  const READS_ALL = ['deliverability_anomalies', 'message_recency', 'deliverability_by_engagement_recency'];

  const fileOf = (table: string, day: string): string => join(folder, table, `dt=${day}`, 'a.parquet');
  const show = (readable: readonly string[], names: readonly string[] = PARTITIONED): void => {
    for (const name of names) {
      for (const day of DAYS) {
        const file = fileOf(name, day);
        const whole = `${file}.whole`;
        // No Parquet at all: whoever opens it fails.
        if (readable.includes(day)) copyFileSync(whole, file);
        else writeFileSync(file, 'PAR1 no Parquet at all PAR1');
      }
    }
  };

  beforeAll(async () => {
    lake = await lakeFixture();
    const events = DAYS.flatMap((day) => {
      const says = { campaign_id: 'spring', journey_id: 'welcome', outgoing_ip: '192.0.2.9', from_domain: 'a.example' };
      const mail = { message_id: day, recipient_key: 'ana@gmail.com', sent_at: `${day} 09:00:00`, says };
      return [
        happened(mail, 'send'),
        happened(mail, 'delivery_delay', 5),
        happened(mail, 'delivered', 9),
        happened(mail, 'soft_bounce', 19),
        happened(mail, 'open', 50),
        happened(mail, 'click', 60, { link: 'https://shop.example/' }),
        happened(mail, 'unsubscribe', 70),
        happened(mail, 'complaint', 80),
      ];
    });
    await lake.insert('events', events);
    await lake.insert('headers', headersOf(events));
    await lake.insert('clicks', clicksOf(events));
    await lake.rollup({ first: '2026-02-01', last: '2026-03-09' });
    for (const name of PARTITIONED) {
      const table = TABLES[name];
      if (!table) throw new Error(name);
      for (const day of DAYS) {
        mkdirSync(join(folder, name, `dt=${day}`), { recursive: true });
        await lake.run(
          `copy (select * exclude (dt) from ${name} where dt = '${day}') to '${fileOf(name, day)}.whole' (format parquet)`,
        );
      }
      await lake.run(`drop table ${name}`);
      const files = DAYS.map((day) => fileOf(name, day));
      show(DAYS, [name]);
      await lake.run(`create view ${name} as ${tableSelect(table, files, ['dt'])}`);
    }
  }, 60_000);
  afterAll(() => {
    lake.close();
    rmSync(folder, { recursive: true });
  });

  const dayOf = (view: View): string | undefined =>
    view.columns.find(({ name }) => /^(send|event)_date$/.test(name))?.name;
  const withDay = readsTables.filter((view) => dayOf(view) !== undefined && !READS_ALL.includes(view.name));

  test.each(withDay.map((view) => [view.name, view] as const))('in %s', async (name, view) => {
    const needed = [ASKED, ...(READS_TOO[name] ?? [])];
    const asks = [`dt = '${ASKED}'`, `${dayOf(view)} = date '${ASKED}'`];
    // Also as a period, as the report asks.
    asks.push(`${dayOf(view)} between date '${ASKED}' and date '${ASKED}'`);
    show(needed);
    for (const ask of asks) {
      expect(await lake.rows(`select count(*) > 0 as found from ${name} where ${ask}`)).toEqual([{ found: true }]);
    }
    // Each file that it needs is read, so the test would notice.
    for (const day of needed) {
      show(needed.filter((other) => other !== day));
      await expect(lake.rows(`select * from ${name} where dt = '${ASKED}'`)).rejects.toThrow();
    }
  });

  test('every view whose grain has a day is among them, and has dt', () => {
    const dated = readsTables.filter(
      ({ name, grain }) => grain.some((column) => /^(send|event)_date$/.test(column)) && !READS_ALL.includes(name),
    );
    expect(dated.filter((view) => !withDay.includes(view)).map(({ name }) => name)).toEqual([]);
    expect(withDay.filter(({ columns }) => !columns.some(({ name }) => name === 'dt')).map(({ name }) => name)).toEqual(
      [],
    );
    expect(dated.length).toBeGreaterThan(15);
  });
});
