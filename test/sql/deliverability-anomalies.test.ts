import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addDays, DAY_MS } from '#lake/days.ts';
import { rateNamed } from '#lake/sql/marts/rates.ts';
import { type DayCount, scoreOf } from './anomaly-score.ts';
import { anomaliesOf } from './anomaly-seeds.ts';
import { type Answer, type LakeFixture, lakeFixture } from './lake-fixture.ts';

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
      expected_rate: 0.02,
      expected_low: 0,
      is_anomaly: false,
      baseline_days: 28,
    });
    expect(row?.z_score).toBeCloseTo(0, 12);
    // Five deviations of sqrt(1 / 402 + ((24 + 4 * 16) * 100 / (4 * (40 * 100) ** 2))) around 0.16 on the scale.
    const deviation = Math.sqrt(1 / 402 + 8800 / (4 * 4000 ** 2));
    const place = Math.asin(Math.sqrt(2.375 / 100.75));
    expect(row?.expected_high).toBeCloseTo((Math.sin(place + 5 * deviation) ** 2 * 100.75 - 0.375) / 100, 12);
  });

  test('many more bounces are one, and worse', async () => {
    const row = await judge({ hardBounces: 30 });
    expect(row).toMatchObject({ rate: 0.3, is_anomaly: true, is_worse: true });
    expect(row?.z_score).toBeGreaterThan(5);
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
    expect(row?.z_score).toBeLessThan(-5);
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
    // What is longer ago than 28 days doesn't count.
    await send(usual(14));
    await send([
      { at: 28, sent: 100 },
      { at: 29, sent: 100 },
    ]);
    expect((await anomalies(bounces)).map(({ send_date, baseline_days }) => [send_date, baseline_days])).toEqual([
      [dayOf(28), 14],
      [dayOf(29), 14],
    ]);
  });

  test('an incident does not hide the next one', async () => {
    const before = usual(28).map((day) => (day.at > 20 && day.at < 26 ? { ...day, hardBounces: 60 } : day));
    const row = await judge({ hardBounces: 30 }, before);
    expect(row).toMatchObject({ expected_rate: 0.02, baseline_days: 28, is_anomaly: true });
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

  test('a day whose horizon is not over yet is not judged', async () => {
    const today = new Date().toISOString().slice(0, 10);
    const age = (Date.parse(today) - Date.parse(FIRST)) / DAY_MS;
    const older = usual(28).map((day) => ({ ...day, at: age - 29 + day.at }));
    await send([...older, { at: age - 1, sent: 100, hardBounces: 90 }, { at: age - 3, sent: 1 }]);
    expect(await anomalies(`${bounces} and send_date > date '${addDays(today, -3)}'`)).toEqual([]);
    expect(await anomalies(`${bounces} and send_date = date '${addDays(today, -3)}'`)).toHaveLength(1);
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
  // Four of 20 are more than three deviations, five are the limit.
  expect(await judged(20, 4)).toBe(false);
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
      for (const { date, numerator, denominator } of counts) {
        const row = rows.find(
          (one) => one.metric === metric && one.mailbox_provider === provider && one.send_date === date,
        );
        const score = scoreOf(date, counts);
        if (score === null) {
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
        for (const name of ['expected_rate', 'expected_low', 'expected_high', 'z_score'] as const)
          expect(row?.[name], `${name} of ${metric} at ${provider} on ${date}`).toBeCloseTo(score[name], 9);
      }
    }
  }
  expect(silent).toBeGreaterThan(80);
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
  expect(seen.size).toBe(7);
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

describe('generated data', () => {
  test.each([1, 2, 3])('without an incident has no anomaly, seed %i', async (seed) => {
    const { judged, found } = await anomaliesOf({ seed, incident: false });
    expect(found).toEqual([]);
    expect(judged).toBeGreaterThan(200);
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
