import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_SETTINGS } from '#lake/settings.ts';
import { TABLES } from '#lake/tables/index.ts';
import { tableSelect } from '#local/duckdb-relations.ts';
import { loadSql } from '#local/sql-files.ts';
import { copied, happened, type Mail } from './event-rows.ts';
import { type LakeFixture, lakeFixture, type Row, SQL_FOLDER } from './lake-fixture.ts';

const { views } = await loadSql(SQL_FOLDER);
const readsTables = views.filter(({ folder }) => folder !== 'seeds');
const named = readsTables.map((view) => [view.name, view] as const);

test("the attribution window of the views is the rollup's", async () => {
  const lake = await lakeFixture();
  expect(await lake.rows("select value from seed_settings where name = 'attribution_days'")).toEqual([
    { value: String(DEFAULT_SETTINGS.attributionDays) },
  ]);
  lake.close();
});

describe('on empty tables', () => {
  let lake: LakeFixture;
  beforeAll(async () => {
    lake = await lakeFixture();
  });
  afterAll(() => lake.close());

  test.each(named)('%s is empty, with the columns and types of its header', async (name, view) => {
    expect(await lake.rows(`select * from ${name}`)).toEqual([]);
    expect(await lake.columns(`select * from ${name}`)).toEqual(
      view.columns.map(({ name: column, type }) => ({ name: column, type })),
    );
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

describe('on much mail', () => {
  let lake: LakeFixture;
  const events = muchMail(700);
  const twice = copied(events.filter((_, at) => at % 10 === 0));
  beforeAll(async () => {
    lake = await lakeFixture();
    await lake.insert('events', events);
    await lake.rollup({ first: '2026-03-01', last: '2026-03-04' });
  });
  afterAll(() => lake.close());

  const none = async (what: string, sql: string): Promise<void> => {
    expect({ what, rows: await lake.rows(sql) }).toEqual({ what, rows: [] });
  };

  test.each(named)('%s has one row for each value of its grain', async (name, view) => {
    const rows = await lake.rows(`select count(*) as n from ${name}`);
    expect(await lake.rows(`select count(*) as n from (select distinct ${view.grain} from ${name})`)).toEqual(rows);
    if (name !== 'data_quality_daily') expect(rows).not.toEqual([{ n: 0 }]);
  });

  const countsOf = (name: string): string[] => {
    const columns = views.find((view) => view.name === name)?.columns ?? [];
    return columns.filter(({ type }) => type === 'bigint').map((column) => column.name);
  };
  const COUNTS = countsOf('deliverability_facts');
  const sums = (counts: readonly string[]): string => counts.map((count) => `sum(${count}) as ${count}`).join(', ');

  test('the sum over providers, and over all facts, is the line of the day', async () => {
    expect(COUNTS).toHaveLength(26);
    const daily = await lake.rows(`select send_date, ${COUNTS} from deliverability_daily order by 1`);
    for (const view of ['deliverability_by_mailbox_provider', 'deliverability_facts']) {
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

  test.each(['deliverability_daily', 'deliverability_by_mailbox_provider', 'deliverability_by_campaign'])(
    '%s has rates from 0 to 1, and parts that are no more than the whole',
    async (name) => {
      const columns = views.find((view) => view.name === name)?.columns ?? [];
      const rates = columns.filter(({ type }) => type === 'double').map((column) => column.name);
      expect(rates).toHaveLength(11);
      await none(
        'rate',
        `select * from ${name} where ${rates.map((rate) => `${rate} not between 0 and 1`).join(' or ')}`,
      );
      const parts = [
        ['delivered', 'sent'],
        ['hard_bounces + soft_bounces + undetermined_bounces', 'sent'],
        ['sends_without_event', 'sent'],
        ['suppressed_bounces', 'hard_bounces'],
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
      for (const [part, whole] of parts)
        await none(`${part} > ${whole}`, `select * from ${name} where ${part} > ${whole}`);
    },
  );

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

  test('copies that are not settled yet change nothing', async () => {
    const doubled = await lakeFixture();
    await doubled.insert('events', [...twice, ...events]);
    await doubled.rollup({ first: '2026-03-01', last: '2026-03-04' });
    for (const name of ['deliverability_facts', 'bounce_diagnostics', 'link_performance', 'message_timeline']) {
      const all = `select * from ${name} order by all`;
      expect(await doubled.rows(all)).toEqual(await lake.rows(all));
    }
    doubled.close();
  });
});

describe('a question on one day reads that day only', () => {
  let lake: LakeFixture;
  const folder = mkdtempSync(join(tmpdir(), 'pruning-'));
  const PARTITIONED = ['events', 'recipient_messages'] as const;
  const DAYS = ['2026-03-01', '2026-03-02', '2026-03-03'];

  // The day before is whole, the others are no Parquet: whoever opens them fails.
  beforeAll(async () => {
    lake = await lakeFixture();
    await lake.insert(
      'events',
      DAYS.flatMap((day) => {
        const mail = { message_id: day, recipient_key: 'ana@web.de', sent_at: `${day} 09:00:00` };
        return [happened(mail, 'send'), happened(mail, 'soft_bounce', 9)];
      }),
    );
    await lake.rollup({ first: '2026-03-01', last: '2026-03-03' });
    for (const name of PARTITIONED) {
      const table = TABLES[name];
      if (!table) throw new Error(name);
      const files = DAYS.map((day) => join(folder, name, `dt=${day}`, 'a.parquet'));
      for (const [at, file] of files.entries()) {
        mkdirSync(join(file, '..'), { recursive: true });
        if (at === 1) await lake.run(`copy (select * exclude (dt) from ${name} where dt = '${DAYS[1]}') to '${file}'`);
        else writeFileSync(file, 'PAR1 no Parquet at all PAR1');
      }
      await lake.run(`drop table ${name}`);
      await lake.run(`create view ${name} as ${tableSelect(table, files, ['dt'])}`);
    }
  });
  afterAll(() => {
    lake.close();
    rmSync(folder, { recursive: true });
  });

  const withDay = readsTables.filter(
    ({ name, columns }) => name !== 'data_quality_daily' && columns.some((c) => c.name === 'dt'),
  );
  test.each(withDay.map(({ name }) => [name]))('in %s', async (name) => {
    expect(await lake.rows(`select count(*) > 0 as found from ${name} where dt = '2026-03-02'`)).toEqual([
      { found: true },
    ]);
    await expect(lake.rows(`select * from ${name} where dt = '2026-03-01'`)).rejects.toThrow();
    await expect(lake.rows(`select * from ${name}`)).rejects.toThrow();
  });

  test('every view whose grain has a day is among them', () => {
    const dated = readsTables.filter(({ grain }) => grain.some((name) => /^(send|event)_date$/.test(name)));
    expect(dated.map(({ name }) => name).filter((name) => !withDay.some((view) => view.name === name))).toEqual([]);
    expect(dated.length).toBeGreaterThan(3);
  });
});
