import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addDays, DAY_MS } from '#lake/days.ts';
import { rateNamed } from '#lake/sql/marts/rates.ts';
import { type DayCount, scoresOf } from './anomaly-score.ts';
import { anomaliesOf } from './anomaly-seeds.ts';
import { type Answer, type LakeFixture, lakeFixture } from './lake-fixture.ts';
import { madeUpLake, random } from './made-up-series.ts';

let lake: LakeFixture;
beforeAll(async () => {
  lake = await lakeFixture();
});
beforeEach(() => lake.clear());
afterAll(() => lake.close());

const FIRST = '2026-03-02';
const dayOf = (n: number): string => addDays(FIRST, n);

interface MailDay {
  /** days after the first */
  at: number;
  domain?: string;
  sent: number;
  hardBounces?: number;
  opens?: number;
  /** hours from sending to the bounce and the open */
  hours?: number;
}

/** Mail of a day: the first bounce, those after them are opened. */
async function send(days: readonly MailDay[], to = lake): Promise<void> {
  const rows = days.map(
    ({ at, domain = 'web.de', sent, hardBounces = 0, opens = 0, hours = 1 }) =>
      `select ${at} as day, '${domain}' as domain, i, i < ${hardBounces} as bounces, i >= ${hardBounces} and i < ${hardBounces + opens} as opens, ${hours} as hours from range(${sent}) as t (i)`,
  );
  await to.run(`insert into recipient_messages by name
    with mails as (${rows.join(' union all ')}),
    timed as (select *, date '${FIRST}' + cast(day as integer) + interval 9 hour as sent_at from mails)
    select
      day || '-' || domain || '-' || i as message_id, i || '@' || domain as recipient_key, domain as recipient_domain,
      1 as recipient_count, true as has_send_event, true as is_trackable, sent_at,
      case when not bounces then sent_at + interval 1 minute end as delivered_at,
      case when bounces then 'hard' end as bounce_kind,
      case when bounces then sent_at + hours * interval 1 hour end as bounced_at,
      cast(opens as bigint) as opens, cast(opens as bigint) as human_opens, 0 as clicks, 0 as human_clicks, 0 as delays,
      case when opens then sent_at + hours * interval 1 hour end as first_opened_at,
      case when opens then sent_at + hours * interval 1 hour end as first_human_opened_at,
      strftime(sent_at, '%Y-%m-%d') as dt
    from timed`);
}

const anomalies = (where: string): Promise<Answer[]> =>
  lake.rows(`select * from deliverability_anomalies where ${where} order by send_date, metric, mailbox_provider`);

const usual = (days: number, details: Partial<MailDay> = {}): MailDay[] =>
  Array.from({ length: days }, (_, at) => ({ at, sent: 100, hardBounces: 2, ...details }));

describe('a quiet month and a day after it', () => {
  const bounces = "metric = 'hard_bounce_rate' and mailbox_provider = 'web.de'";
  const judge = async (day: Partial<MailDay>, before = usual(28)): Promise<Answer | undefined> => {
    await send([...before, { at: 28, sent: 100, ...day }]);
    return (await anomalies(`${bounces} and send_date = date '${dayOf(28)}'`))[0];
  };

  test('a rate as ever is no anomaly, with what was expected beside it', async () => {
    const row = await judge({ hardBounces: 2 });
    expect(row).toMatchObject({
      horizon_hours: 24,
      numerator: 2,
      denominator: 100,
      rate: 0.02,
      is_anomaly: false,
      baseline_days: 28,
    });
    expect(row?.expected_rate).toBeCloseTo(0.02, 3);
    expect(row?.expected_low).toBeCloseTo(0, 3);
    // Two of 2: the middle of the step is a little above the median.
    expect(Number(row?.z_score)).toBeGreaterThan(0);
    expect(Number(row?.z_score)).toBeLessThan(0.5);
    // Of Poisson's variate of mean 2, ten and more are found in 0.005 %, nine and more in 0.02 %.
    expect(Number(row?.expected_high)).toBeGreaterThan(0.08);
    expect(Number(row?.expected_high)).toBeLessThan(0.12);
  });

  test('many more bounces are one, and worse', async () => {
    const row = await judge({ hardBounces: 30 });
    expect(row).toMatchObject({ rate: 0.3, is_anomaly: true, is_worse: true });
    expect(row?.z_score).toBeGreaterThan(6);
    // The same is told of all mail, and of the deliveries that are missing.
    expect(
      (await anomalies('is_anomaly')).map(({ metric, mailbox_provider, is_worse }) => [
        metric,
        mailbox_provider,
        is_worse,
      ]),
    ).toEqual([
      ['delivery_rate', 'all', true],
      ['delivery_rate', 'web.de', true],
      ['hard_bounce_rate', 'all', true],
      ['hard_bounce_rate', 'web.de', true],
    ]);
  });

  test('far fewer are one, and better', async () => {
    const row = await judge({ hardBounces: 0, sent: 300 }, usual(28, { hardBounces: 30 }));
    expect(row).toMatchObject({ is_anomaly: true, is_worse: false });
    expect(row?.z_score).toBeLessThan(-6);
  });

  test('so many messages at least make a day, and so many days a baseline', async () => {
    expect(await judge({ sent: 19, hardBounces: 19 })).toBeUndefined();
    await lake.clear();
    expect(await judge({ sent: 20, hardBounces: 20 })).toMatchObject({ is_anomaly: true });
    await lake.clear();
    expect(await judge({ hardBounces: 90 }, usual(28).slice(15))).toBeUndefined();
    await lake.clear();
    expect(await judge({ hardBounces: 90 }, usual(28).slice(14))).toMatchObject({
      baseline_days: 14,
      is_anomaly: true,
    });
    await lake.clear();
    // Sendings count, not days: 28 of them at most, however long ago.
    await send(usual(40));
    await send([{ at: 60, sent: 100 }]);
    expect(
      (await anomalies(bounces)).slice(-2).map(({ send_date, baseline_days }) => [send_date, baseline_days]),
    ).toEqual([
      [dayOf(39), 28],
      [dayOf(60), 28],
    ]);
  });

  test('who sends once a week is judged by the last sendings, from the seventh on', async () => {
    const weekly = usual(8, { sent: 1000, hardBounces: 10 }).map((day) => ({ ...day, at: day.at * 7 }));
    await send([...weekly, { at: 56, sent: 1000, hardBounces: 60 }]);
    expect(
      (await anomalies(bounces)).map(({ send_date, baseline_days, is_anomaly }) => [
        send_date,
        baseline_days,
        is_anomaly,
      ]),
    ).toEqual([
      [dayOf(42), 6, false],
      [dayOf(49), 7, false],
      [dayOf(56), 8, true],
    ]);
  });

  test('an incident does not hide the next one', async () => {
    const before = usual(28).map((day) => (day.at > 20 && day.at < 26 ? { ...day, hardBounces: 60 } : day));
    const row = await judge({ hardBounces: 30 }, before);
    expect(row).toMatchObject({ baseline_days: 28, is_anomaly: true });
    expect(row?.expected_rate).toBeCloseTo(0.02, 2);
  });

  test('the same weekday weighs more: a rate that every such day has is expected', async () => {
    const weekly = usual(28).map((day) => (day.at % 7 === 0 ? { ...day, hardBounces: 30, sent: 200 } : day));
    const row = await judge({ hardBounces: 30, sent: 200 }, weekly);
    expect(row).toMatchObject({ is_anomaly: false });
    await lake.clear();
    // On another day of the week it isn't.
    await send([...weekly, { at: 28, sent: 200, hardBounces: 30 }, { at: 29, sent: 200, hardBounces: 60 }]);
    expect(await anomalies(`${bounces} and is_anomaly and send_date = date '${dayOf(29)}'`)).toHaveLength(1);
  });

  test('days are compared at the same age: what bounces a day after its sending is not in it', async () => {
    const row = await judge({ hardBounces: 30, hours: 25 });
    expect(row).toMatchObject({ numerator: 0, is_anomaly: false });
  });

  test('a day is judged once 24 hours are over for all of its mail, not before', async () => {
    const today = new Date().toISOString().slice(0, 10);
    const age = (Date.parse(today) - Date.parse(FIRST)) / DAY_MS;
    const older = usual(28).map((day) => ({ ...day, at: age - 29 + day.at }));
    await send([...older, { at: age - 1, sent: 100, hardBounces: 90 }, { at: age - 2, sent: 1 }]);
    expect(await anomalies(`${bounces} and send_date > date '${addDays(today, -2)}'`)).toEqual([]);
    expect(await anomalies(`${bounces} and send_date = date '${addDays(today, -2)}'`)).toHaveLength(1);
  });
});

test('a difference of a few messages does not matter, however strict the limit; each limit is a setting', async () => {
  const strict = await lakeFixture({ settings: { anomaly_z_score: '2' } });
  const judged = async (sent: number, hardBounces: number): Promise<unknown> => {
    await strict.clear();
    await send([...usual(28, { sent: 500, hardBounces: 0 }), { at: 28, sent, hardBounces }], strict);
    const [row] = await strict.rows(
      `select is_anomaly from deliverability_anomalies where metric = 'hard_bounce_rate' and mailbox_provider = 'web.de' and send_date = date '${dayOf(28)}'`,
    );
    return row?.is_anomaly;
  };
  // Three of 20 are far from none, four are the limit.
  expect(await judged(20, 3)).toBe(false);
  expect(await judged(20, 5)).toBe(true);
  strict.close();
});

test('scores of uneven days are those of an independent computation', async () => {
  // Lehmer's generator, modulus 2^31 − 1.
  let state = 11;
  const random = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const days: MailDay[] = [];
  for (let at = 0; at < 45; at++) {
    for (const domain of ['web.de', 'yahoo.de']) {
      if (random() < 0.1) continue;
      const sent = Math.floor(5 + random() * (at % 7 === 0 ? 300 : 120));
      // A rate that varies by more than chance, and now and then an incident.
      const rate = random() < 0.07 ? 0.5 : 0.02 + random() * 0.05;
      const hardBounces = Math.min(sent, Math.round(sent * rate));
      days.push({ at, domain, sent, hardBounces, opens: Math.floor((sent - hardBounces) * (0.2 + random() * 0.2)) });
    }
  }
  await send(days);
  const rows = await anomalies("metric in ('hard_bounce_rate', 'human_open_rate')");
  expect(rows.length).toBeGreaterThan(80);
  expect(rows.filter(({ is_anomaly }) => is_anomaly).length).toBeGreaterThan(2);

  // What is expected is within its band, and an anomaly is outside of it, on the side that its z-score says.
  for (const row of rows) {
    const rate = Number(row.rate);
    const [low, high] = [Number(row.expected_low), Number(row.expected_high)];
    const expected = Number(row.expected_rate);
    expect(low <= expected && expected <= high).toBe(true);
    if (row.is_anomaly) expect(Number(row.z_score) > 0 ? rate > high : rate < low).toBe(true);
  }

  const countsOf = (metric: string, provider: string): DayCount[] => {
    const counts = new Map<string, DayCount>();
    for (const { at, domain, sent, hardBounces = 0, opens = 0 } of days) {
      if (provider !== 'all' && !String(domain).startsWith(provider.split('.')[0] ?? '')) continue;
      const date = dayOf(at);
      const count = counts.get(date) ?? { date, numerator: 0, denominator: 0 };
      count.numerator += metric === 'hard_bounce_rate' ? hardBounces : opens;
      count.denominator += metric === 'hard_bounce_rate' ? sent : sent - hardBounces;
      counts.set(date, count);
    }
    return [...counts.values()];
  };
  let silent = 0;
  for (const metric of ['hard_bounce_rate', 'human_open_rate']) {
    for (const provider of ['all', 'web.de', 'yahoo']) {
      const counts = countsOf(metric, provider);
      const scores = scoresOf(counts, metric === 'human_open_rate' ? 5 : 3.5);
      for (const { date, numerator, denominator } of counts) {
        const row = rows.find(
          (one) => one.metric === metric && one.mailbox_provider === provider && one.send_date === date,
        );
        const score = scores.get(date);
        if (score === undefined) {
          silent++;
          expect(row).toBeUndefined();
          continue;
        }
        expect(row).toMatchObject({
          numerator,
          denominator,
          baseline_days: score.baseline_days,
          is_anomaly: score.is_anomaly,
          is_worse: metric === 'hard_bounce_rate' ? score.z_score >= 0 : score.z_score < 0,
        });
        for (const name of ['expected_rate', 'z_score'] as const)
          expect(row?.[name], `${name} of ${metric} at ${provider} on ${date}`).toBeCloseTo(score[name], 4);
      }
    }
  }
  expect(silent).toBeGreaterThan(60);
});

test('each rate is that of its definition, at its horizon', async () => {
  await send(usual(20, { sent: 130, hardBounces: 5, opens: 60 }));
  // So many of all kinds that no two counts are the same.
  await lake.run(`update recipient_messages set
    recipient_domain = case when cast(split_part(recipient_key, '@', 1) as integer) % 2 = 0 then 'yahoo.de' else 'web.de' end,
    is_trackable = cast(split_part(recipient_key, '@', 1) as integer) % 23 <> 0,
    complained_at = case when cast(split_part(recipient_key, '@', 1) as integer) % 9 = 0 then sent_at + interval 25 hour end,
    unsubscribed_at = case when cast(split_part(recipient_key, '@', 1) as integer) % 7 = 0 then sent_at + interval 26 hour end,
    clicks = case when cast(split_part(recipient_key, '@', 1) as integer) % 5 = 0 then 1 else 0 end,
    first_clicked_at = case when cast(split_part(recipient_key, '@', 1) as integer) % 5 = 0 then sent_at + interval 27 hour end,
    bounce_kind = case when cast(split_part(recipient_key, '@', 1) as integer) % 31 = 30 then 'soft' else bounce_kind end,
    bounced_at = case when cast(split_part(recipient_key, '@', 1) as integer) % 31 = 30 then sent_at + interval 3 hour else bounced_at end`);
  const METRICS = {
    delivery_rate: 24,
    hard_bounce_rate: 24,
    soft_bounce_rate: 24,
    complaint_rate: 72,
    human_open_rate: 72,
    unique_click_rate: 72,
    human_click_rate: 72,
    unsubscribe_rate: 72,
  };
  const at = `send_date = date '${dayOf(19)}'`;
  const facts = await lake.rows(`select * from deliverability_by_horizon where ${at} order by mailbox_provider`);
  const judged = await anomalies(at);
  const seen = new Set<string>();
  for (const [metric, hours] of Object.entries(METRICS)) {
    const { numerator, denominator } = rateNamed(metric);
    for (const provider of ['web.de', 'yahoo', 'all']) {
      const of = facts.filter(
        (row) => row.horizon_hours === hours && (provider === 'all' || row.mailbox_provider === provider),
      );
      const sum = (count: string): number => of.reduce((total, row) => total + Number(row[count]), 0);
      const row = judged.find((one) => one.metric === metric && one.mailbox_provider === provider);
      const [part, whole] = [sum(numerator), sum(denominator)];
      // Where nobody tells of complaints there is nothing to judge.
      if (whole === 0) expect([metric, provider, row]).toEqual(['complaint_rate', 'web.de', undefined]);
      else expect(row).toMatchObject({ horizon_hours: hours, numerator: part, denominator: whole, rate: part / whole });
      if (provider === 'yahoo') seen.add(`${part} of ${whole}`);
    }
  }
  expect(seen.size).toBe(8);
});

test('a day on which more people did something than mail is known to be delivered has no rate', async () => {
  await send(usual(20, { hardBounces: 60 }));
  await lake.run(`update recipient_messages set unsubscribed_at = sent_at
    where dt = '${dayOf(18)}' or (dt = '${dayOf(19)}' and delivered_at is not null)`);
  expect(
    (await anomalies("metric = 'unsubscribe_rate' and mailbox_provider = 'all'"))
      .slice(-2)
      .map(({ send_date, numerator, denominator, baseline_days }) => [
        send_date,
        numerator,
        denominator,
        baseline_days,
      ]),
  ).toEqual([
    [dayOf(17), 0, 40, 17],
    // Nor is it among the days before.
    [dayOf(19), 40, 40, 18],
  ]);
});

describe('kinds of mail and identities', () => {
  test('each kind is compared with its own: more campaigns than usual are none, a kind that goes wrong is one', async () => {
    const lists = await madeUpLake();
    // Receipts every day, a campaign with ten times the bounces on some; then a day with a very large one.
    for (let at = 0; at < 40; at++) {
      lists.add({ at, volume_sent: 1000, volume_hard_bounces: at === 39 ? 30 : 5 });
      if (at % 3 === 0 || at >= 38)
        lists.add({
          at,
          campaign_id: 'c',
          volume_sent: at >= 38 ? 9000 : 500,
          volume_hard_bounces: at >= 38 ? 450 : 25,
        });
    }
    const found = await lists.anomalies("metric = 'hard_bounce_rate' and mailbox_provider = 'all'");
    expect(
      found.filter(({ is_anomaly }) => is_anomaly).map(({ send_date, mail_kind }) => [send_date, mail_kind]),
    ).toEqual([[dayOf(39), 'transactional']]);
    const large = found.find(({ send_date, mail_kind }) => send_date === dayOf(38) && mail_kind === 'all');
    expect(large).toMatchObject({ numerator: 455, denominator: 10_000 });
    expect(large?.expected_rate).toBeCloseTo((9000 * 0.05 + 1000 * 0.005) / 10_000, 2);
    lists.close();
  });

  test('each identity is judged by itself where there are several, and one alone is all mail', async () => {
    const both = await madeUpLake();
    for (let at = 0; at < 30; at++) {
      both.add({
        at,
        from_domain: 'shop.example',
        configuration_set: 'news',
        volume_sent: 20_000,
        volume_hard_bounces: 200,
      });
      both.add({ at, from_domain: 'tiny.example', volume_sent: 100, volume_hard_bounces: at === 29 ? 15 : 1 });
    }
    const found = await both.anomalies("is_anomaly and metric = 'hard_bounce_rate'");
    expect(found.map((row) => [row.send_date, row.from_domain, row.configuration_set])).toEqual([
      [dayOf(29), 'tiny.example', 'none'],
    ]);
    both.close();
    await lake.clear();
    await send(usual(20));
    expect(await anomalies("from_domain <> 'all' or mail_kind <> 'all'")).toEqual([]);
  });
});

describe('made-up series', () => {
  test('rates that rise several times over are found on the first day', async () => {
    const CASES = [
      ['complaints from 0.02 % to 0.15 % at 10,000 a day', 'complaint_rate', 10_000, 0.0002, 0.0015],
      ['complaints from 0.02 % to 0.3 % at 3,000 a day', 'complaint_rate', 3000, 0.0002, 0.003],
      ['bounces from 1 % to 5 % at 500 a day', 'hard_bounce_rate', 500, 0.01, 0.05],
    ] as const;
    const series = await madeUpLake();
    for (const [name, metric, volume, before, after] of CASES) {
      const [numerator, denominator] =
        metric === 'complaint_rate'
          ? (['feedback_complaints', 'feedback_delivered'] as const)
          : (['volume_hard_bounces', 'volume_sent'] as const);
      for (let provider = 0; provider < 60; provider++) {
        for (let at = 0; at < 35; at++) {
          const count = at < 34 ? random.binomial(volume, before) : Math.round(volume * after);
          series.add({ at, mailbox_provider: `${name}, ${provider}`, [denominator]: volume, [numerator]: count });
        }
      }
    }
    const days = await series.anomalies(`mailbox_provider <> 'all' and send_date = date '${dayOf(34)}'`);
    series.close();
    for (const [name, metric] of CASES) {
      const judged = days.filter((row) => row.metric === metric && String(row.mailbox_provider).startsWith(name));
      expect(judged).toHaveLength(60);
      // A baseline that happens to be high may hide it now and then.
      expect(judged.filter(({ is_anomaly }) => is_anomaly).length, name).toBeGreaterThanOrEqual(57);
    }
  });

  test('fewer than 20 false alarms in 12,000 days without one, of rare and frequent things, however uneven', async () => {
    // The rate of a day is that of all days times a log-normal factor with this deviation.
    const UNEVEN = [0.2, 0.5, 0.8];
    const quiet = await madeUpLake();
    for (const uneven of UNEVEN) {
      for (let provider = 0; provider < 40; provider++) {
        for (let at = 0; at < 65; at++) {
          const isWeekend = at % 7 > 4;
          const sent = Math.round((provider % 4 === 0 ? 300 : 20 * 1.16 ** provider) * (isWeekend ? 0.3 : 1));
          const happening = (of: number, rate: number): number =>
            random.binomial(of, Math.min(rate * Math.exp(uneven * random.normal()), 1));
          const delivered = sent - happening(sent, 0.015);
          quiet.add({
            at,
            mailbox_provider: `${uneven}, ${provider}`,
            volume_sent: sent,
            observed_sent: sent,
            observed_delivered: delivered,
            volume_hard_bounces: happening(sent, 0.01),
            volume_soft_bounces: happening(sent, 0.004),
            feedback_delivered: delivered,
            feedback_complaints: happening(delivered, 0.0003),
            open_trackable: delivered,
            click_trackable: delivered,
            unsubscribe_delivered: delivered,
            unique_human_opens: happening(delivered, isWeekend ? 0.2 : 0.3),
            unique_clicks: happening(delivered, 0.02),
            unique_human_clicks: happening(delivered, 0.015),
            unsubscribes: happening(delivered, 0.001),
          });
        }
      }
    }
    const judged = await quiet.anomalies("mailbox_provider <> 'all'");
    quiet.close();
    for (const uneven of UNEVEN) {
      const days = judged.filter(({ mailbox_provider }) => String(mailbox_provider).startsWith(`${uneven}, `));
      expect(days.length).toBeGreaterThan(12_000);
      const alarms = days.filter(({ is_anomaly }) => is_anomaly);
      expect((alarms.length / days.length) * 12_000, `uneven by ${uneven}`).toBeLessThan(20);
    }
  });
});

describe('generated data', () => {
  test('without an incident has fewer than 20 anomalies in 12,000 days', async () => {
    const { judged, found } = await anomaliesOf({ seed: 2, incident: false });
    expect(judged).toBeGreaterThan(200);
    expect((found.length / judged) * 12_000).toBeLessThan(20);
  });

  test('with an incident has that, and no other: the day, the provider and what went wrong', async () => {
    const { incident, found } = await anomaliesOf({ seed: 1, incident: true });
    expect(found.map(({ send_date }) => send_date)).toEqual(found.map(() => incident?.date));
    const [worst] = found;
    expect(worst).toMatchObject({ mailbox_provider: incident?.provider, metric: 'hard_bounce_rate', is_worse: true });
    expect(
      found.every(({ is_worse, metric }) => is_worse && /^(hard_bounce|delivery)_rate$/.test(String(metric))),
    ).toBe(true);
  });
});
