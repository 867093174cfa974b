import { lakeFixture } from './lake-fixture.ts';
const f = await lakeFixture();
const N = Number(process.argv[2] ?? 300000);
const t = async (name: string, s: string) => { const b = performance.now(); const r = await f.rows(s); console.log(name, Math.round(performance.now()-b)+'ms', JSON.stringify(r.slice(0,1), (_, v) => typeof v === 'bigint' ? Number(v) : v).slice(0, 200)); };
await f.run(`insert into events by name
 with m as (select i, timestamp '2026-01-01 00:00:00' + (i % 90) * interval '1' day + (i % 86400) * interval '1' second as sent_at, 'u' || (i % 200000) || '@' || (['gmail.com','yahoo.de','outlook.com','x'|| (i % 500) ||'.example','icloud.com'])[1 + i % 5] as rk from range(${N}) r(i)),
 e as (select i, sent_at, rk, unnest(case when i % 3 = 0 then ['send','delivered','open','click','open'] when i % 20 = 1 then ['send','hard_bounce'] else ['send','delivered'] end) as event_type, unnest(range(5)) as k from m)
 select md5(i || event_type || k) as event_id, 'ses' as source, 'event_publishing' as feed, event_type, event_type as native_type, sent_at + k * k * interval '60' second as occurred_at, 'event' as occurred_at_basis, sent_at, sent_at as delivered_to_lake_at, false as is_time_suspect, md5('m' || i) as message_id, rk as recipient, rk as recipient_key, split_part(rk, '@', 2) as recipient_domain, 1 as recipient_count, 'news@example.com' as from_address, 'example.com' as from_domain, 'Subject ' || (i % 50) as subject, 'marketing' as configuration_set, 'c' || (i % 40) as campaign_id, (i % 2)::varchar as treatment_id, case when event_type in ('open','click') then (['Mozilla/5.0','Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36'])[1 + i % 2] end as user_agent, false as is_bot_agent, case when event_type = 'click' then 'https://example.com/' || (i % 7) end as link, case when event_type = 'hard_bounce' then '550 5.1.1 no such user ' || i end as diagnostic_code, 'a' as attempt, 'k' as source_key, i as source_ordinal, cast(cast(occurred_at as date) as varchar) as dt from e where event_type is not null`);
await t('events', 'select count(*) as n from events');
let b = performance.now(); await f.rollup({ first: '2026-01-01', last: '2026-04-30' }); console.log('rollup', performance.now()-b);
await t('rm', 'select count(*) as n, sum(human_clicks) as hc, sum(opens) as o from recipient_messages');
for (const v of ['deliverability_facts','deliverability_daily','deliverability_by_mailbox_provider','deliverability_by_campaign','bounce_diagnostics','link_performance']) await t(v, `select * from ${v}`);
await t('daily one day', `select * from deliverability_daily where dt = '2026-01-05'`);
await t('timeline', `select * from message_timeline where message_id = '${'x'}'`);
